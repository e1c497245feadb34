"""The Bookings table's turns on waiting lists, and what they do to places and to the children's guards.

All turns of an event share a partition, those of a pool their keys' beginning: what decides is read strongly.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import batched

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from school_events.bookings import places
from school_events.bookings.model import Booking, Place, PlaceState
from school_events.bookings.places import PlaceItem
from school_events.bookings.rules import part_of
from school_events.bookings.store import BookingsTableItem, TurnItem, guard_key
from school_events.bookings.waiting.model import LIVE_TURNS, Offer, WaitingEntry, WaitingState, named_by
from school_events.bookings.waiting.rules import HISTORY
from school_events.core import due
from school_events.core.attributes import ThingKey, VersionAttribute
from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, get_many, school_key, update_if, wait_or_give_up
from school_events.core.errors import AlreadyBooked, NotFound, StaleVersion, WrongState
from school_events.core.indexes import Due

_MOST_KEYS = 100

TURN = "TURN"
"""The kind of due thing a turn is: to be looked at, or an offer that is over."""


class WaitingEntryItem(BookingsTableItem, discriminator="waiting_entry"):
    """A turn on a waiting list. Always written whole, but for when it is due."""

    due = Due()
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    version: VersionAttribute = NumberAttribute()
    record = Document(WaitingEntry)
    change = Document(Change)


def create(
    transaction: Transaction, school_id: str, entry: WaitingEntry, change: Change, refusals: Sequence[AlreadyBooked]
) -> None:
    """Write a new turn, due at once, with the guard of each child, in a transaction.

    Args:
        transaction: the turn's.
        school_id: whose.
        entry: new.
        change: its stamp.
        refusals: for each of its children what the commit raises if it has a live booking, or waits, for the same.
    """
    for pupil_id, refusal in zip(entry.pupil_ids, refusals, strict=True):
        key = _guard_key(school_id, entry, pupil_id)
        transaction.create(TurnItem(key.pk, key.sk, waiting_id=entry.ref), refusal=refusal)
    transaction.create(_item(school_id, entry, change, due_at=entry.joined_at), refusal=StaleVersion())


def replace(
    transaction: Transaction,
    school_id: str,
    before: WaitingEntry,
    after: WaitingEntry,
    change: Change,
    *,
    due_at: datetime | None = None,
) -> WaitingEntry:
    """Put a turn in place of the one that was read, in a transaction; refused with :class:`StaleVersion`.

    Args:
        transaction: the caller's.
        school_id: whose.
        before: as it was read.
        after: as it is to be; one that is over vanishes by itself.
        change: its stamp.
        due_at: when it is to be looked at next, UTC.
    """
    after = after.model_copy(update={"version": before.version + 1})
    item = _item(school_id, after, change, due_at=due_at)
    transaction.put(item, WaitingEntryItem.version == before.version, refusal=StaleVersion())
    return after


def drop_turns(transaction: Transaction, school_id: str, entry: WaitingEntry) -> None:
    """Let the children of a turn wait or be booked anew, in a transaction."""
    for pupil_id in entry.pupil_ids:
        key = _guard_key(school_id, entry, pupil_id)
        transaction.delete(key, TurnItem.waiting_id == entry.ref, refusal=StaleVersion())


def take_places(transaction: Transaction, ctx: Context, entry: WaitingEntry, numbers: Iterable[int]) -> None:
    """Keep places for a turn, in a transaction, if nobody has them and their gates are open; else ``Refused``."""
    for place in _places(entry, numbers):
        transaction.update(
            places.place_key(ctx.school_id, place),
            [
                PlaceItem.state.set(PlaceState.OFFERED.value),
                PlaceItem.waiting_id.set(entry.ref),
                PlaceItem.due_pk.remove(),
                PlaceItem.due_sk.remove(),
            ],
            PlaceItem.state.is_in(PlaceState.FREE.value, PlaceState.RETURNED.value) & places.is_open(ctx.now),
        )


def return_places(transaction: Transaction, ctx: Context, entry: WaitingEntry, offer: Offer) -> None:
    """Return the places that were kept for a turn, in a transaction; they are the allocator's then."""
    for place in _places(entry, offer.numbers):
        due_pk, due_sk = due.due_key(places.RETURNED, ctx.now, f"{ctx.school_id}#{entry.id}#{place.number}")
        transaction.update(
            places.place_key(ctx.school_id, place),
            [
                PlaceItem.state.set(PlaceState.RETURNED.value),
                PlaceItem.waiting_id.remove(),
                PlaceItem.due_pk.set(due_pk),
                PlaceItem.due_sk.set(due_sk),
            ],
            (PlaceItem.state == PlaceState.OFFERED.value) & (PlaceItem.waiting_id == entry.ref),
            refusal=StaleVersion(),
        )


def claim(transaction: Transaction, ctx: Context, booking: Booking, ref: str, *, held: bool) -> None:
    """Take a place that is kept for a turn for a booking, in a transaction; refused with :class:`WrongState`.

    Args:
        transaction: the booking's.
        ctx: the moment.
        booking: names the place.
        ref: the turn.
        held: whether it waits for its payment, or is taken at once.
    """
    state = PlaceState.HELD if held else PlaceState.TAKEN
    kept = (PlaceItem.state == PlaceState.OFFERED.value) & (PlaceItem.waiting_id == ref)
    transaction.update(
        places.place_key(ctx.school_id, booking.place),
        [PlaceItem.state.set(state.value), PlaceItem.booking_id.set(booking.id), PlaceItem.waiting_id.remove()],
        kept & places.is_open(ctx.now),
        refusal=WrongState("This offer is over"),
    )


def places_of(entry: WaitingEntry) -> list[Place]:
    """The places that are kept for a turn, in the order of its children."""
    return list(_places(entry, () if entry.offer is None else entry.offer.numbers))


def find_entry(school_id: str, ref: str) -> WaitingEntry:
    """A turn by its name, read strongly.

    Raises:
        NotFound: the school has none of that name.
    """
    found = find_entries(school_id, [ref])
    if ref not in found:
        raise NotFound
    return found[ref]


def find_item(school_id: str, ref: str) -> WaitingEntryItem | None:
    """A turn by its name as it is kept, read strongly."""
    key = _key(school_id, *named_by(ref))
    return get_many([key]).get(key)


def find_entries(school_id: str, refs: Iterable[str]) -> dict[str, WaitingEntry]:
    """Turns by name, read strongly, a hundred in a round trip; what is not there is left out."""
    entries: dict[str, WaitingEntry] = {}
    for some in batched(dict.fromkeys(refs), _MOST_KEYS, strict=False):
        keys = {ref: _key(school_id, *named_by(ref)) for ref in some}
        found = get_many(keys.values())
        entries |= {ref: item.record for ref, key in keys.items() if (item := found.get(key)) is not None}
    return entries


def live_items(school_id: str, event_id: str, pool: str | None = None) -> list[WaitingEntryItem]:
    """The turns of an event, or of one pool, that are not over, read strongly."""
    beginning = "WAITING#" if pool is None else f"WAITING#{pool}#"
    found = WaitingEntryItem.query(
        _partition(school_id, event_id), WaitingEntryItem.sk.startswith(beginning), consistent_read=True
    )
    return [item for item in found if item.record.state in LIVE_TURNS]


def anybody_waits(school_id: str, event_id: str, pool: str) -> bool:
    """Whether a place of a pool is anybody's to wait for, read strongly."""
    return any(item.record.state is WaitingState.WAITING for item in live_items(school_id, event_id, pool))


def turns_of(school_id: str, pupil_id: str) -> Iterator[str]:
    """The names of the turns a child has, read strongly."""
    partition = school_key(school_id, "PUPIL", pupil_id)
    for item in TurnItem.query(partition, TurnItem.sk.startswith("GUARD#"), consistent_read=True):
        yield item.waiting_id


def due_items(now: datetime) -> Iterator[tuple[str, WaitingEntryItem]]:
    """Turns that are to be looked at now, as (school, turn).

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(TURN, now, lambda pk, end: WaitingEntryItem.due.query(pk, WaitingEntryItem.due_sk <= end)):
        yield item.pk.split("#")[1], item


def look_at(school_id: str, item: WaitingEntryItem, at: datetime) -> bool:
    """Make a turn due at an instant (UTC), unless it is over, or it or when it is due has changed since it was read.

    Who would have it looked at later must not undo that somebody else has it looked at now. Says whether that is done,
    or there is nothing to be done.
    """
    due_pk, due_sk = _due_key(school_id, item.record, at)
    if item.due_sk == due_sk or item.record.state not in LIVE_TURNS:
        return True
    unmoved = (
        WaitingEntryItem.due_sk.does_not_exist() if item.due_sk is None else WaitingEntryItem.due_sk == item.due_sk
    )
    actions = [WaitingEntryItem.due_pk.set(due_pk), WaitingEntryItem.due_sk.set(due_sk)]
    as_read = (WaitingEntryItem.version == item.record.version) & unmoved
    return update_if(_key_of(school_id, item.record), actions, as_read)


def is_woken(ctx: Context, item: WaitingEntryItem) -> bool:
    """Whether a turn is to be looked at now for another reason than that its family has just joined."""
    _, joined = _due_key(ctx.school_id, item.record, item.record.joined_at)
    return item.due_sk is not None and item.due_sk != joined and item.due_sk <= due.due_until(ctx.now)


def wake_turn(ctx: Context, item: WaitingEntryItem) -> None:
    """Make a turn due now, whatever else happens to it meanwhile; doing it again changes nothing.

    Raises:
        TryAgain: it moves too much.
    """
    seen: WaitingEntryItem | None = item
    attempt = 0
    while seen is not None and not look_at(ctx.school_id, seen, ctx.now):
        attempt += 1
        wait_or_give_up(ctx, attempt)
        seen = find_item(ctx.school_id, item.record.ref)


def wake(ctx: Context, event_id: str) -> None:
    """Make all turns of an event due now, since the event has moved on; doing it again changes nothing.

    Whoever joins meanwhile looks at the event after that.

    Raises:
        TryAgain: one of them moves too much.
    """
    for item in live_items(ctx.school_id, event_id):
        wake_turn(ctx, item)


def _item(school_id: str, entry: WaitingEntry, change: Change, *, due_at: datetime | None) -> WaitingEntryItem:
    key = _key_of(school_id, entry)
    item = WaitingEntryItem(key.pk, key.sk, version=entry.version, record=entry, change=change)
    if entry.state not in LIVE_TURNS:
        item.expires_at = int((change.at + HISTORY).timestamp())
    elif due_at is not None:
        item.due_pk, item.due_sk = _due_key(school_id, entry, due_at)
    return item


def _due_key(school_id: str, entry: WaitingEntry, at: datetime) -> tuple[str, str]:
    return due.due_key(TURN, at, f"{school_id}#{entry.id}")


def _key_of(school_id: str, entry: WaitingEntry) -> Key[WaitingEntryItem]:
    return _key(school_id, entry.event_id, entry.pool, entry.id)


def _key(school_id: str, event_id: str, pool: str, entry_id: str) -> Key[WaitingEntryItem]:
    return Key(WaitingEntryItem, _partition(school_id, event_id), f"WAITING#{pool}#{entry_id}")


def _partition(school_id: str, event_id: str) -> str:
    return school_key(school_id, "EVENT", event_id, "WAITING")


def _places(entry: WaitingEntry, numbers: Iterable[int]) -> Iterator[Place]:
    return (Place(event_id=entry.event_id, pool=entry.pool, number=number) for number in numbers)


def _guard_key(school_id: str, entry: WaitingEntry, pupil_id: str) -> Key[TurnItem]:
    """Where the guard of a booking of the same would stand."""
    part = part_of(Place(event_id=entry.event_id, pool=entry.pool, number=1))
    key = guard_key(school_id, pupil_id, entry.event_id, part)
    return Key(TurnItem, key.pk, key.sk)
