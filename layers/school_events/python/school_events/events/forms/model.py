"""What families are asked when they book: an event's form and its questions (D3)."""

import hashlib
from typing import Annotated, Literal

from school_events.core.inventory import Category, Count, Flag, Kept, Purpose, Record, Retention, Text, ThingId

QuestionKind = Literal["text", "choice", "yes_no", "date", "consent"]

BOOKING = Kept(Category.SCHOOL, Purpose.BOOKING, Retention.CONTRACT)

AskedAs = Annotated[QuestionKind, BOOKING]
Choices = Annotated[tuple[str, ...], BOOKING]


class Question(Record):
    """Something a family is asked when it books (D3).

    ``prompt`` is exactly what they are shown; for a ``consent`` it is the wording they agree to.
    ``choices`` are the answers a ``choice`` allows, empty otherwise.
    """

    id: ThingId
    kind: AskedAs
    prompt: Text
    required: Flag
    choices: Choices = ()

    @property
    def wording_hash(self) -> str:
        """Names the exact wording: a consent is kept with it, so that it can be shown what was agreed to."""
        return hashlib.sha256(self.prompt.encode()).hexdigest()


class Form(Record):
    """The questions of an event; ``version`` rises whenever they change."""

    version: Count
    questions: tuple[Question, ...]
