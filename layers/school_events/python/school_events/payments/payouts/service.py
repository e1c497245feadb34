"""Following a school's payouts, and writing down what each is made of."""

from datetime import timedelta

from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.ledger import gateway as balance
from school_events.payments.ledger import store as ledger
from school_events.payments.ledger.mirroring import entries_by_subject
from school_events.payments.payouts import gateway, rules, store
from school_events.payments.payouts.model import Payout, PayoutSnapshot, PayoutState

_ENTERED_BEFORE = timedelta(hours=1)
"""An entry carries the instant its writer began at, which may be a little before Stripe's."""


_FOLLOWED = 50
"""So many payouts are followed: more than leave in a month, one a day."""


def look_at(ctx: Context, account_id: str, payout_id: str) -> None:
    """Bring a payout to where Stripe says it is, whatever made us look: in the ledger, and on the school's list.

    Raises:
        StaleVersion: somebody else looked at the same moment; look again.
        TryAgain: Stripe or the database was too busy.
        AccountLeft: we may not act for the account.
    """
    _keep(ctx, account_id, gateway.find_payout(ctx, account_id, payout_id))


def follow_up(ctx: Context, account_id: str) -> None:
    """Look again at an account's latest payouts, and write down what each is made of once Stripe has worked it out.

    What the ledger cannot explain yet is looked at again the next time. Raises as above.
    """
    latest = store.payouts_of_school(ctx.school_id, limit=_FOLLOWED)
    for payout, _ in latest:
        if payout.account_id == account_id and not rules.is_over(payout, ctx.now):
            snapshot = gateway.find_payout(ctx, account_id, payout.id)
            _keep(ctx, account_id, snapshot)
            if snapshot.itemised and not payout.itemised:
                _itemise(ctx, store.known(ctx.school_id, payout.id))


def _keep(ctx: Context, account_id: str, snapshot: PayoutSnapshot) -> None:
    before = store.find(ctx.school_id, snapshot.id)
    after = rules.brought_up_to_date(before, snapshot, account_id)
    if after != before:
        _write(ctx, before, after)


def _write(ctx: Context, before: Payout | None, after: Payout) -> None:
    transaction = Transaction(ctx)
    store.keep(transaction, ctx, before, after)
    for entry in rules.entries_of(before, after, ctx.now):
        ledger.enter(transaction, ctx, entry)
    # Listed by account: the next payout that arrives pays the money of the one that came back.
    if after.state is PayoutState.FAILED:
        attention.raise_for(transaction, ctx, AttentionKind.PAYOUT_FAILED, "payout", after.account_id)
    elif after.state is PayoutState.PAID:
        attention.settle(transaction, ctx, AttentionKind.PAYOUT_FAILED, after.account_id)
    transaction.commit()


def _itemise(ctx: Context, payout: Payout) -> None:
    movements = balance.movements_of_payout(ctx, payout.account_id, payout.id)
    if not movements:
        return
    since = min(moved.at for moved in movements) - _ENTERED_BEFORE
    known = entries_by_subject(ledger.ledger_of_school(ctx.school_id, since))
    lines = [rules.line_of(moved, known) for moved in movements]
    store.keep_lines(ctx, payout.id, lines)
    shares = rules.shares_of(lines)
    transaction = Transaction(ctx)
    after = payout.model_copy(update={"shares": shares, "itemised": rules.is_explained(shares)})
    store.keep(transaction, ctx, payout, after)
    transaction.commit()
