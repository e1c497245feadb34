"""Giving a contribution: a payment of its own, which a family may open, leave, change and pay, or not.

Education Act 1996, s. 460: no child is treated differently for it, so nothing of the place changes, and of the staff
only who answers for the money sees who gave.
"""

from functools import partial

from school_events.bookings import baskets, reading, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.instalments import pages
from school_events.bookings.model import Booking, BookingState
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Invalid, NotFound, WrongState
from school_events.core.money import SMALLEST_PRICE, Money
from school_events.events import store as events
from school_events.events.charging.rules import NO_CHARGING
from school_events.payments import rules
from school_events.payments import service as payments
from school_events.payments import store as payment_store
from school_events.payments.model import Payment, PaymentLine, PaymentPurpose, PaymentState

LARGEST_CONTRIBUTION = 100_000
"""A thousand pounds: more is given to a school in another way, and mostly a slip of the keyboard."""

_MOST = 10
"""So many contributions can be given for one booking: with all that is paid for it, it ends in one transaction."""

_UNPAID = frozenset({PaymentState.CREATED, PaymentState.OPEN})


def give(ctx: Context, booking_id: str, amount: Money | None) -> Payment:
    """A payment for a contribution of the caller's, to be opened as any other; one that is unpaid is taken up again.

    Args:
        ctx: the moment.
        booking_id: a booking of the caller's.
        amount: what they want to give; what the event asks for, if they do not say.

    Raises:
        NotFound: no such booking of the caller's.
        Invalid: too little, too much, or too often; names the field.
        WrongState: the place is not confirmed, or the event asks for no contribution.
        TryAgain: Stripe did not answer, or too busy.
    """
    booking = reading.find_for_caller(ctx, booking_id)
    if not reading.is_mine(ctx, booking):
        raise NotFound
    wanted = amount or _asked_for(ctx, booking)
    if not SMALLEST_PRICE <= wanted.amount <= LARGEST_CONTRIBUTION:
        raise Invalid.of("amount.amount", f"must be from {SMALLEST_PRICE} to {LARGEST_CONTRIBUTION} pence")
    return again_if_stale(partial(_give, ctx, booking_id, wanted))


def _asked_for(ctx: Context, booking: Booking) -> Money:
    event = events.find_event(ctx.school_id, booking.event_id)
    asked = (event.charging or NO_CHARGING).voluntary_contribution
    if asked.amount == 0:
        raise WrongState("This event asks for no contribution")
    return asked


def _give(ctx: Context, booking_id: str, amount: Money) -> Payment:
    booking = store.find_booking(ctx.school_id, booking_id)
    if booking.state is not BookingState.CONFIRMED:
        raise WrongState("A contribution is for a place that is confirmed")
    given = [one for one in _further(ctx, booking) if one.purpose is PaymentPurpose.CONTRIBUTION]
    unpaid = next((one for one in given if one.state in _UNPAID), None)
    if unpaid is not None:
        return _changed(ctx, unpaid, amount)
    if len(given) == _MOST:
        raise Invalid.of("amount", "has been given often enough for this place")
    return _new(ctx, booking, amount, len(given) + 1)


def _further(ctx: Context, booking: Booking) -> list[Payment]:
    if not booking.further_payments:
        return []
    return list(payment_store.find_payments(ctx.school_id, booking.further_payments).values())


def _changed(ctx: Context, unpaid: Payment, amount: Money) -> Payment:
    """An unpaid contribution with another amount; the page that asks for the old one is closed first."""
    if unpaid.amount == amount:
        return unpaid
    closed = pages.close_page(ctx, unpaid.id)
    if closed.state is not PaymentState.CREATED:
        raise WrongState("This contribution was given just now")
    if rules.to_pay(closed) != closed.amount:
        raise WrongState("The school has received a part of this contribution: give the rest of it first")
    [line] = closed.lines
    lines = (line.model_copy(update={"amount": amount}),)
    transaction = Transaction(ctx)
    after = closed.model_copy(update={"lines": lines, "amount": amount})
    after = payment_store.replace(transaction, ctx, closed, after, stamp(ctx, "payment.contribution_changed"))
    transaction.put(baskets.tell_payer(ctx, after))
    transaction.commit()
    return after


def _new(ctx: Context, booking: Booking, amount: Money, number: int) -> Payment:
    line = PaymentLine(reference=booking.id, part=f"contribution-{number}", event_id=booking.event_id, amount=amount)
    asked = payments.ask_for(ctx, booking.booked_by, (line,))
    asked = asked.model_copy(update={"purpose": PaymentPurpose.CONTRIBUTION})
    after = booking.model_copy(update={"further_payments": (*booking.further_payments, asked.id)})
    transaction = Transaction(ctx)
    store.replace(transaction, ctx.school_id, booking, after, stamp(ctx, "booking.contribution_offered"))
    transaction.create(payment_store.payment_item(ctx, asked, stamp(ctx, "payment.created")))
    transaction.put(baskets.tell_payer(ctx, asked))
    transaction.commit()
    return asked
