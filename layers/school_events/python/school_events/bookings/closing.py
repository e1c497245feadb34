"""Booking for an event ends: nobody claims a place any more, and nobody waits for one."""

from school_events.bookings import places
from school_events.bookings.waiting import store as waiting
from school_events.core.context import Context
from school_events.events.model import SchoolEvent


def close_booking(ctx: Context, event: SchoolEvent) -> None:
    """Shut the gates of an event that was closed or cancelled, and have its waiting list ended by housekeeping.

    Doing it again changes nothing.

    Raises:
        TryAgain: too busy; calling again goes on.
    """
    places.close_places(ctx, event)
    waiting.wake(ctx, event.id)
