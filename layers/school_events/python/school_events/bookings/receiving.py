"""Money the school received itself, and what it means for places: what is paid that way is paid (decision 0042).

Stripe's page is closed first, since it asks for what is not owed any more; if it was paid meanwhile, nothing is
written down. A part may be received: the rest can be paid by card, and the place waits for it.
"""

from functools import partial

from school_events.bookings import baskets, places, store
from school_events.bookings.confirming import confirm_all
from school_events.bookings.instalments.rules import owed_again
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.bookings.service import tell_booker
from school_events.bookings.strays import payer_alias
from school_events.core.again import again_if_stale
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import WrongState
from school_events.core.requests import Request, answered_once, remember
from school_events.payments import service as payments
from school_events.payments import store as payment_store
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.listing import find_shown
from school_events.payments.model import Payment, PaymentPurpose, PaymentState
from school_events.payments.receipts import rules, service
from school_events.payments.receipts import store as receipt_store
from school_events.payments.receipts.api import Mistake, NewReceipt, Recorded
from school_events.payments.receipts.model import ReceiptState


def receive(ctx: Context, payment_id: str, asked: NewReceipt, request: Request) -> Recorded:
    """Write down that the school received money for a payment; once nothing is owed, its places are confirmed.

    Args:
        ctx: the moment; the actor is of the school's finance staff.
        payment_id: unpaid.
        asked: what was received.
        request: what is asked, for answering the same request alike.

    Raises:
        NotFound: there is no such payment.
        WrongState: it is paid, was paid meanwhile, or its places are let go.
        Invalid: the amount is more than is owed, or leaves what no card can pay; or the day.
        TryAgain: Stripe did not answer, or too busy.
    """
    attempt = partial(again_if_stale, partial(_receive, ctx, payment_id, asked, request))
    return answered_once(ctx, request, Recorded, attempt)


def reverse(ctx: Context, payment_id: str, receipt_id: str, asked: Mistake, request: Request) -> Recorded:
    """Take a receipt back that was a mistake: that much is owed again, and a place that it paid is a hold again.

    Raises:
        NotFound: there is no such receipt.
        WrongState: it is reversed, money came by card as well, or a place was given up meanwhile.
        TryAgain: Stripe did not answer, or too busy.
    """
    attempt = partial(again_if_stale, partial(_reverse, ctx, payment_id, receipt_id, asked, request))
    return answered_once(ctx, request, Recorded, attempt)


def _receive(ctx: Context, payment_id: str, asked: NewReceipt, request: Request) -> Recorded:
    payment = _without_page(ctx, payment_id)
    receipt = service.new_receipt(ctx, payment, asked)
    waiting = baskets.waiting_for(ctx, payment)
    if any(one.state is not BookingState.PENDING for one in waiting):
        raise WrongState("These places are being let go")
    after = rules.received(payment, receipt, payer_alias(ctx, payment), ctx.now)
    transaction = Transaction(ctx)
    is_paid = after.state is PaymentState.PAID
    if is_paid:
        confirm_all(transaction, ctx, waiting)
    else:
        for booking in waiting:
            _wait(transaction, ctx, booking)
    change = stamp(ctx, "payment.paid" if is_paid else "payment.part_received")
    after = payment_store.replace(transaction, ctx, payment, after, change)
    if is_paid:
        attention.settle(transaction, ctx, AttentionKind.OVERDUE, payment.id)
    service.write(transaction, ctx, after, receipt)
    return _commit(transaction, ctx, after, receipt.id, ReceiptState.RECEIVED, request)


def _reverse(ctx: Context, payment_id: str, receipt_id: str, asked: Mistake, request: Request) -> Recorded:
    payment = _without_page(ctx, payment_id)
    receipt = receipt_store.find(ctx.school_id, payment_id, receipt_id)
    rules.require_reversible(payment, receipt)
    found = store.find_bookings(ctx.school_id, [line.reference for line in payment.lines]).values()
    if any(booking.state not in LIVE for booking in found):
        raise WrongState("What this was paid for has ended; refund what was not received instead")
    transaction = Transaction(ctx)
    for booking in baskets.bookings_of(ctx, payment):
        if booking.state is not BookingState.EXPIRING:
            _wait(transaction, ctx, booking)
    change = stamp(ctx, "payment.receipt_reversed")
    look_at = ctx.now if payment.due_on is not None else None
    owed = owed_again(rules.taken_back(payment, receipt)).model_copy(update={"look_at": look_at})
    after = payment_store.replace(transaction, ctx, payment, owed, change)
    service.reverse(transaction, ctx, receipt, asked.reason)
    return _commit(transaction, ctx, after, receipt.id, ReceiptState.REVERSED, request)


def _without_page(ctx: Context, payment_id: str) -> Payment:
    """The payment, with Stripe's page closed if it had one.

    Raises:
        NotFound: there is none that the caller sees.
        PaidMeanwhile: it was paid there.
    """
    payment = find_shown(ctx, payment_id)
    if payment.merges and payment.purpose is not PaymentPurpose.PLACE:
        raise WrongState("This is paid by card; receive what it stands for one by one")
    if any(line.over for line in payment.lines):
        raise WrongState("What this was to be paid for has ended")
    return payments.close_page(ctx, payment) if payment.state is PaymentState.OPEN else payment


def _commit(
    transaction: Transaction, ctx: Context, payment: Payment, receipt_id: str, state: ReceiptState, request: Request
) -> Recorded:
    transaction.put(baskets.tell_payer(ctx, payment))
    answer = Recorded(id=receipt_id, state=state.value, payment_state=payment.state.value)
    remember(ctx, transaction, request, answer)
    transaction.commit()
    return answer


def _wait(transaction: Transaction, ctx: Context, booking: Booking) -> None:
    """A place waits for what is still owed; one that was paid for is held again."""
    held = booking.model_copy(update={"state": BookingState.PENDING, "hold_until": ctx.now + rules.HOLD_FOR_THE_REST})
    action = "booking.hold_extended" if booking.state is BookingState.PENDING else "booking.held_again"
    store.replace(transaction, ctx.school_id, booking, held, stamp(ctx, action))
    if booking.state is BookingState.CONFIRMED:
        places.hold_again(transaction, ctx, booking)
    transaction.put(tell_booker(ctx, booking, "changed"))
