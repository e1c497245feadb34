"""What is kept of answers about health: ciphertext, each answer's own (Art. 9 UK GDPR)."""

from typing import Annotated

from school_events.core.inventory import Category, Kept, Purpose, Record, Retention, ThingId

SealedText = Annotated[str, Kept(Category.SPECIAL, Purpose.RUNNING, Retention.AFTER_EVENT)]


class SealedAnswer(Record):
    """An answer to one question, encrypted.

    Args:
        question_id: which question of the event's form.
        sealed: the ciphertext KMS made of it, base64.
    """

    question_id: ThingId
    sealed: SealedText


class HealthAnswers(Record):
    """What a family has told about a child's health for one event.

    Args:
        event_id: the event.
        answers: one for each question answered, in the order of the form.
    """

    event_id: ThingId
    answers: tuple[SealedAnswer, ...]
