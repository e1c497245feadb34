"""Direct debits under way: the places they are for stay held as long as the bank takes (scenario 19)."""

from collections.abc import Sequence
from datetime import datetime

from school_events.bookings import baskets, store
from school_events.bookings.belonging import are_on_roll
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.rules import is_at
from school_events.core import logs
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.events import store as events
from school_events.payments import rules
from school_events.payments import store as payments
from school_events.payments.model import Payment, PaymentState
from school_events.payments.receipts import store as receipts
from school_events.payments.receipts.model import Receipt
from school_events.payments.receipts.rules import rest_until

_PAYABLE = frozenset({PaymentState.CREATED, PaymentState.OPEN, PaymentState.PROCESSING})


def first_beginning(ctx: Context, bookings: Sequence[Booking]) -> datetime | None:
    """When the first of what is booked begins, UTC; None if nothing of it has a time of its own.

    Of a whole club that is its first session to come, though a family may still leave it later (D6).
    """
    sessions = {one: events.sessions_of(ctx.school_id, one) for one in {booking.event_id for booking in bookings}}
    coming = [
        session.starts_at
        for booking in bookings
        for session in sessions[booking.event_id]
        if not session.cancelled and session.starts_at > ctx.now and is_at(booking.place, session.id)
    ]
    return min(coming, default=None)


def wait_for_bank(ctx: Context, seen: Payment) -> None:
    """Note that the payer is done and the bank is not: holds wait another day, then Stripe is asked again.

    Args:
        ctx: the moment.
        seen: with the page that was left so; if it has been seen meanwhile to have failed, nothing is noted.

    Raises:
        StaleVersion: somebody else was faster.
    """
    payment = payments.find_payment(ctx.school_id, seen.id)
    if payment.state not in _PAYABLE or payment.checkout != seen.checkout:
        return
    transaction = Transaction(ctx)
    until = ctx.now + rules.LOOK_AT_DEBIT
    for booking in baskets.waiting_for(ctx, payment):
        if booking.hold_until is not None and (
            payment.state is not PaymentState.PROCESSING or booking.hold_until <= ctx.now
        ):
            waiting = booking.model_copy(update={"hold_until": until})
            store.replace(transaction, ctx.school_id, booking, waiting, stamp(ctx, "booking.hold_extended"))
    if payment.state is not PaymentState.PROCESSING:
        under_way = rules.processing(payment)
        payment = payments.replace(transaction, ctx, payment, under_way, stamp(ctx, "payment.processing"))
        transaction.put(baskets.tell_payer(ctx, payment))
        logs.count("DebitUnderWay")
    if len(transaction):
        transaction.commit()


def keep_for_the_rest(ctx: Context, payment: Payment) -> bool:
    """Let holds wait on although a bank did not pay, if they wait some days for the rest of their price (0042).

    The debit was one attempt at paying it: until then there can be another.

    Args:
        ctx: the moment.
        payment: as it was read; its present page was left with a debit that failed.

    Returns:
        Whether they wait on; otherwise nothing was written.

    Raises:
        StaleVersion: somebody else was faster.
    """
    until = rest_until(_receipts_of(ctx, payment))
    held = baskets.waiting_for(ctx, payment)
    if payment.state not in _PAYABLE or until is None or until <= ctx.now:
        return False
    if any(booking.state is not BookingState.PENDING for booking in held) or not are_on_roll(ctx, held):
        return False
    transaction = Transaction(ctx)
    for booking in held:
        waiting = booking.model_copy(update={"hold_until": until})
        store.replace(transaction, ctx.school_id, booking, waiting, stamp(ctx, "booking.hold_extended"))
    payable = payments.replace(
        transaction, ctx, payment, rules.page_closed(payment), stamp(ctx, "payment.debit_failed")
    )
    transaction.put(baskets.tell_payer(ctx, payable))
    transaction.commit()
    return True


def _receipts_of(ctx: Context, payment: Payment) -> list[Receipt]:
    """What the school received for a payment and for those that are paid with it by now."""
    parts = payments.find_payments(ctx.school_id, payment.merges).values() if payment.merges else ()
    of_parts = [receipt for part in parts for receipt in _receipts_of(ctx, part)]
    return [*receipts.of_payment(ctx.school_id, payment.id), *of_parts]
