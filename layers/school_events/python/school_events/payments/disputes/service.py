"""Bringing disputes to where Stripe says they are."""

from school_events.core import logs
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.payments import store as payments
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.disputes import gateway, rules, store
from school_events.payments.disputes.model import Dispute, DisputeSnapshot, DisputeState
from school_events.payments.ledger import store as ledger
from school_events.payments.model import Payment
from school_events.payments.refunds import store as refunds
from school_events.payments.refunds.model import RefundState

_NOTHING_NEW = "dispute.changed"


def bring_up_to_date(ctx: Context, account_id: str, payment_id: str, dispute_id: str) -> Dispute:
    """Bring a dispute, its payment and the ledger to where Stripe says they are, together.

    Doing it again changes nothing.

    What we know is read before Stripe is asked: an answer that is older than what somebody else wrote meanwhile is
    refused, whatever order messages come in.

    Args:
        ctx: the moment.
        account_id: the school's account at Stripe.
        payment_id: what is disputed; its money has been entered, or never will be.
        dispute_id: Stripe's.

    Raises:
        StaleVersion: somebody else was faster.
        NotFound: there is no such payment.
        TryAgain: Stripe did not answer.
    """
    before = store.find_dispute(ctx.school_id, payment_id, dispute_id)
    payment = payments.find_payment(ctx.school_id, payment_id)
    snapshot = gateway.find_dispute(ctx, account_id, dispute_id)
    after = rules.brought_up_to_date(before, snapshot, payment, account_id, ctx.now)
    if after != before:
        _write(ctx, payment, before, after, snapshot)
    # Also when nothing was new: whoever wrote it may have been stopped before this.
    if after.state not in rules.UNDECIDED:
        _let_refunds_go_on(ctx, payment_id)
    return after


def _write(ctx: Context, payment: Payment, before: Dispute | None, after: Dispute, snapshot: DisputeSnapshot) -> None:
    is_news = before is None or before.state is not after.state
    change = stamp(ctx, rules.NEWS[after.state] if is_news else _NOTHING_NEW)
    transaction = Transaction(ctx)
    store.keep(transaction, ctx, before, after, change)
    moved = rules.payment_after(payment, before, after)
    if moved != payment:
        payments.replace(transaction, ctx, payment, moved, stamp(ctx, f"payment.{moved.state}"))
    for entry in rules.entries_of(payment, before, after, snapshot, ctx.now):
        ledger.enter(transaction, ctx, entry)
    if is_news:
        _tell_finance(transaction, ctx, before, after)
    transaction.commit()
    if is_news:
        logs.count(f"Dispute{after.state.capitalize()}")


def _tell_finance(transaction: Transaction, ctx: Context, before: Dispute | None, after: Dispute) -> None:
    was_undecided = before is not None and before.state in rules.UNDECIDED
    if after.state not in rules.UNDECIDED:
        attention.settle(transaction, ctx, AttentionKind.DISPUTE, after.id)
    elif not was_undecided:
        attention.raise_for(transaction, ctx, AttentionKind.DISPUTE, "dispute", after.id, after.payment_id)
    if after.state is DisputeState.LOST:
        attention.raise_for(transaction, ctx, AttentionKind.DISPUTE_LOST, "dispute", after.id, after.payment_id)
    elif before is not None and before.state is DisputeState.LOST:
        attention.settle(transaction, ctx, AttentionKind.DISPUTE_LOST, after.id)


def _let_refunds_go_on(ctx: Context, payment_id: str) -> None:
    """What waited for the decision is due now: it can be made, or never."""
    for item in refunds.refunds_of_payment(ctx.school_id, payment_id):
        if item.record.state is RefundState.ASKED:
            refunds.put_refund_off(ctx.school_id, item.record, ctx.now)
