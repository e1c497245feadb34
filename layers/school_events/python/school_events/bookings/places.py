"""Place items: who moves them, and on what condition (DESIGN.md "Places are items").

A place says whose it is and until when, and carries a copy of the event's gate, so that claiming one needs no look
at the event inside the transaction. Only the allocator moves a returned place.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import batched
from typing import Annotated

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from school_events.bookings import rules
from school_events.bookings.errors import LookAgain
from school_events.bookings.model import Booking, Place, PlaceState
from school_events.bookings.rules import SLOTS, TERM, Gate
from school_events.bookings.store import BookingsTableItem
from school_events.core import due
from school_events.core.attributes import TECHNICAL, IdAttribute, StateAttribute, ThingKey
from school_events.core.context import Context
from school_events.core.dynamodb import (
    MOST_ACTIONS,
    Document,
    InstantAttribute,
    Item,
    Key,
    Refused,
    Transaction,
    put_if_absent,
    school_key,
    update_if,
)
from school_events.core.errors import Conflict, StaleVersion
from school_events.core.indexes import Due
from school_events.events import store as events
from school_events.events.evenings.model import Slot
from school_events.events.model import SchoolEvent

RETURNED = "RETURNED"
"""The kind of due thing a returned place is."""


class PlaceItem(BookingsTableItem, discriminator="place"):
    """A place."""

    due = Due()
    event_id: IdAttribute = UnicodeAttribute()
    pool: StateAttribute = UnicodeAttribute()
    number: Annotated[NumberAttribute, TECHNICAL] = NumberAttribute()
    state: StateAttribute = UnicodeAttribute()
    slot = Document(Slot, null=True)
    bookable: Annotated[BooleanAttribute, TECHNICAL] = BooleanAttribute()
    opens_at: Annotated[InstantAttribute, TECHNICAL] = InstantAttribute()
    closes_at: Annotated[InstantAttribute, TECHNICAL] = InstantAttribute()
    booking_id: IdAttribute = UnicodeAttribute(null=True)
    waiting_id: IdAttribute = UnicodeAttribute(null=True)
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)


type PlaceWrite = tuple[PlaceItem, Sequence[Action], Condition | None]
"""A place to be made (no condition), or to be changed as the actions say if the condition holds."""

WRITTEN_AT_ONCE = MOST_ACTIONS - 2
"""Places a transaction that :func:`write` makes; two actions are left for what it requires."""


class PlaceGone(LookAgain):
    """Somebody else was faster; another place may be free."""

    slug = "place-gone"
    title = "This place was taken just now"


def place_key(school_id: str, place: Place) -> Key[PlaceItem]:
    """Names a place."""
    return Key(PlaceItem, _pool_key(school_id, place.event_id, place.pool), f"PLACE#{place.number:04}")


def make_places(ctx: Context, event: SchoolEvent) -> None:
    """Make the places of an event about to be published, or of each of its sessions; making them again changes nothing.

    Args:
        ctx: the moment.
        event: with its capacity and booking window.
    """
    made = (
        new_place(ctx.school_id, Place(event_id=event.id, pool=pool, number=number), gate)
        for pool, gate in gates_of(ctx.school_id, event).items()
        for number in _missing(ctx.school_id, event, pool)
    )
    for items in batched(made, MOST_ACTIONS, strict=False):
        transaction = Transaction(ctx)
        for item in items:
            transaction.create(item)
        try:
            transaction.commit()
        except Refused:
            for item in items:
                put_if_absent(item)


def _missing(school_id: str, event: SchoolEvent, pool: str) -> list[int]:
    there = {int(item.number) for item in places_of(school_id, event.id, pool)}
    return [number for number in range(1, event.capacity + 1) if number not in there]


def write(ctx: Context, writes: Iterable[PlaceWrite], require: Callable[[Transaction], None]) -> None:
    """Make and change places, in their order, while what is required holds.

    Args:
        ctx: the moment.
        writes: what is to be done.
        require: adds to each transaction, in at most two actions, what is to hold while it is committed.

    Raises:
        Refused: a place has moved.
        TryAgain: what is required does not hold any more, or too busy; what is written is written.
    """
    for some in batched(writes, WRITTEN_AT_ONCE, strict=False):
        transaction = Transaction(ctx)
        require(transaction)
        for item, actions, condition in some:
            if condition is None:
                transaction.create(item)
            else:
                transaction.update(Key(PlaceItem, item.pk, item.sk), actions, condition)
        transaction.commit()


def close_places(ctx: Context, event: SchoolEvent) -> None:
    """Shut the gate of every place of an event that was closed; doing it again changes nothing.

    Raises:
        TryAgain: too busy; calling again goes on.
    """
    pools = [SLOTS] if event.kind == "parents_evening" else gates_of(ctx.school_id, event)
    still_open = (item for pool in pools for item in places_of(ctx.school_id, event.id, pool) if item.bookable)
    for some in batched(still_open, MOST_ACTIONS, strict=False):
        transaction = Transaction(ctx)
        for item in some:
            transaction.update(Key(PlaceItem, item.pk, item.sk), [PlaceItem.bookable.set(False)], Item.pk.exists())
        transaction.commit()


def gates_of(school_id: str, event: SchoolEvent) -> dict[str, Gate]:
    """The pools of an event that is no parents' evening, and when their places can be claimed, as it stands now."""
    sessions = events.sessions_of(school_id, event.id) if event.places == "session" else ()
    return rules.gates_of(event, sessions)


def pools_of(school_id: str, event: SchoolEvent) -> list[str]:
    """Every pool that somebody can have a place in, those beyond the capacity among them."""
    if event.kind == "parents_evening":
        return [SLOTS]
    return [one for pool in gates_of(school_id, event) for one in (pool, rules.extra_pool(pool))]


def places_of(school_id: str, event_id: str, pool: str = TERM) -> Iterator[PlaceItem]:
    """Every place of a pool, read strongly."""
    yield from PlaceItem.query(_pool_key(school_id, event_id, pool), consistent_read=True)


def new_place(school_id: str, place: Place, gate: Gate, *, slot: Slot | None = None) -> PlaceItem:
    """A free place of an event as it is kept.

    Args:
        school_id: whose.
        place: which.
        gate: when it can be claimed.
        slot: when and where it is, at a parents' evening.
    """
    key = place_key(school_id, place)
    return PlaceItem(
        key.pk,
        key.sk,
        event_id=place.event_id,
        pool=place.pool,
        number=place.number,
        state=PlaceState.FREE.value,
        slot=slot,
        bookable=gate.bookable,
        opens_at=gate.opens_at,
        closes_at=gate.closes_at,
    )


def free_places(ctx: Context, event_id: str, pool: str = TERM, *, at_any_time: bool = False) -> list[Place]:
    """The places that can be claimed now, as last seen: a look, not a promise.

    Args:
        ctx: the moment.
        event_id: of which event.
        pool: which of its places.
        at_any_time: also once the time to book is over, unless the school itself has ended it.
    """
    seen = PlaceItem.query(_pool_key(ctx.school_id, event_id, pool))
    free = (item for item in seen if item.state == PlaceState.FREE.value and item.bookable)
    return [to_place(item) for item in free if at_any_time or gate_is_open(item, ctx.now)]


def claim(
    transaction: Transaction,
    ctx: Context,
    booking: Booking,
    *,
    held: bool,
    slot: Slot | None = None,
    refusal: Conflict | None = None,
    at_any_time: bool = False,
) -> None:
    """Take a free place for a booking, in a transaction.

    Args:
        transaction: the booking's.
        ctx: the moment.
        booking: names the place.
        held: whether it waits for its payment, or is taken at once.
        slot: the slot that the place must still be, if it is one.
        refusal: what the commit raises if the place is not free; :class:`PlaceGone` unless told.
        at_any_time: also once the time to book is over, unless the school itself has ended it.
    """
    state = PlaceState.HELD if held else PlaceState.TAKEN
    condition = _free_and_bookable() if at_any_time else _free_and_open(ctx.now)
    transaction.update(
        place_key(ctx.school_id, booking.place),
        [PlaceItem.state.set(state.value), PlaceItem.booking_id.set(booking.id)],
        condition if slot is None else condition & (PlaceItem.slot == slot),
        refusal=refusal or PlaceGone(),
    )


def take(transaction: Transaction, ctx: Context, booking: Booking) -> None:
    """Turn the hold of a booking into its place, in a transaction; refused with :class:`StaleVersion`."""
    transaction.update(
        place_key(ctx.school_id, booking.place),
        [PlaceItem.state.set(PlaceState.TAKEN.value)],
        (PlaceItem.state == PlaceState.HELD.value) & (PlaceItem.booking_id == booking.id),
        refusal=StaleVersion(),
    )


def hold_again(transaction: Transaction, ctx: Context, booking: Booking) -> None:
    """Turn the place of a booking into its hold, in a transaction; refused with :class:`StaleVersion`."""
    transaction.update(
        place_key(ctx.school_id, booking.place),
        [PlaceItem.state.set(PlaceState.HELD.value)],
        (PlaceItem.state == PlaceState.TAKEN.value) & (PlaceItem.booking_id == booking.id),
        refusal=StaleVersion(),
    )


def give_up(transaction: Transaction, ctx: Context, booking: Booking) -> None:
    """Return the place of a booking, in a transaction; from now on only the allocator moves it.

    A slot is free at once: nobody waits for one.
    """
    actions: list[Action] = [PlaceItem.booking_id.remove()]
    if booking.place.pool == SLOTS:
        actions.append(PlaceItem.state.set(PlaceState.FREE.value))
    else:
        due_pk, due_sk = due.due_key(RETURNED, ctx.now, f"{ctx.school_id}#{booking.id}")
        actions.append(PlaceItem.state.set(PlaceState.RETURNED.value))
        actions += [PlaceItem.due_pk.set(due_pk), PlaceItem.due_sk.set(due_sk)]
    transaction.update(
        place_key(ctx.school_id, booking.place),
        actions,
        PlaceItem.state.is_in(PlaceState.HELD.value, PlaceState.TAKEN.value) & (PlaceItem.booking_id == booking.id),
        refusal=StaleVersion(),
    )


def free(school_id: str, place: Place) -> None:
    """Free a returned place; doing it again changes nothing. For the allocator only."""
    update_if(
        place_key(school_id, place),
        [PlaceItem.state.set(PlaceState.FREE.value), PlaceItem.due_pk.remove(), PlaceItem.due_sk.remove()],
        PlaceItem.state == PlaceState.RETURNED.value,
    )


def retire(school_id: str, place: Place) -> None:
    """Let nobody have a returned place any more; doing it again changes nothing. For the allocator only."""
    update_if(
        place_key(school_id, place),
        [
            PlaceItem.state.set(PlaceState.RETIRED.value),
            PlaceItem.bookable.set(False),
            PlaceItem.due_pk.remove(),
            PlaceItem.due_sk.remove(),
        ],
        PlaceItem.state == PlaceState.RETURNED.value,
    )


def returned_places(now: datetime) -> Iterator[tuple[str, Place]]:
    """Returned places the allocator has not moved on, as (school, place).

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(RETURNED, now, lambda pk, end: PlaceItem.due.query(pk, PlaceItem.due_sk <= end)):
        yield item.pk.split("#")[1], to_place(item)


def put_off(school_id: str, place: Place, until: datetime) -> None:
    """Make a returned place that could not be moved on due again later (UTC), if it is still returned."""
    due_pk, due_sk = due.due_key(RETURNED, until, f"{school_id}#{place.event_id}#{place.pool}#{place.number}")
    actions = [PlaceItem.due_pk.set(due_pk), PlaceItem.due_sk.set(due_sk)]
    update_if(place_key(school_id, place), actions, PlaceItem.state == PlaceState.RETURNED.value)


def to_place(item: PlaceItem) -> Place:
    """The place an item keeps."""
    return Place(event_id=item.event_id, pool=item.pool, number=int(item.number))


def gate_is_open(item: PlaceItem, now: datetime) -> bool:
    """Whether a place could be claimed at an instant (UTC), if it were free."""
    return bool(item.bookable) and item.opens_at <= now < item.closes_at


def is_open(now: datetime) -> Condition:
    """The condition that a place's gate is open at an instant (UTC)."""
    opened = (PlaceItem.opens_at <= now) & (PlaceItem.closes_at > now)
    condition: Condition = opened & (PlaceItem.bookable == True)  # noqa: E712 - a condition
    return condition


def _free_and_bookable() -> Condition:
    condition: Condition = (PlaceItem.state == PlaceState.FREE.value) & (PlaceItem.bookable == True)  # noqa: E712
    return condition


def _free_and_open(now: datetime) -> Condition:
    condition: Condition = (PlaceItem.state == PlaceState.FREE.value) & is_open(now)
    return condition


def _pool_key(school_id: str, event_id: str, pool: str) -> str:
    return school_key(school_id, "EVENT", event_id, "PLACES", pool)
