"""How the places of an event stand, for its staff: also that there are more than its capacity."""

from collections import Counter

from school_events.bookings import places, rules
from school_events.bookings.capacity.api import PlaceCounts
from school_events.bookings.capacity.rules import surplus
from school_events.bookings.model import Place, PlaceState
from school_events.bookings.reading import require_event
from school_events.core.context import Context
from school_events.events.model import SchoolEvent


def place_counts(ctx: Context, event_id: str) -> list[PlaceCounts]:
    """The places of an event as they are now, session by session where they are for one.

    Raises:
        NotFound: no such event for this member of staff.
    """
    event = require_event(ctx, event_id)
    pools = [one for one in places.pools_of(ctx.school_id, event) if not rules.is_extra(one)]
    return [_counts(ctx, event, pool) for pool in pools]


def _counts(ctx: Context, event: SchoolEvent, pool: str) -> PlaceCounts:
    states = _states(ctx, event.id, pool)
    beyond = Counter() if pool == rules.SLOTS else _states(ctx, event.id, rules.extra_pool(pool))
    return PlaceCounts(
        session_id=rules.session_of(Place(event_id=event.id, pool=pool, number=1)),
        capacity=event.capacity,
        booked=states[PlaceState.TAKEN],
        held=states[PlaceState.HELD],
        offered=states[PlaceState.OFFERED],
        free=states[PlaceState.FREE] + states[PlaceState.RETURNED],
        over_capacity=beyond[PlaceState.TAKEN] + beyond[PlaceState.HELD],
        too_many=surplus(states.elements(), event.capacity),
    )


def _states(ctx: Context, event_id: str, pool: str) -> Counter[PlaceState]:
    return Counter(PlaceState(item.state) for item in places.places_of(ctx.school_id, event_id, pool))
