"""Giving a place up: one that cost nothing at once, a hold with all that is to be paid with it."""

from school_events.bookings import allocating, endings, settlement, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.model import Booking, BookingState
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import WrongState


def cancel(ctx: Context, booking: Booking) -> Booking:
    """Cancel a booking for the family: a place that cost nothing at once, a hold with all that is to be paid with it.

    A hold whose payment page is open ends within a minute, when Stripe's page has been closed.

    Raises:
        WrongState: it is cancelled or let go already, or it was paid for.
    """
    if booking.state is BookingState.CONFIRMED and booking.price.amount == 0:
        return again_if_stale(lambda: _cancel_free(ctx, booking.id))
    if booking.state is BookingState.PENDING and booking.payment_id is not None:
        again_if_stale(lambda: settlement.end_holds_now(ctx, booking.payment_id or ""))
        return store.find_booking(ctx.school_id, booking.id)
    if booking.state is BookingState.CONFIRMED:
        raise WrongState("A paid booking is cancelled by the school")
    raise WrongState(f"This booking is {booking.state}")


def _cancel_free(ctx: Context, booking_id: str) -> Booking:
    booking = store.find_booking(ctx.school_id, booking_id)
    if booking.state is not BookingState.CONFIRMED:
        raise WrongState(f"This booking is {booking.state}")
    cancelled = booking.model_copy(update={"state": BookingState.CANCELLED})
    transaction = Transaction(ctx)
    after = endings.end(transaction, ctx, booking, cancelled, "booking.cancelled")
    transaction.commit()
    allocating.move_on(ctx, booking.place)
    return after
