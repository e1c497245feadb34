"""Writing what is to become of the places of a pool, while nobody else does and each is as it was seen."""

from collections.abc import Iterator, Mapping

from pynamodb.expressions.update import Action

from school_events.bookings import places
from school_events.bookings.capacity.rules import Arrangement, Seen
from school_events.bookings.model import Place, PlaceState
from school_events.bookings.places import RETURNED, PlaceItem, PlaceWrite
from school_events.bookings.rules import Gate
from school_events.core import due
from school_events.core.context import Context
from school_events.core.dynamodb import Item, Transaction
from school_events.events import place_changes
from school_events.events.model import SchoolEvent


def look(ctx: Context, event_id: str, pool: str) -> Mapping[int, PlaceItem]:
    """Every place there ever was in a pool, by number, read strongly."""
    return {int(item.number): item for item in places.places_of(ctx.school_id, event_id, pool)}


def as_seen(item: PlaceItem) -> Seen:
    """A place as the rules see it."""
    return Seen(int(item.number), PlaceState(item.state), Gate(bool(item.bookable), item.opens_at, item.closes_at))


def write(
    ctx: Context,
    event: SchoolEvent,
    arranger: str,
    pool: str,
    gate: Gate,
    items: Mapping[int, PlaceItem],
    arrangement: Arrangement,
) -> None:
    """Make the places of a pool what they are to be.

    Args:
        ctx: the moment.
        event: as it was read.
        arranger: who lets its places follow.
        pool: which places.
        gate: when they can be claimed.
        items: as they were seen.
        arrangement: what is to become of them.

    Raises:
        Refused: a place has moved.
        TryAgain: somebody else lets them follow, the event has changed, or too busy.
    """

    def require(transaction: Transaction) -> None:
        place_changes.require_following(transaction, ctx.school_id, event, arranger)

    places.write(ctx, _writes(ctx, event, pool, gate, items, arrangement), require)


def _writes(
    ctx: Context,
    event: SchoolEvent,
    pool: str,
    gate: Gate,
    items: Mapping[int, PlaceItem],
    arrangement: Arrangement,
) -> Iterator[PlaceWrite]:
    """First what goes, so that at no moment there are more places than before or after."""
    for number in sorted(arrangement.retired):
        yield items[number], _retiring(), PlaceItem.state == items[number].state
    for number in sorted(arrangement.regated):
        yield items[number], _gate(gate), Item.pk.exists()
    for number in sorted(arrangement.reopened):
        back = [*_returned(ctx, event.id, pool, number), *_gate(gate)]
        yield items[number], back, PlaceItem.state == PlaceState.RETIRED.value
    for number in sorted(arrangement.made):
        yield _made(ctx, Place(event_id=event.id, pool=pool, number=number), gate, is_first=not items), (), None


def _made(ctx: Context, place: Place, gate: Gate, *, is_first: bool) -> PlaceItem:
    """A place there never was: returned, unless nobody can wait for it yet since it is of a new session."""
    item = places.new_place(ctx.school_id, place, gate)
    if not is_first:
        item.state = PlaceState.RETURNED.value
        item.due_pk, item.due_sk = _due(ctx, place.event_id, place.pool, place.number)
    return item


def _retiring() -> list[Action]:
    return [
        PlaceItem.state.set(PlaceState.RETIRED.value),
        PlaceItem.bookable.set(False),
        PlaceItem.due_pk.remove(),
        PlaceItem.due_sk.remove(),
    ]


def _returned(ctx: Context, event_id: str, pool: str, number: int) -> list[Action]:
    due_pk, due_sk = _due(ctx, event_id, pool, number)
    return [
        PlaceItem.state.set(PlaceState.RETURNED.value),
        PlaceItem.due_pk.set(due_pk),
        PlaceItem.due_sk.set(due_sk),
    ]


def _due(ctx: Context, event_id: str, pool: str, number: int) -> tuple[str, str]:
    return due.due_key(RETURNED, ctx.now, f"{ctx.school_id}#{event_id}#{pool}#{number}")


def _gate(gate: Gate) -> list[Action]:
    return [
        PlaceItem.bookable.set(gate.bookable),
        PlaceItem.opens_at.set(gate.opens_at),
        PlaceItem.closes_at.set(gate.closes_at),
    ]
