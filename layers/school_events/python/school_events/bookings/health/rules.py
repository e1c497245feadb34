"""How an answer about health is packed for encryption, and until when it is kept: pure."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from school_events.bookings.model import LIVE, Booking

MOST_BYTES = 4096
"""KMS encrypts so much at once (https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html)."""

KEPT_AFTER_EVENT = timedelta(days=30)
"""Until then staff may still have to look up what happened (D3)."""

LOOKED_AT_EVERY = timedelta(days=7)
"""So often it is looked whether answers are still needed: events are moved, bookings end.

Shorter than they are kept after the event, so that an event moved forward is noticed before they are to go.
"""

_BLOCK = 64
"""Answers are filled up to a multiple of this, so that their length does not tell "yes" from "no"."""

type HealthValue = str | tuple[str, ...]
"""A text, or of ``choices`` those that were picked."""


def packed(value: HealthValue) -> bytes:
    """An answer as it is encrypted."""
    text = json.dumps(value, ensure_ascii=False).encode()
    return text + b" " * (-len(text) % _BLOCK)


def unpacked(content: bytes) -> HealthValue:
    """The answer again."""
    value = json.loads(content)
    return value if isinstance(value, str) else tuple(value)


def is_too_long(value: HealthValue) -> bool:
    """Whether an answer is longer than can be encrypted."""
    return len(packed(value)) > MOST_BYTES


def encryption_context(school_id: str, booking_id: str, question_id: str) -> Mapping[str, str]:
    """What an answer is bound to: put beside another booking or question, or in another school, it cannot be read.

    KMS writes it into CloudTrail as it is: ids only.
    """
    return {"school": school_id, "booking": booking_id, "question": question_id}


def end_of(day: date) -> datetime:
    """An instant (UTC) at which a day is over in the whole of the United Kingdom, at most an hour late."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def expires_at(until: datetime) -> datetime:
    """When answers kept until an instant go even if no nightly run takes them: after one that was to (UTC)."""
    return until + LOOKED_AT_EVERY + timedelta(days=1)


def look_at(now: datetime, until: datetime) -> datetime:
    """When it is looked again at answers kept until an instant (UTC)."""
    return min(until, now + LOOKED_AT_EVERY)


def kept_until(booking: Booking | None, event_ends_at: datetime | None) -> datetime | None:
    """Until when the answers of a booking are kept (UTC); nothing, if nobody needs them any more.

    Args:
        booking: theirs, if it still exists.
        event_ends_at: the end of its event, UTC; nothing, if it will not take place.
    """
    if booking is None or booking.state not in LIVE or booking.anonymised or event_ends_at is None:
        return None
    return event_ends_at + KEPT_AFTER_EVENT
