"""What was booked together is paid for together: the bookings of a payment, and who is told of it."""

from collections.abc import Sequence

from school_events.bookings import store
from school_events.bookings.model import Booking, BookingState
from school_events.core import feed
from school_events.core.context import Context
from school_events.payments.model import Payment, PaymentPurpose
from school_events.payments.rules import held_until

_WAITS_FOR_MONEY = frozenset({BookingState.PENDING, BookingState.EXPIRING})


def bookings_of(ctx: Context, payment: Payment) -> Sequence[Booking]:
    """The bookings whose places a payment pays for, in the order of its lines, read strongly.

    None of what is due later: no place waits for that.
    """
    if payment.purpose is not PaymentPurpose.PLACE:
        return []
    found = store.find_bookings(ctx.school_id, [line.reference for line in payment.lines])
    return [found[line.reference] for line in payment.lines if line.reference in found]


def waiting_for(ctx: Context, payment: Payment) -> list[Booking]:
    """The bookings whose places wait for a payment, read strongly."""
    return [booking for booking in bookings_of(ctx, payment) if booking.state in _WAITS_FOR_MONEY]


def outlasts_page(payment: Payment, held: Sequence[Booking]) -> bool:
    """Whether holds wait longer than the page of their payment: the rest of what was paid in part may take days."""
    page_until = held_until(payment)
    waits = (one.state is BookingState.PENDING and one.hold_until is not None for one in held)
    return all(waits) and any(one.hold_until is not None and one.hold_until > page_until for one in held)


def tell_payer(ctx: Context, payment: Payment) -> feed.FeedRow:
    """The change-feed row of who pays, to be written with the payment's change."""
    return feed.row(ctx, "contact", payment.payer_id, thing="payment", thing_id=payment.id, what="changed")
