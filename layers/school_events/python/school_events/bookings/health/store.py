"""The Bookings table's answers about health: an item beside each booking that has some."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute

from school_events.bookings.health.model import HealthAnswers
from school_events.bookings.store import BookingsTableItem, booking_key
from school_events.core import due
from school_events.core.attributes import IdAttribute, ThingKey
from school_events.core.dynamodb import Document, Key, delete_if, get_many, update_if
from school_events.core.indexes import Due

HEALTH = "HEALTH"
"""The kind of due thing that answers about health are: it is to be looked whether they are still needed."""


class HealthItem(BookingsTableItem, discriminator="health_answers"):
    """A booking's answers about health; ``expires_at`` is a net below the nightly run, not the rule."""

    due = Due()
    booking_id: IdAttribute = UnicodeAttribute()
    record = Document(HealthAnswers)
    due_pk: ThingKey = UnicodeAttribute()
    due_sk: ThingKey = UnicodeAttribute()


def health_key(school_id: str, booking_id: str) -> Key[HealthItem]:
    """Names the answers about health of a booking."""
    return Key(HealthItem, booking_key(school_id, booking_id).pk, "HEALTH")


def health_item(
    school_id: str, booking_id: str, answers: HealthAnswers, look_at: datetime, expires_at: datetime
) -> HealthItem:
    """Answers about health as they are kept.

    Args:
        school_id: whose.
        booking_id: of which booking.
        answers: encrypted.
        look_at: when it is to be looked whether they are still needed, UTC.
        expires_at: when they go even if nobody looks, UTC.
    """
    key = health_key(school_id, booking_id)
    due_pk, due_sk = due.due_key(HEALTH, look_at, f"{school_id}#{booking_id}")
    return HealthItem(
        key.pk,
        key.sk,
        booking_id=booking_id,
        record=answers,
        due_pk=due_pk,
        due_sk=due_sk,
        expires_at=int(expires_at.timestamp()),
    )


def find_answers(school_id: str, booking_ids: Iterable[str]) -> dict[str, HealthAnswers]:
    """The answers about health of up to 100 bookings, by booking, read strongly."""
    keys = {booking_id: health_key(school_id, booking_id) for booking_id in booking_ids}
    found = get_many(keys.values())
    items = {booking_id: found.get(key) for booking_id, key in keys.items()}
    return {booking_id: item.record for booking_id, item in items.items() if item is not None}


def due_answers(now: datetime) -> Iterator[tuple[str, HealthItem]]:
    """Answers about health that are to be looked at, as (school, item).

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(HEALTH, now, lambda pk, end: HealthItem.due.query(pk, HealthItem.due_sk <= end)):
        yield item.pk.split("#")[1], item


def keep_on(school_id: str, item: HealthItem, look_at: datetime, expires_at: datetime) -> None:
    """Look at answers again later, unless they were replaced since they were read (instants in UTC)."""
    due_pk, due_sk = due.due_key(HEALTH, look_at, f"{school_id}#{item.booking_id}")
    actions = [
        HealthItem.due_pk.set(due_pk),
        HealthItem.due_sk.set(due_sk),
        HealthItem.expires_at.set(int(expires_at.timestamp())),
    ]
    update_if(health_key(school_id, item.booking_id), actions, HealthItem.due_sk == item.due_sk)


def erase(school_id: str, item: HealthItem) -> bool:
    """Delete answers, unless they were replaced since they were read; says whether they are gone by this."""
    return delete_if(health_key(school_id, item.booking_id), HealthItem.due_sk == item.due_sk)


def erase_of(school_id: str, booking_id: str) -> None:
    """Delete the answers about health of a booking, if it has any."""
    delete_if(health_key(school_id, booking_id), HealthItem.booking_id.exists())
