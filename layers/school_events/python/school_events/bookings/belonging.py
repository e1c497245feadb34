"""Whether a child is still at the school, and of who booked: asked before something is held or given anew (A8, H1)."""

from collections.abc import Iterable

from school_events.bookings.model import Booking
from school_events.core.context import Context
from school_events.people import access
from school_events.people import rules as people_rules
from school_events.people import store as people


def are_on_roll(ctx: Context, bookings: Iterable[Booking]) -> bool:
    """Whether every child that something is booked for is a pupil today; who is forgotten is not."""
    pupil_ids = {booking.pupil_id for booking in bookings}
    found, day = people.find_pupils(ctx.school_id, pupil_ids), people_rules.today(ctx.now)
    return all(one in found and found[one].is_on_roll(day) for one in pupil_ids)


def is_bookers(ctx: Context, booking: Booking) -> bool:
    """Whether a child is a pupil today and the child of who booked, who may go by another record by now."""
    if not are_on_roll(ctx, [booking]):
        return False
    booker = access.persons_now(ctx.school_id, [booking.booked_by])[booking.booked_by]
    return bool(access.open_links_among(ctx, [(booker, booking.pupil_id)]))
