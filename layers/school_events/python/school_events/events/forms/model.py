"""What families are asked when they book: an event's form, its questions, and templates of a school's own (D3)."""

import hashlib
from typing import Annotated, Literal

from school_events.core.inventory import Category, Count, Flag, Kept, Purpose, Record, Retention, Text, ThingId

QuestionKind = Literal["text", "choice", "choices", "yes_no", "date", "number", "consent"]
HealthMatter = Literal["medical", "dietary"]

YES = "yes"
NO = "no"

_BOOKING = Kept(Category.SCHOOL, Purpose.BOOKING, Retention.CONTRACT)

AskedAs = Annotated[QuestionKind, _BOOKING]
AboutHealth = Annotated[HealthMatter, _BOOKING]
Choices = Annotated[tuple[str, ...], _BOOKING]
Bound = Annotated[int, _BOOKING]
WholeOnly = Annotated[bool, _BOOKING]


class NumberRange(Record):
    """Which numbers are taken: from ``least`` to ``most``, both included; fractions unless ``whole``."""

    least: Bound | None = None
    most: Bound | None = None
    whole: WholeOnly = True


class ShownIf(Record):
    """A question is asked only of those who gave an earlier one (``question_id``) one of these ``answers``."""

    question_id: ThingId
    answers: Choices


class Question(Record):
    """Something a family is asked when it books (D3).

    ``prompt`` is exactly what they are shown; for a ``consent`` it is the wording they agree to.
    ``choices`` are the answers a ``choice`` (one of them) or ``choices`` (any number of them) allows, empty otherwise.
    ``required`` counts only where the question is shown. ``sensitive`` says that its answer is about health (Art. 9
    UK GDPR): it is kept apart and encrypted, shown to few and erased (``infra/decisions/0032-answers-and-consent.md``).
    """

    id: ThingId
    kind: AskedAs
    prompt: Text
    required: Flag
    choices: Choices = ()
    number: NumberRange | None = None
    shown_if: ShownIf | None = None
    sensitive: AboutHealth | None = None

    @property
    def wording_hash(self) -> str:
        """Names the exact wording: a consent is kept with it, so that it can be shown what was agreed to."""
        return hashlib.sha256(self.prompt.encode()).hexdigest()


class TemplateVersion(Record):
    """One version of a template: which, and how many-eth."""

    id: ThingId
    version: Count


class Form(Record):
    """The questions of an event; ``version`` rises whenever they change, or families are to be asked again.

    Who answered a version before ``consent_asked_from`` is to be asked again: something they agreed to has changed.
    ``template`` is the version of a template that says the same, word for word.
    """

    version: Count
    questions: tuple[Question, ...]
    consent_asked_from: Count = 0
    template: TemplateVersion | None = None


class FormTemplate(Record):
    """Questions a school keeps to make forms from; ``version`` counts its changes and is its ``ETag``."""

    id: ThingId
    name: Text
    questions: tuple[Question, ...]
    version: Count
