"""Finance staff mark as dealt with what nothing that happens would take off their list any more."""

from collections.abc import Mapping
from functools import partial

from school_events.core.again import again_if_stale
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import NotFound, WrongState
from school_events.payments import rules as payment_rules
from school_events.payments import store as payments
from school_events.payments.accounts.model import AccountState
from school_events.payments.accounts.store import find_account
from school_events.payments.attention import store
from school_events.payments.attention.model import Attention, AttentionKind
from school_events.payments.listing import find_shown
from school_events.payments.model import Payment
from school_events.payments.refunds.model import RefundTrouble
from school_events.payments.refunds.store import find_refund

SETTLED_BY: Mapping[AttentionKind, str] = {
    AttentionKind.QUARANTINED: "giving the money back as a whole",
    AttentionKind.OVERDUE: "what is owed being paid, or asked for no longer",
    AttentionKind.DISPUTE: "the decision of the payer's bank",
    AttentionKind.ACCOUNT_DISCONNECTED: "connecting the school to Stripe again",
    AttentionKind.ACCOUNT_RESTRICTED: "giving Stripe what it asks of the school",
    AttentionKind.REFUND_FAILED: "asking for the refund anew, or noting that the school paid it out",
    AttentionKind.REFUND_STUCK: "the refund being made, or failing",
    AttentionKind.TO_PAY_OUT: "noting that the school handed the money over",
    AttentionKind.PAYOUT_FAILED: "the next payout that arrives",
    AttentionKind.DIFFERENCE: "the ledger and Stripe agreeing",
}
"""What takes things of a kind off the list; nothing does of the kind that is not here."""


def mark(ctx: Context, kind: str, thing_id: str) -> Attention:
    """Take something off the list that somebody dealt with; marked again it is as it was.

    If the same happens anew it is raised anew.

    Args:
        ctx: the moment; whose word it is stands in the audit log.
        kind: why it is on the list.
        thing_id: what it is about.

    Raises:
        NotFound: it was never on the school's list, or the caller does not see it there (B8).
        WrongState: something that happens, or that somebody does about it, takes it off.
        TryAgain: too busy.
    """
    return again_if_stale(partial(_mark, ctx, kind, thing_id))


def _mark(ctx: Context, kind: str, thing_id: str) -> Attention:
    known = store.find(ctx.school_id, kind, thing_id)
    if known is None:
        raise NotFound
    payment = find_shown(ctx, known.payment_id) if known.payment_id else None
    if known.settled_at is not None:
        return known
    if not _is_for_a_person(ctx, known, payment):
        raise WrongState(f"This is settled by {SETTLED_BY[known.kind]}")
    settled = known.model_copy(update={"settled_at": ctx.now})
    transaction = Transaction(ctx)
    if payment is not None:
        # Money that comes back meanwhile could go its way again.
        payments.require_unchanged(transaction, ctx.school_id, payment)
    store.keep_settled(transaction, ctx, known, settled)
    transaction.commit()
    return settled


def _is_for_a_person(ctx: Context, known: Attention, payment: Payment | None) -> bool:
    """Whether nothing that can still happen takes it off the list."""
    match known.kind:
        case AttentionKind.DISPUTE_LOST:
            return True
        case AttentionKind.REFUND_FAILED:
            return payment is not None and not _can_go_back(ctx, payment, known.thing_id)
        case AttentionKind.REFUND_STUCK:
            return payment is not None and _waits_for_account(ctx, payment, known.thing_id)
        case AttentionKind.PAYOUT_FAILED:
            return _is_left(ctx, known.thing_id)
    return False


def _can_go_back(ctx: Context, payment: Payment, refund_id: str) -> bool:
    """Whether a refund that failed can be asked for anew, or paid out, as far as our books say.

    What is for nothing the school sells is not in them: it is given back in Stripe's dashboard, and a person says so.
    """
    refund = find_refund(ctx.school_id, payment.id, refund_id)
    if refund is None or not refund.line:
        return False
    line = payment_rules.line_of(payment, refund.line)
    return payment_rules.still_paid(payment, line).amount >= refund.amount.amount


def _waits_for_account(ctx: Context, payment: Payment, refund_id: str) -> bool:
    """Whether a refund waits for an account the school has disconnected, which may be for ever."""
    refund = find_refund(ctx.school_id, payment.id, refund_id)
    return refund is not None and refund.trouble == RefundTrouble.ACCOUNT_LEFT


def _is_left(ctx: Context, account_id: str) -> bool:
    """Whether we hear no more of an account's payouts, since the school has disconnected it."""
    account = find_account(ctx.school_id)
    return account is None or account.account_id != account_id or account.state is AccountState.DISCONNECTED
