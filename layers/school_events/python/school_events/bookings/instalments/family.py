"""A payer's own payments: opening their pages, one by one or together (I2)."""

from collections.abc import Sequence

from school_events.bookings import checkout as places
from school_events.bookings import store as bookings
from school_events.bookings.instalments import pages, together
from school_events.bookings.paying import is_payers
from school_events.core.context import Context
from school_events.core.errors import NotFound
from school_events.payments import store as payments
from school_events.payments.model import Payment, PaymentPurpose
from school_events.people import access


def checkout(ctx: Context, payment_id: str) -> Payment:
    """Open the page of a payment of the caller's; of places the page they are all paid with.

    Raises:
        NotFound: no such payment of the caller's.
        WrongState: it cannot be paid any more, or not yet.
        PaymentsNotReady: the school cannot take money yet.
        TryAgain: Stripe did not answer, or too busy.
    """
    payment = _own(ctx, payment_id)
    if payment.purpose is PaymentPurpose.PLACE:
        return places.open_page(ctx, together.paid_with(ctx, payment_id).id)
    return pages.open_page(ctx, payment_id)


def checkout_together(ctx: Context, payment_ids: Sequence[str]) -> Payment:
    """Open one page for several payments of the caller's.

    Raises:
        NotFound: one is none of the caller's.
        Invalid: they cannot be paid together; names the field.
        WrongState: one cannot be paid any more, or not yet.
        PaymentsNotReady: the school cannot take money yet.
        TryAgain: Stripe did not answer, or too busy.
    """
    wanted = [_own(ctx, one) for one in dict.fromkeys(payment_ids)]
    return checkout(ctx, wanted[0].id) if len(wanted) == 1 else together.open_page(ctx, wanted)


def _own(ctx: Context, payment_id: str) -> Payment:
    """A payment of the caller's, for children who are theirs now: one may still look at what one paid for others."""
    payment = payments.find_payment(ctx.school_id, payment_id)
    if not is_payers(ctx, payment):
        raise NotFound
    for booking in bookings.find_bookings(ctx.school_id, [line.reference for line in payment.lines]).values():
        access.require_open_link(ctx, ctx.actor.id, booking.pupil_id)
    return payment
