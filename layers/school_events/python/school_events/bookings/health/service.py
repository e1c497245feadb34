"""Sealing what families tell of a child's health, and reading it again."""

from collections.abc import Mapping

from school_events.bookings.health import gateway, rules, store
from school_events.bookings.health.model import HealthAnswers, SealedAnswer
from school_events.bookings.health.rules import HealthValue
from school_events.bookings.health.store import HealthItem
from school_events.core import logs
from school_events.core.context import Context
from school_events.events.model import SchoolEvent


def sealed(ctx: Context, booking_id: str, event: SchoolEvent, answers: Mapping[str, HealthValue]) -> HealthItem | None:
    """Answers about health, encrypted, as the item that is to be written with their booking; nothing, if none.

    Args:
        ctx: the moment.
        booking_id: of which booking: only beside it can they be read again.
        event: of which event.
        answers: checked, by question id.

    Raises:
        TryAgain: KMS cannot encrypt now.
    """
    if not answers:
        return None
    made = tuple(
        SealedAnswer(question_id=name, sealed=gateway.seal(rules.packed(value), _context(ctx, booking_id, name)))
        for name, value in answers.items()
    )
    record = HealthAnswers(event_id=event.id, answers=made)
    # What is given when they are to go already is looked at in the next run: nothing is looked for in the past.
    until = max(ctx.now, rules.end_of(event.ends_on) + rules.KEPT_AFTER_EVENT)
    look_at = rules.look_at(ctx.now, until)
    return store.health_item(ctx.school_id, booking_id, record, look_at, rules.expires_at(until))


def opened(ctx: Context, booking_id: str, answers: HealthAnswers | None) -> dict[str, HealthValue | None]:
    """Answers about health as they were given, by question id; nothing in the place of one that cannot be read.

    Who calls has asked whether the caller may read them, and noted the reading.

    Raises:
        TryAgain: KMS cannot decrypt now.
    """
    given = () if answers is None else answers.answers
    return {one.question_id: _opened(ctx, booking_id, one) for one in given}


def _opened(ctx: Context, booking_id: str, answer: SealedAnswer) -> HealthValue | None:
    try:
        plain = gateway.unseal(answer.sealed, _context(ctx, booking_id, answer.question_id))
    except gateway.Unreadable:
        # The others are needed on the day all the same.
        logs.count("HealthAnswerUnreadable")
        logs.logger.error("an answer cannot be decrypted", booking_id=booking_id)
        return None
    return rules.unpacked(plain)


def _context(ctx: Context, booking_id: str, question_id: str) -> Mapping[str, str]:
    return rules.encryption_context(ctx.school_id, booking_id, question_id)
