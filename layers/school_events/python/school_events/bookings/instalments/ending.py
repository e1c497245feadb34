"""Unpaid instalments end with what they are for: without a page at once, with one when housekeeping has closed it."""

from collections.abc import Collection, Iterable, Sequence

from school_events.bookings.instalments import rules
from school_events.bookings.instalments.paid import paid_for
from school_events.bookings.model import Booking
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.money import Money
from school_events.payments import store
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.model import Payment, PaymentPurpose, PaymentState
from school_events.payments.refunds.service import ask_refunds, give_back_received
from school_events.payments.rules import HAS_MONEY
from school_events.people.rules import today

_SETTLED = HAS_MONEY | {PaymentState.EXPIRED}


def end_unpaid(transaction: Transaction, ctx: Context, ended: Sequence[Booking]) -> None:
    """End what is unpaid of bookings' later payments, in the transaction that ends the bookings.

    Money that comes for one after all goes back as late. The commit raises :class:`StaleVersion` if one has changed
    meanwhile, perhaps because it was paid: what comes back of that is decided anew.
    """
    ids = dict.fromkeys(one for booking in ended for one in booking.further_payments)
    if not ids:
        return
    references = {booking.id for booking in ended}
    for one in store.find_payments(ctx.school_id, ids).values():
        if one.purpose is not PaymentPurpose.PLACE and one.state not in _SETTLED:
            _end(transaction, ctx, one, references)


def give_back_paid(transaction: Transaction, ctx: Context, let_go: Iterable[Booking]) -> None:
    """What was paid of the later payments of holds goes back, in the transaction that lets them go.

    A school may receive an instalment before its place is paid for, or take back what had paid for the place. Asked
    once what is unpaid was ended, so that what is paid meanwhile is noticed. A place that late money gives them again
    can be cancelled all the same: that is a refund of another name, should this one fail.
    """
    back: dict[str, dict[str, Money]] = {}
    for booking in let_go:
        for part in paid_for(ctx, booking).parts if booking.further_payments else ():
            back.setdefault(part.payment_id, {})[part.line] = part.left
    for payment_id, amounts in back.items():
        ask_refunds(transaction, ctx, payment_id, amounts, "unpaid")


def _end(transaction: Transaction, ctx: Context, payment: Payment, references: Collection[str]) -> None:
    after = rules.over(payment, references).model_copy(update={"look_at": ctx.now})
    if after.state is PaymentState.EXPIRED:
        after = give_back_received(transaction, ctx, after)
    store.replace(transaction, ctx, payment, after, stamp(ctx, "payment.let_go"))
    if payment.due_on is not None and payment.due_on < today(ctx.now):
        attention.settle(transaction, ctx, AttentionKind.OVERDUE, payment.id)
