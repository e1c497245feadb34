"""The allocator: only it moves the places that somebody gave back."""

from school_events.bookings import places
from school_events.bookings.model import Place
from school_events.core.context import Context


def move_on(ctx: Context, place: Place) -> None:
    """Move a returned place on: nobody waits, so it is free again. Doing it again changes nothing."""
    places.free(ctx.school_id, place)
