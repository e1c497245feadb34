"""Places follow what their event says, when its capacity or its sessions change after families have seen it (B2).

As with the slots of an evening: whoever lets them follow says so on the event's note, which stops whoever did before;
then looks at all places, and writes what differs, in transactions of which each holds only while nobody else does the
same, the event is as it was read, and every place that comes or goes is as it was seen. If anything has moved, it looks
again; if it is killed, whoever comes next goes on from what is there.

A place that is added comes as one that was returned, so that whoever waits is served first. One that is given back
while there are more places than the capacity stays returned, until it is retired here.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import batched

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from school_events.bookings import places
from school_events.bookings.capacity import rules
from school_events.bookings.model import Place, PlaceState
from school_events.bookings.places import RETURNED, PlaceItem
from school_events.bookings.rules import Gate, gates_of, is_extra, session_pool
from school_events.core import due
from school_events.core.context import Context
from school_events.core.dynamodb import MOST_ACTIONS, Item, Key, Refused, Transaction, wait_or_give_up
from school_events.core.errors import TryAgain
from school_events.events import place_changes
from school_events.events import store as events
from school_events.events.model import SchoolEvent, Session

_AT_ONCE = MOST_ACTIONS - 2
"""Places a transaction; two actions see to it that nobody else lets them follow and that the event is as it was."""

_FOLLOWED = frozenset({"published", "closed"})
"""Where an event stands while its places follow it."""

type _Write = tuple[PlaceItem, Sequence[Action], Condition | None]
"""A place to be made (no condition), or to be changed as the actions say if the condition holds."""


def follow(ctx: Context, event_id: str) -> None:
    """Make the places of an event what it says now; doing it again changes nothing.

    Places of a session that is cancelled or has begun only have their gate shut.

    Raises:
        NotFound: there is no such event.
        TryAgain: too much moves; calling again goes on.
    """
    attempt = 0
    while True:
        try:
            return _follow(ctx, events.find_event(ctx.school_id, event_id))
        except (Refused, TryAgain):
            attempt += 1
            wait_or_give_up(ctx, attempt)


def has_surplus(ctx: Context, event_id: str, pool: str) -> bool:
    """Whether a pool has more places than its event's capacity, so that what is given back is to be retired.

    To be asked by whoever has seen a place returned, and not before: then a capacity that is lowered later finds it.
    """
    if is_extra(pool) or not place_changes.is_noted(ctx.school_id, event_id):
        return False
    states = [PlaceState(item.state) for item in places.places_of(ctx.school_id, event_id, pool)]
    return rules.surplus(states, events.find_event(ctx.school_id, event_id).capacity) > 0


def _follow(ctx: Context, event: SchoolEvent) -> None:
    if event.kind == "parents_evening" or event.status not in _FOLLOWED:
        return
    arranger = ctx.new_id("arranger")
    if not place_changes.begin_following(ctx.school_id, event.id, arranger):
        return
    sessions = events.sessions_of(ctx.school_id, event.id) if event.places == "session" else ()
    over = {session_pool(one.id) for one in sessions if _is_over(ctx, one)}
    for pool, gate in gates_of(event, sessions).items():
        capacity = None if pool in over else event.capacity
        for some in batched(_writes(ctx, event, pool, gate, capacity), _AT_ONCE, strict=False):
            transaction = Transaction(ctx)
            place_changes.require_following(transaction, ctx.school_id, event, arranger)
            for item, actions, condition in some:
                if condition is None:
                    transaction.create(item)
                else:
                    transaction.update(Key(PlaceItem, item.pk, item.sk), actions, condition)
            transaction.commit()


def _is_over(ctx: Context, session: Session) -> bool:
    return session.cancelled or session.starts_at <= ctx.now


def _writes(ctx: Context, event: SchoolEvent, pool: str, gate: Gate, capacity: int | None) -> Iterator[_Write]:
    """First what goes, so that at no moment there are more places than before or after."""
    items = _seen(ctx, event.id, pool)
    arrangement = rules.arrange([_as_seen(item) for item in items.values()], capacity, gate)
    for number in sorted(arrangement.retired):
        yield items[number], _retiring(), PlaceItem.state == items[number].state
    for number in sorted(arrangement.regated):
        yield items[number], _gate(gate), Item.pk.exists()
    for number in sorted(arrangement.reopened):
        back = [*_returned(ctx, event.id, pool, number), *_gate(gate)]
        yield items[number], back, PlaceItem.state == PlaceState.RETIRED.value
    for number in sorted(arrangement.made):
        yield _made(ctx, Place(event_id=event.id, pool=pool, number=number), gate, is_first=not items), (), None


def _seen(ctx: Context, event_id: str, pool: str) -> Mapping[int, PlaceItem]:
    return {int(item.number): item for item in places.places_of(ctx.school_id, event_id, pool)}


def _as_seen(item: PlaceItem) -> rules.Seen:
    return rules.Seen(
        int(item.number), PlaceState(item.state), Gate(bool(item.bookable), item.opens_at, item.closes_at)
    )


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
