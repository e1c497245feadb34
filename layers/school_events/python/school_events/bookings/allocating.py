"""The allocator: only it moves the places that somebody gave back."""

from school_events.bookings import places, rules
from school_events.bookings.capacity.service import has_surplus
from school_events.bookings.model import Place, PlaceState
from school_events.core.context import Context


def move_on(ctx: Context, place: Place) -> None:
    """Move a returned place on: nobody waits, so it is free again. Doing it again changes nothing.

    One that is too many since the capacity was lowered stays returned, to be retired.
    """
    if rules.is_extra(place.pool):
        places.retire(ctx.school_id, place)
    elif not has_surplus(ctx, place.event_id, place.pool):
        places.free(ctx.school_id, place)


def settle(ctx: Context, event_id: str, pool: str) -> None:
    """Move all returned places of a pool on. Doing it again changes nothing."""
    for item in places.places_of(ctx.school_id, event_id, pool):
        if item.state == PlaceState.RETURNED.value:
            move_on(ctx, Place(event_id=event_id, pool=pool, number=int(item.number)))
