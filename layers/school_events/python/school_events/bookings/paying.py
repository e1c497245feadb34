"""Who may pay for, and look at, which payment (I2)."""

from school_events.bookings import checkout as checkouts
from school_events.bookings import reading, settlement
from school_events.core.context import Context
from school_events.core.errors import NotFound, WrongState
from school_events.payments import store as payments
from school_events.payments.api import PaymentView, payment_view
from school_events.payments.disputes.store import disputes_of_payment
from school_events.payments.listing import is_shown
from school_events.payments.model import Payment, PaymentState
from school_events.payments.stripe_client import AccountLeft
from school_events.people import access
from school_events.people.readings import note_reading


def checkout(ctx: Context, booking_id: str) -> Payment:
    """Open the payment page of everything booked together with a booking of the caller's.

    Raises:
        NotFound: no such booking of the caller's.
        WrongState: there is nothing to pay, or no longer.
        PaymentsNotReady: the school cannot take money yet.
        TryAgain: Stripe did not answer.
    """
    booking = reading.find_for_caller(ctx, booking_id)
    reading.require_own_booking(ctx, booking)
    if booking.payment_id is None:
        raise WrongState("There is nothing to pay for this booking")
    return checkouts.open_page(ctx, booking.payment_id)


def find_for_caller(ctx: Context, payment_id: str) -> Payment:
    """A payment as it stands at Stripe now: the payer's own, or the school's to its finance staff.

    Of one on an account that the school has disconnected we know no more than we did.

    Raises:
        NotFound: there is none, or it is another's, or a contribution and the caller not of the finance staff.
    """
    payment = payments.find_payment(ctx.school_id, payment_id)
    is_schools = ctx.has_role("finance", "school_admin") and is_shown(ctx, payment)
    if not is_payers(ctx, payment) and not is_schools:
        raise NotFound
    if payment.state is not PaymentState.OPEN:
        return payment
    try:
        return settlement.apply_payment(ctx, payment_id)
    except AccountLeft:
        return payment


def show(ctx: Context, payment_id: str) -> PaymentView:
    """A payment as it stands at Stripe now, as its payer or the school's finance staff may see it (audited, H6).

    Raises:
        NotFound: there is none, or it is another's.
        TryAgain: Stripe did not answer.
    """
    payment = find_for_caller(ctx, payment_id)
    if not ctx.has_role("finance", "school_admin"):
        return payment_view(payment)
    note_reading(ctx, "payment.read", "payment", payment_id)
    return payment_view(payment, for_finance=True, disputes=disputes_of_payment(ctx.school_id, payment_id))


def is_payers(ctx: Context, payment: Payment) -> bool:
    """Whether a payment is the calling contact's own: they are the payer, and any child of the school is theirs.

    It says what they paid, and of the child nothing: so it outlives the link to the child it was for, but not the
    last of their links.
    """
    if ctx.actor.kind != "contact" or not access.is_same_person(ctx, payment.payer_id, ctx.actor.id):
        return False
    return bool(access.open_links(ctx, ctx.actor.id))
