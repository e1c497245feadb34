"""What families have told of a child's health and agreed to, when child or parent are anonymised (H2)."""

from datetime import datetime

from school_events.bookings.consents import store as consents
from school_events.bookings.health import store as health
from school_events.bookings.model import Booking
from school_events.core.context import Context


def forget_child(ctx: Context, booking: Booking) -> None:
    """Delete what is kept of a child's answers beside their booking; before the booking forgets whose it is.

    Doing it again changes nothing.
    """
    health.erase_of(ctx.school_id, booking.id)
    consents.forget_all(ctx.school_id, booking.id)


def forget_contact(ctx: Context, booking: Booking, contact_id: str, before: datetime, instead: str) -> None:
    """Let the receipts of a parent name somebody else; the child's consents stay. Doing it again changes nothing.

    Args:
        ctx: the moment.
        booking: a child's.
        contact_id: who is forgotten.
        before: only what they said earlier (UTC).
        instead: who takes over from them, or an id that is nobody's.
    """
    consents.replace_contact(ctx.school_id, booking.id, contact_id, before, instead)


def without_contact(booking: Booking, contact_id: str, instead: str) -> Booking:
    """A booking that names somebody else in the place of a contact: who booked, and who gave its answers."""
    answers = booking.answers
    if answers is not None and answers.given_by == contact_id:
        answers = answers.model_copy(update={"given_by": instead})
    booked_by = instead if booking.booked_by == contact_id else booking.booked_by
    return booking.model_copy(update={"booked_by": booked_by, "answers": answers})


def names_contact(booking: Booking, contact_id: str) -> bool:
    """Whether a booking says of a contact that they booked it, or gave its answers."""
    return contact_id in {booking.booked_by, None if booking.answers is None else booking.answers.given_by}
