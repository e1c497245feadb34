"""The places of a parents' evening: one for each slot, arranged as its plan says, also when families have booked (B7).

What nobody has follows the plan; what somebody has stays. Whoever arranges first says so on the plan, which stops
whoever did before; then looks at all places, and writes what differs from what the plan makes of them, in transactions
of which each holds only while nobody else arranges, the event stands where it did, and every place is as it was seen.
First slots are retired, then others made: so at no moment a teacher could be booked twice. If anything has moved, it
looks again; if it is killed, whoever comes next goes on from what is there.
"""

from collections.abc import Iterator, Mapping

from pynamodb.expressions.update import Action

from school_events.bookings import places
from school_events.bookings.model import Place, PlaceState
from school_events.bookings.places import PlaceItem, PlaceWrite
from school_events.bookings.rules import SLOTS, Gate
from school_events.core.context import Context
from school_events.core.dynamodb import Refused, Transaction, school_key, wait_or_give_up
from school_events.core.errors import NotFound, TryAgain
from school_events.events import store as events
from school_events.events.evenings import rules, store
from school_events.events.evenings.model import Slot
from school_events.events.evenings.rules import Arrangement
from school_events.events.evenings.service import evening_of
from school_events.events.model import SchoolEvent

_ARRANGED = frozenset({"publishing", "published", "closed"})
"""Where an event stands while its places follow its plan."""

_UNTOUCHED = frozenset({PlaceState.FREE.value, PlaceState.RETIRED.value})


def make_places_or_slots(ctx: Context, event: SchoolEvent) -> None:
    """Make the places of an event about to be published: as many as it has, or at a parents' evening its slots.

    Making them again changes nothing.
    """
    if event.kind == "parents_evening":
        arrange(ctx, event.id)
    else:
        places.make_places(ctx, event)


def arrange(ctx: Context, event_id: str) -> Arrangement:
    """Make the places of an evening what its plan says; doing it again changes nothing.

    Returns:
        The slots there are now. Of an event that is over or cancelled those that there are, as they are.

    Raises:
        NotFound: there is no such event, or it has no plan.
        TryAgain: too much moves; calling again goes on.
    """
    attempt = 0
    while True:
        try:
            return _arrange(ctx, events.find_event(ctx.school_id, event_id))
        except (Refused, TryAgain):
            attempt += 1
            wait_or_give_up(ctx, attempt)


def _arrange(ctx: Context, event: SchoolEvent) -> Arrangement:
    if event.status not in _ARRANGED:
        return Arrangement({int(item.number): item.slot for item in slots_of(ctx, event.id)}, ())
    arranger = ctx.new_id("arranger")
    if not store.begin_arranging(ctx.school_id, event.id, arranger):
        raise NotFound
    plan = store.find_plan(ctx.school_id, event.id)
    if plan is None:
        raise NotFound
    seen = _seen(ctx, event.id)
    taken = [slot for slot, item in seen.values() if item.state not in _UNTOUCHED]
    arrangement = rules.arrange(plan, evening_of(event), taken)
    items = {number: item for number, (_, item) in seen.items()}

    def require(transaction: Transaction) -> None:
        store.require_arranging(transaction, ctx.school_id, event.id, arranger, event.status)

    places.write(ctx, _to_retire(items, arrangement), require)
    places.write(ctx, _to_keep(ctx, event, items, arrangement), require)
    return arrangement


def slots_of_desk(ctx: Context, event_id: str, desk: int) -> Iterator[PlaceItem]:
    """The slots of one desk as last seen, retired ones left out: a look, not a promise."""
    first, last = rules.slots_of_desk(desk)
    pool = school_key(ctx.school_id, "EVENT", event_id, "PLACES", SLOTS)
    found = PlaceItem.query(pool, PlaceItem.sk.between(f"PLACE#{first}", f"PLACE#{last}"))
    return (item for item in found if item.state != PlaceState.RETIRED.value)


def slots_of(ctx: Context, event_id: str) -> Iterator[PlaceItem]:
    """Every slot of an evening, read strongly, retired ones left out."""
    found = places.places_of(ctx.school_id, event_id, SLOTS)
    return (item for item in found if item.state != PlaceState.RETIRED.value)


def _seen(ctx: Context, event_id: str) -> dict[int, tuple[Slot, PlaceItem]]:
    """Every place that was ever a slot of the evening, by number."""
    found = places.places_of(ctx.school_id, event_id, SLOTS)
    return {int(item.number): (item.slot, item) for item in found}


def _to_retire(items: Mapping[int, PlaceItem], arrangement: Arrangement) -> Iterator[PlaceWrite]:
    """Free slots that the plan no longer has."""
    actions = [PlaceItem.state.set(PlaceState.RETIRED.value), PlaceItem.bookable.set(False)]
    for number, item in items.items():
        if item.state == PlaceState.FREE.value and number not in arrangement.slots:
            yield item, actions, PlaceItem.state == PlaceState.FREE.value


def _to_keep(
    ctx: Context, event: SchoolEvent, items: Mapping[int, PlaceItem], arrangement: Arrangement
) -> Iterator[PlaceWrite]:
    """Slots that are new, come back, are elsewhere now, or are to be booked or not to be booked from now on."""
    for number, slot in arrangement.slots.items():
        item = items.get(number)
        is_open = event.status != "closed" and number not in arrangement.closed
        if item is None:
            place = Place(event_id=event.id, pool=SLOTS, number=number)
            gate = Gate(is_open, event.window.opens_at, event.window.closes_at)
            yield places.new_place(ctx.school_id, place, gate, slot=slot), (), None
        elif item.state == PlaceState.RETIRED.value or (item.slot, item.bookable) != (slot, is_open):
            yield item, _as(item, slot, is_open=is_open), PlaceItem.state == item.state


def _as(item: PlaceItem, slot: Slot, *, is_open: bool) -> list[Action]:
    actions: list[Action] = [PlaceItem.slot.set(slot), PlaceItem.bookable.set(is_open)]
    if item.state == PlaceState.RETIRED.value:
        actions.append(PlaceItem.state.set(PlaceState.FREE.value))
    return actions
