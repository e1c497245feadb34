"""Which forms can be asked, what their next version is, and which questions a family is shown: pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from school_events.core.errors import FieldError, Invalid, WrongState
from school_events.events.forms.model import NO, YES, Form, NumberRange, Question, ShownIf, TemplateVersion

MOST_ABOUT_HEALTH = 10
"""A form has at most so many questions about health: each answer is encrypted by itself (``bookings.health``)."""

MOST_BYTES = 100_000
"""A form's questions have at most so many bytes, so that an event with its form fits in one item (400 KB)."""

type Given = Mapping[str, str | Sequence[str]]
"""Answers by question id: a text, or for ``choices`` a list of texts."""


def check_questions(questions: Iterable[Question], field: str = "form.questions") -> None:
    """Whether a form can be asked.

    Args:
        questions: in the order they are asked.
        field: where they stand in the request.

    Raises:
        Invalid: two questions share an id; choices are missing, doubled or of no use; a range holds no number; a
            question depends on one that is not asked before it, or on an answer that it does not take; it is about
            health and does not say so; it is too long.
    """
    earlier: dict[str, Question] = {}
    size = 0
    for number, question in enumerate(questions):
        where = f"{field}.{number}"
        if question.id in earlier:
            raise Invalid.of(f"{where}.id", "is used by an earlier question")
        _check_choices(question, f"{where}.choices")
        _check_range(question, f"{where}.number")
        _check_condition(question.shown_if, earlier, f"{where}.shown_if")
        _check_health(question, earlier, where)
        earlier[question.id] = question
        size += len(question.model_dump_json().encode())
    if size > MOST_BYTES:
        raise Invalid.of(field, f"must not be longer than {MOST_BYTES} bytes altogether")


def _check_choices(question: Question, where: str) -> None:
    if question.kind not in {"choice", "choices"}:
        if question.choices:
            raise Invalid.of(where, "belongs to a choice only")
        return
    if len(question.choices) < 2:
        raise Invalid.of(where, "must offer at least two answers")
    if len({choice.strip() for choice in question.choices}) < len(question.choices):
        raise Invalid.of(where, "must not repeat an answer")
    if any(choice != choice.strip() or not choice for choice in question.choices):
        raise Invalid.of(where, "must not be empty, nor begin or end with a space")


def _check_range(question: Question, where: str) -> None:
    asked = question.number
    if asked is None:
        return
    if question.kind != "number":
        raise Invalid.of(where, "belongs to a number only")
    if asked.least is not None and asked.most is not None and asked.most < asked.least:
        raise Invalid.of(f"{where}.most", "must not be less than least")


def _check_condition(condition: ShownIf | None, earlier: Mapping[str, Question], where: str) -> None:
    """Only what is asked before can decide, so no question can wait for itself, however long the way round."""
    if condition is None:
        return
    decides = earlier.get(condition.question_id)
    if decides is None:
        raise Invalid.of(f"{where}.question_id", "must name a question that is asked before this one")
    possible = answers_offered(decides)
    if not possible:
        raise Invalid.of(f"{where}.question_id", "must name a choice, a yes_no or a consent")
    if not condition.answers or not set(condition.answers) <= possible:
        raise Invalid.of(f"{where}.answers", "must be among the answers of that question")


def _check_health(question: Question, earlier: Mapping[str, Question], where: str) -> None:
    """Whoever may not read an answer about health learns nothing of it from what else was asked and answered."""
    decides = None if question.shown_if is None else earlier[question.shown_if.question_id]
    if question.kind == "consent":
        if question.sensitive is not None:
            raise Invalid.of(f"{where}.sensitive", "belongs to other questions: a consent is kept with its receipt")
        if decides is not None and decides.sensitive is not None:
            raise Invalid.of(f"{where}.shown_if.question_id", "must not name a question about health")
    elif question.sensitive is None and decides is not None and decides.sensitive is not None:
        raise Invalid.of(f"{where}.sensitive", "is required: it is asked on an answer about health, so it tells it")
    if question.sensitive is not None:
        before = sum(one.sensitive is not None for one in earlier.values())
        if before >= MOST_ABOUT_HEALTH:
            raise Invalid.of(f"{where}.sensitive", f"is true of at most {MOST_ABOUT_HEALTH} questions of a form")


def answers_offered(question: Question) -> frozenset[str]:
    """The answers a question offers to pick from; none, if it is answered freely."""
    return frozenset({YES, NO}) if question.kind in {"yes_no", "consent"} else frozenset(question.choices)


def shown_questions(questions: Iterable[Question], given: Given) -> tuple[Question, ...]:
    """The questions that are asked of somebody who answers like this, in order.

    An answer to a question that is itself not shown counts as none.

    Args:
        questions: of a form that can be asked (:func:`check_questions`).
        given: what was answered.
    """
    shown: dict[str, Question] = {}
    for question in questions:
        condition = question.shown_if
        if condition is None or (
            condition.question_id in shown and picked(given.get(condition.question_id)) & set(condition.answers)
        ):
            shown[question.id] = question
    return tuple(shown.values())


def picked(answer: str | Sequence[str] | None) -> frozenset[str]:
    """What was picked of the answers offered; nothing, if it was left blank."""
    if answer is None:
        return frozenset()
    texts = [answer] if isinstance(answer, str) else answer
    return frozenset(text.strip() for text in texts) - {""}


def next_form(
    before: Form | None, questions: tuple[Question, ...], template: TemplateVersion | None = None
) -> Form | None:
    """The form after its questions were set: a new version if they are new; none if there never was anything to ask.

    A form whose questions are all taken away stays, empty, so that no later version has the number of an earlier one.
    As soon as nothing is left that anybody has to agree to or to answer, nobody is to be asked again.

    Args:
        before: the form so far, if there is one.
        questions: what is asked from now on.
        template: which template says the same, if one does.
    """
    if before is None:
        return Form(version=1, questions=questions, template=template) if questions else None
    if before.questions == questions:
        return before
    still_asks = any(question.kind == "consent" or question.required for question in questions)
    return Form(
        version=before.version + 1,
        questions=questions,
        consent_asked_from=before.consent_asked_from if still_asks else 0,
        template=template if questions else None,
    )


def copied_form(form: Form | None) -> Form | None:
    """The form of an event that is made like another: the same questions, as a first version."""
    return None if form is None else next_form(None, form.questions, form.template)


def check_health_stays(before: Form | None, after: Form, field: str = "form.questions") -> None:
    """Whether what is about health stays so, once families were asked: their answers are kept apart, or are not.

    Raises:
        WrongState: a question that was answered in the open becomes one about health, or the other way round; names it.
    """
    known = {} if before is None else {question.id: question for question in before.questions}
    refused = [
        FieldError(f"{field}.{number}.sensitive", "cannot change once families were asked: ask it anew, by another id")
        for number, question in enumerate(after.questions)
        if question.id in known and (known[question.id].sensitive is None) != (question.sensitive is None)
    ]
    if refused:
        raise WrongState("What is about health cannot change any more", fields=refused)


def questions_that_ask_again(before: Form | None, after: Form | None) -> tuple[str, ...]:
    """The questions for whose sake those who have answered a form are to be asked again, by id.

    A consent that is new or asked in other words; a required question that is new or asked otherwise, in what is
    answered or of whom. Words of a question that is no consent may be put right, and what is no longer asked leaves
    nothing to agree to.
    """
    known = {question.id: question for question in (before.questions if before is not None else ())}
    return tuple(
        question.id
        for question in (after.questions if after is not None else ())
        if _asks_again(known.get(question.id), question)
    )


def _asks_again(before: Question | None, after: Question) -> bool:
    if after.kind != "consent":
        return after.required and (before is None or _answered_as(before) != _answered_as(after))
    return before is None or (_answered_as(before), before.prompt) != (_answered_as(after), after.prompt)


def _answered_as(question: Question) -> tuple[str, bool, Collection[str], NumberRange | None, ShownIf | None]:
    return question.kind, question.required, question.choices, question.number, question.shown_if


def has_consent(form: Form | None) -> bool:
    """Whether a form asks families to agree to something."""
    return form is not None and any(question.kind == "consent" for question in form.questions)


def asking_again(before: Form | None, after: Form) -> Form:
    """A form whose version is a new one, and which everybody who answered an earlier one is to be asked again."""
    version = after.version if before is None or after.version > before.version else after.version + 1
    return after.model_copy(update={"version": version, "consent_asked_from": version})


def is_asked_again(before: Form | None, after: Form | None) -> bool:
    """Whether those who answered a form are to be asked again from its next version on, and were not before."""
    since = 0 if before is None else before.consent_asked_from
    return after is not None and after.consent_asked_from > since
