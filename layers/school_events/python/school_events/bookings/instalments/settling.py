"""What follows when an instalment, or a contribution, was paid, or its page closed unpaid (PAYMENTS.md 5, 7).

No place waits for such a payment: what is not paid can be paid again, until its day and after it.
"""

from functools import partial

from school_events.bookings import baskets
from school_events.bookings.errors import again_if_stale
from school_events.bookings.instalments import rules
from school_events.core import logs
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.payments import rules as payment_rules
from school_events.payments import store
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.model import Payment, PaymentLine, PaymentState
from school_events.payments.refunds import service as refunds
from school_events.payments.refunds import store as refund_store

_HAS_PAGE = frozenset({PaymentState.OPEN, PaymentState.PROCESSING})


def page_came_to_nothing(ctx: Context, seen: Payment) -> Payment:
    """Let a payment be paid again whose page Stripe has closed unpaid, or whose bank did not pay.

    One that stood for several comes apart. Nothing changes if another page was opened meanwhile.

    Args:
        ctx: the moment.
        seen: with that page.

    Raises:
        NotFound: there is no such payment.
        TryAgain: too busy.
    """
    return again_if_stale(partial(_page_came_to_nothing, ctx, seen))


def _page_came_to_nothing(ctx: Context, seen: Payment) -> Payment:
    payment = store.find_payment(ctx.school_id, seen.id)
    if payment.state not in _HAS_PAGE or _attempt(payment) != _attempt(seen):
        return payment
    transaction = Transaction(ctx)
    after = come_to_nothing(transaction, ctx, payment, "payment.page_closed")
    transaction.commit()
    return after


def _attempt(payment: Payment) -> int | None:
    return payment.checkout.attempt if payment.checkout is not None else None


def come_to_nothing(
    transaction: Transaction, ctx: Context, payment: Payment, action: str, *, had_money: bool = False
) -> Payment:
    """Write that a payment was not paid, in a transaction: it can be paid again, or comes apart, or is over.

    Args:
        transaction: the caller's.
        ctx: the moment.
        payment: as it was read.
        action: what happened to it.
        had_money: whether its payer believed it paid: that its place ends is announced anew then.
    """
    asked = rules.owed_again(payment) if had_money else payment
    after = _write(transaction, ctx, payment, rules.not_paid(asked), action)
    for one in store.find_payments(ctx.school_id, payment.merges).values() if payment.merges else ():
        if one.merged_into == payment.id:
            part = rules.owed_again(one) if had_money else one
            _write(transaction, ctx, one, rules.apart(part), "payment.page_closed")
    return after


def _write(transaction: Transaction, ctx: Context, before: Payment, after: Payment, action: str) -> Payment:
    look_at = ctx.now if after.due_on is not None else None
    after = after.model_copy(update={"look_at": look_at})
    transaction.put(baskets.tell_payer(ctx, after))
    if after.state is PaymentState.EXPIRED:
        after = refunds.give_back_received(transaction, ctx, after)
    return store.replace(transaction, ctx, before, after, stamp(ctx, action))


def money_came(ctx: Context, payment: Payment) -> None:
    """What a paid payment is for is owed no more; what ended before it was paid gets its money back.

    Doing it again changes nothing.

    Raises:
        TryAgain: too busy, or Stripe did not answer.
    """
    for payment_id in (payment.id, *payment.merges):
        _owed_no_more(ctx, payment_id)
    for line in payment.lines:
        if line.over:
            again_if_stale(partial(_give_back, ctx, payment.id, line))
    for payment_id in payment.merges:
        again_if_stale(partial(_pay_part, ctx, payment, payment_id))


def _owed_no_more(ctx: Context, payment_id: str) -> None:
    transaction = Transaction(ctx)
    attention.settle(transaction, ctx, AttentionKind.OVERDUE, payment_id)
    if len(transaction):
        transaction.commit()


def _pay_part(ctx: Context, payment: Payment, part_id: str) -> None:
    """Money came for several at once although they had come apart: it pays what is still owed, or goes back."""
    part = store.find_payment(ctx.school_id, part_id)
    if part.merged_into == payment.id:
        return
    if not _is_owed(ctx, payment, part):
        for line in part.lines:
            _give_back(ctx, payment.id, line, part)
        return
    transaction = Transaction(ctx)
    store.replace(transaction, ctx, part, rules.joined(part, payment.id), stamp(ctx, "payment.merged"))
    transaction.put(baskets.tell_payer(ctx, part))
    transaction.commit()


def _is_owed(ctx: Context, payment: Payment, part: Payment) -> bool:
    """Whether all of a part is still to be paid, and its money did not go back already."""
    late = [refunds.refund_id("late", line.key) for line in part.lines]
    is_back = any(refund_store.find_refund(ctx.school_id, payment.id, one) is not None for one in late)
    return part.state is PaymentState.CREATED and payment_rules.to_pay(part) == part.amount and not is_back


def _give_back(ctx: Context, payment_id: str, line: PaymentLine, part: Payment | None = None) -> None:
    """A line's money goes back; of a part that is paid otherwise, if that is as it was read."""
    refund = refund_store.find_refund(ctx.school_id, payment_id, refunds.refund_id("late", line.key))
    if refund is None:
        payment = store.find_payment(ctx.school_id, payment_id)
        left = payment_rules.still_paid(payment, payment_rules.line_of(payment, line.key))
        if left.amount == 0:
            return
        transaction = Transaction(ctx)
        if part is not None:
            store.require_unchanged(transaction, ctx.school_id, part)
        refund = refunds.ask_refund(transaction, ctx, payment_id, line.key, "late", left)
        transaction.commit()
        logs.count("LateRefund")
    refunds.make_refund(ctx, payment_id, refund)
