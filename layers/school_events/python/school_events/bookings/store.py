"""The Bookings table: bookings, and the guards that let a child have one live booking of an event."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import batched, islice

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.bookings.rules import part_of
from school_events.core import due, settings
from school_events.core.attributes import IdAttribute, PersonKey, ThingKey, VersionAttribute
from school_events.core.change import Change
from school_events.core.dynamodb import (
    Document,
    Item,
    Key,
    Transaction,
    delete_if,
    get_many,
    get_rows,
    school_key,
    update_if,
)
from school_events.core.errors import AlreadyBooked, NotFound, StaleVersion
from school_events.core.indexes import ByEvent, ByPupil, Due

_MOST_KEYS = 100

MOST_LOOKED_AT = 500
"""So many bookings of an event a page of a list looks at."""

HOLD = "HOLD"
"""The kind of due thing a hold is."""


class BookingsTableItem(Item):
    """An item of the Bookings table."""

    class Meta:
        table_name = settings.table_name("BOOKINGS")


class BookingItem(BookingsTableItem, discriminator="booking"):
    """A booking; ``version`` stands beside the record, since conditions ask for it. Always written whole."""

    by_event = ByEvent()
    by_pupil = ByPupil()
    due = Due()
    event_pk: ThingKey = UnicodeAttribute()
    event_sk: ThingKey = UnicodeAttribute()
    pupil_pk: PersonKey = UnicodeAttribute(null=True)
    pupil_sk: ThingKey = UnicodeAttribute(null=True)
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    version: VersionAttribute = NumberAttribute()
    record = Document(Booking)
    change = Document(Change)


class GuardItem(BookingsTableItem, discriminator="guard"):
    """Says which live booking of an event, or of a part of it, a child has: one key, so there can be one booking."""

    pk: PersonKey
    booking_id: IdAttribute = UnicodeAttribute()


class TurnItem(BookingsTableItem, discriminator="turn"):
    """Says that a child waits for a place: it stands where the guard of a booking would, so there is only one of them.

    ``waiting_id`` names the entry of the waiting list.
    """

    pk: PersonKey
    waiting_id: IdAttribute = UnicodeAttribute()


def booking_key(school_id: str, booking_id: str) -> Key[BookingItem]:
    """Names a booking."""
    return Key(BookingItem, school_key(school_id, "BOOKING", booking_id), "BOOKING")


def guard_key(school_id: str, pupil_id: str, event_id: str, part: str = "") -> Key[GuardItem]:
    """Names the guard of a child at an event, or at a part of it (``rules.part_of``)."""
    sk = f"GUARD#{event_id}#{part}" if part else f"GUARD#{event_id}"
    return Key(GuardItem, school_key(school_id, "PUPIL", pupil_id), sk)


def booking_item(school_id: str, booking: Booking, change: Change) -> BookingItem:
    """A booking as it is kept; in the due index while it is held, no child's once it is anonymised."""
    key = booking_key(school_id, booking.id)
    item = BookingItem(
        key.pk,
        key.sk,
        event_pk=school_key(school_id, "EVENT", booking.event_id),
        event_sk=booking.id,
        version=booking.version,
        record=booking,
        change=change,
    )
    if not booking.anonymised:
        item.pupil_pk, item.pupil_sk = school_key(school_id, "PUPIL", booking.pupil_id), booking.id
    if booking.hold_until is not None and booking.state in {BookingState.PENDING, BookingState.EXPIRING}:
        item.due_pk, item.due_sk = due.due_key(HOLD, booking.hold_until, f"{school_id}#{booking.id}")
    return item


def create(
    transaction: Transaction,
    school_id: str,
    booking: Booking,
    change: Change,
    *,
    turn: str | None = None,
    refusal: AlreadyBooked | None = None,
) -> None:
    """Write a new booking with its guard, in a transaction.

    Args:
        transaction: the booking's.
        school_id: whose.
        booking: new.
        change: its stamp.
        turn: the entry of the waiting list in which the child waits, and which it leaves for this booking.
        refusal: what the commit raises if the child has a live booking of the event, or waits for a place;
            :class:`AlreadyBooked` unless told.
    """
    guard(transaction, school_id, booking, turn=turn, refusal=refusal)
    transaction.create(booking_item(school_id, booking, change), refusal=StaleVersion())


def guard(
    transaction: Transaction,
    school_id: str,
    booking: Booking,
    *,
    turn: str | None = None,
    refusal: AlreadyBooked | None = None,
) -> None:
    """Claim the guard of a booking's child and event, in a transaction; refused with :class:`AlreadyBooked`."""
    refusal = refusal or AlreadyBooked()
    key = _guard_key_of(school_id, booking)
    item = GuardItem(key.pk, key.sk, booking_id=booking.id)
    if turn is None:
        transaction.create(item, refusal=refusal)
    else:
        transaction.put(item, TurnItem.waiting_id == turn, refusal=refusal)


def first_guarded(school_id: str, event_id: str, wished: Iterable[tuple[str, str]]) -> int | None:
    """The first of these children, each with a part of an event, that has a live booking of it, or waits; its position.

    Strongly consistent.
    """
    keys = [guard_key(school_id, pupil_id, event_id, part) for pupil_id, part in wished]
    there = get_rows(keys)
    places = (number for number, key in enumerate(keys) if (key.item.Meta.table_name, key.pk, key.sk) in there)
    return next(places, None)


def unguard(transaction: Transaction, school_id: str, booking: Booking) -> None:
    """Give up the guard of a booking, in a transaction; only its own."""
    key = _guard_key_of(school_id, booking)
    transaction.delete(key, GuardItem.booking_id == booking.id, refusal=StaleVersion())


def _guard_key_of(school_id: str, booking: Booking) -> Key[GuardItem]:
    return guard_key(school_id, booking.pupil_id, booking.event_id, part_of(booking.place))


def is_guarded(*, booked: bool) -> Condition:
    """The condition that a child has, or has not, a live booking of an event, for a check of its guard."""
    return GuardItem.booking_id.exists() if booked else GuardItem.booking_id.does_not_exist()


def replace(transaction: Transaction, school_id: str, before: Booking, after: Booking, change: Change) -> Booking:
    """Put a booking in place of the one that was read, in a transaction; refused with :class:`StaleVersion`."""
    after = after.model_copy(update={"version": before.version + 1})
    transaction.put(
        booking_item(school_id, after, change), BookingItem.version == before.version, refusal=StaleVersion()
    )
    return after


def require_unchanged(transaction: Transaction, school_id: str, booking: Booking) -> None:
    """Only go ahead, in a transaction, if a booking is as it was read; refused with :class:`StaleVersion`."""
    key = booking_key(school_id, booking.id)
    transaction.check(key, BookingItem.version == booking.version, refusal=StaleVersion())


def find_booking(school_id: str, booking_id: str) -> Booking:
    """A booking, read strongly.

    Raises:
        NotFound: the school has none of that id.
    """
    found = find_bookings(school_id, [booking_id])
    if booking_id not in found:
        raise NotFound
    return found[booking_id]


def find_bookings(school_id: str, booking_ids: Iterable[str]) -> dict[str, Booking]:
    """Bookings by id, read strongly, a hundred in a round trip; who is not there is left out."""
    bookings: dict[str, Booking] = {}
    for some in batched(dict.fromkeys(booking_ids), _MOST_KEYS, strict=False):
        keys = [booking_key(school_id, booking_id) for booking_id in some]
        found = get_many(keys)
        items = [found.get(key) for key in keys]
        bookings |= {item.record.id: item.record for item in items if item is not None}
    return bookings


def bookings_of_event(
    school_id: str, event_id: str, after: str = "", *, at_once: int | None = None
) -> Iterator[Booking]:
    """The bookings of an event, in the order they were made; one made a moment ago may be missing (index).

    Args:
        school_id: whose.
        event_id: which.
        after: only those made after the booking of this id.
        at_once: how many are read in one round trip; as many as fit unless told.
    """
    partition = school_key(school_id, "EVENT", event_id)
    items = BookingItem.by_event.query(partition, BookingItem.event_sk > (after or " "), page_size=at_once)
    return (item.record for item in items)


def page_of_event(
    school_id: str, event_id: str, states: Collection[BookingState], after: str, limit: int
) -> tuple[list[Booking], str | None]:
    """A page of an event's bookings in some states, in the order they were made, and where the next one goes on.

    It looks at no more than so many: a page may be short, or empty, though more follow.

    Args:
        school_id: whose.
        event_id: which.
        states: in which of them bookings are listed.
        after: only those made after the booking of this id.
        limit: at most this many.

    Returns:
        The bookings, and after which booking the next page begins; None if there is none.
    """
    listed = bookings_of_event(school_id, event_id, after, at_once=limit + 1)
    found: list[Booking] = []
    for booking in islice(listed, MOST_LOOKED_AT):
        if booking.state in states:
            if len(found) == limit:
                return found, after
            found.append(booking)
        after = booking.id
    return found, after if next(listed, None) is not None else None


def booking_items_of_event(school_id: str, event_id: str) -> Iterator[BookingItem]:
    """Every booking of an event as it is kept, with the stamp of its latest change (index)."""
    yield from BookingItem.by_event.query(school_key(school_id, "EVENT", event_id))


def live_bookings_of_pupils(school_id: str, pupil_ids: Iterable[str]) -> list[Booking]:
    """The children's live bookings, read strongly by their guards, so that a refresh reads its own writes."""
    found = find_bookings(
        school_id, [one.booking_id for pupil_id in pupil_ids for one in guards_of(school_id, pupil_id)]
    )
    return [booking for booking in found.values() if booking.state in LIVE]


def guards_of(school_id: str, pupil_id: str) -> Iterator[GuardItem]:
    """The guards of a child's live bookings, read strongly."""
    partition = school_key(school_id, "PUPIL", pupil_id)
    yield from GuardItem.query(partition, GuardItem.sk.startswith("GUARD#"), consistent_read=True)


def drop_guard(guard: GuardItem) -> None:
    """Delete a guard unless it has become another booking's since it was read."""
    delete_if(Key(GuardItem, guard.pk, guard.sk), GuardItem.booking_id == guard.booking_id)


def bookings_of_pupil(school_id: str, pupil_id: str) -> Iterator[Booking]:
    """Every booking a child has or had, in the order they were made."""
    for item in BookingItem.by_pupil.query(school_key(school_id, "PUPIL", pupil_id)):
        yield item.record


def due_holds(now: datetime) -> Iterator[tuple[str, Booking]]:
    """Holds whose time is over, as (school, booking), oldest hour first.

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(HOLD, now, lambda pk, end: BookingItem.due.query(pk, BookingItem.due_sk <= end)):
        yield item.pk.split("#")[1], item.record


def put_off(school_id: str, booking_id: str, now: datetime, until: datetime) -> None:
    """Make a hold that could not be let go due again later, if it is still due now (instants in UTC)."""
    due_pk, due_sk = due.due_key(HOLD, until, f"{school_id}#{booking_id}")
    actions = [BookingItem.due_pk.set(due_pk), BookingItem.due_sk.set(due_sk)]
    update_if(booking_key(school_id, booking_id), actions, BookingItem.due_sk <= due.due_until(now))
