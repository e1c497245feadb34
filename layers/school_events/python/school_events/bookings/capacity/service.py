"""Places follow what their event says, when its capacity or its sessions change after families have seen it (B2).

As with the slots of an evening: whoever lets them follow says so on the event's note, which stops whoever did before;
then looks at all places, and writes what differs, in transactions of which each holds only while nobody else does the
same, the event is as it was read, and every place that comes or goes is as it was seen. If anything has moved, it looks
again; if it is killed, whoever comes next goes on from what is there.

A place that is added comes as one that was returned, so that whoever waits is served first. One that is given back
while there are more places than the capacity stays returned, until it is retired here.
"""

from collections.abc import Iterable

from school_events.bookings import places
from school_events.bookings.capacity import rules, store
from school_events.bookings.model import PlaceState
from school_events.bookings.rules import gates_of, is_extra, session_pool
from school_events.core.context import Context
from school_events.core.dynamodb import Refused, wait_or_give_up
from school_events.core.errors import TryAgain
from school_events.events import place_changes
from school_events.events import store as events
from school_events.events.model import SchoolEvent, Session

_FOLLOWED = frozenset({"published", "closed"})
"""Where an event stands while its places follow it."""


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


def is_followed(ctx: Context, event: SchoolEvent, pool: str) -> bool:
    """Whether the places of a pool still follow their event: not once it is over or cancelled, or its session is."""
    return event.status in _FOLLOWED and pool not in _pools_over(ctx, _sessions(ctx, event))


def _follow(ctx: Context, event: SchoolEvent) -> None:
    if event.kind == "parents_evening" or event.status not in _FOLLOWED:
        return
    arranger = ctx.new_id("arranger")
    if not place_changes.begin_following(ctx.school_id, event.id, arranger):
        return
    sessions = _sessions(ctx, event)
    over = _pools_over(ctx, sessions)
    for pool, gate in gates_of(event, sessions).items():
        capacity = None if pool in over else event.capacity
        items = store.look(ctx, event.id, pool)
        arrangement = rules.arrange([store.as_seen(item) for item in items.values()], capacity, gate)
        store.write(ctx, event, arranger, pool, gate, items, arrangement)


def _sessions(ctx: Context, event: SchoolEvent) -> tuple[Session, ...]:
    """The sessions that have places of their own."""
    return events.sessions_of(ctx.school_id, event.id) if event.places == "session" else ()


def _pools_over(ctx: Context, sessions: Iterable[Session]) -> frozenset[str]:
    return frozenset(session_pool(one.id) for one in sessions if one.cancelled or one.starts_at <= ctx.now)
