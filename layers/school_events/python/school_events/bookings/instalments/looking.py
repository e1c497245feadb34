"""What is due about unpaid instalments: pages to be looked at, families to be reminded, places that end (B8).

Each look is one step, written on the condition that the payment is as it was read: stopped anywhere, the next run
goes on there, and nobody is told twice.
"""

from dataclasses import replace
from datetime import timedelta

from school_events.bookings import baskets, cancelling, settlement, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.instalments import pages, rules
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.events import store as events
from school_events.events.charging.model import UnpaidInstalment
from school_events.events.charging.rules import NO_CHARGING
from school_events.payments import store as payments
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.model import Payment, PaymentState
from school_events.people import access

_AGAIN = timedelta(hours=1)
"""When an instalment is looked at again whose place is not confirmed yet."""

_BANK = timedelta(days=1)
"""How often Stripe is asked about a direct debit that is under way; mostly it tells us first."""


def look_after(ctx: Context, seen: Payment) -> None:
    """Do what is due about a payment that is to be paid later.

    Args:
        ctx: the moment.
        seen: as the index knows it.

    Raises:
        TryAgain: too busy, or Stripe did not answer.
    """
    payment = payments.find_payment(ctx.school_id, seen.id)
    if payment.state is PaymentState.PROCESSING:
        settlement.apply_payment(ctx, payment.id)
        payments.put_payment_off(ctx.school_id, payment, ctx.now + _BANK)
    elif payment.state is PaymentState.OPEN:
        _look_at_page(ctx, payment)
    elif payment.state is PaymentState.CREATED and payment.look_at is not None and payment.look_at <= ctx.now:
        again_if_stale(lambda: _look(ctx, payments.find_payment(ctx.school_id, payment.id)))


def _look_at_page(ctx: Context, payment: Payment) -> None:
    if pages.is_page_over(ctx, payment):
        pages.close_page(ctx, payment.id)
    elif payment.checkout is not None:
        payments.put_payment_off(ctx.school_id, payment, payment.checkout.expires_at + timedelta(minutes=1))


def _look(ctx: Context, payment: Payment) -> None:
    if payment.state is not PaymentState.CREATED:
        return
    if payment.due_on is None:
        _leave(ctx, payment)
        return
    booking = store.find_booking(ctx.school_id, payment.lines[0].reference)
    if booking.state is not BookingState.CONFIRMED:
        if booking.state in LIVE:
            payments.put_payment_off(ctx.school_id, payment, ctx.now + _AGAIN)
        return
    can_pay = _can_pay(ctx, payment, booking)
    due = rules.look(payment, _policy(ctx, booking) if can_pay else UnpaidInstalment(), ctx.now)
    if not can_pay:
        due = replace(due, remind=False)
    if due.ends and cancelling.end_unpaid(ctx, booking, payment):
        return
    told = due.remind or due.ends_at is not None
    ends_at = due.ends_at or (payment.ends_at if can_pay else None)
    update = {"look_at": due.again_at, "told_at": ctx.now if told else payment.told_at, "ends_at": ends_at}
    after = payment.model_copy(update=update)
    transaction = Transaction(ctx)
    payments.replace(transaction, ctx, payment, after, stamp(ctx, _action(due)))
    if due.overdue and not attention.is_open(ctx, AttentionKind.OVERDUE, payment.id):
        attention.raise_for(transaction, ctx, AttentionKind.OVERDUE, "payment", payment.id, payment.id)
    transaction.put(baskets.tell_payer(ctx, after))
    transaction.commit()


def _leave(ctx: Context, payment: Payment) -> None:
    """What nobody owes on a day is nothing to look at any more, once its page has closed."""
    left = payment.model_copy(update={"look_at": None})
    transaction = Transaction(ctx)
    payments.replace(transaction, ctx, payment, left, stamp(ctx, "payment.looked_at"))
    transaction.commit()


def _can_pay(ctx: Context, payment: Payment, booking: Booking) -> bool:
    """Whether the payer sees the child now; otherwise they cannot pay, hear nothing, and the place stays (A8)."""
    payer = access.persons_now(ctx.school_id, [payment.payer_id])[payment.payer_id]
    return bool(access.open_links_among(ctx, [(payer, booking.pupil_id)]))


def _policy(ctx: Context, booking: Booking) -> UnpaidInstalment:
    event = events.find_event(ctx.school_id, booking.event_id)
    return (event.charging or NO_CHARGING).unpaid_instalment


def _action(due: rules.Look) -> str:
    """What is done, for the audit log and for whom it concerns (``payments.consequences``)."""
    if due.ends_at is not None:
        return "payment.end_announced"
    return "payment.reminded" if due.remind else "payment.looked_at"
