"""Whether a form can be asked, and what its next version is: pure."""

from collections.abc import Iterable

from school_events.core.errors import Invalid
from school_events.events.forms.model import Form, Question


def check_questions(questions: Iterable[Question]) -> None:
    """Whether a form can be asked.

    Raises:
        Invalid: two questions share an id; choices are missing, doubled or of no use; a consent is not required.
    """
    seen: set[str] = set()
    for number, question in enumerate(questions):
        where = f"form.questions.{number}"
        if question.id in seen:
            raise Invalid.of(f"{where}.id", "is used by an earlier question")
        seen.add(question.id)
        _check_choices(question, f"{where}.choices")


def _check_choices(question: Question, where: str) -> None:
    if question.kind != "choice":
        if question.choices:
            raise Invalid.of(where, "belongs to a choice only")
        return
    if len(question.choices) < 2:
        raise Invalid.of(where, "must offer at least two answers")
    if len(set(question.choices)) < len(question.choices):
        raise Invalid.of(where, "must not repeat an answer")


def next_form(before: Form | None, questions: tuple[Question, ...]) -> Form | None:
    """The form after its questions were set: a new version if they are new; none if there is nothing to ask."""
    if not questions:
        return None
    if before is not None and before.questions == questions:
        return before
    return Form(version=1 if before is None else before.version + 1, questions=questions)
