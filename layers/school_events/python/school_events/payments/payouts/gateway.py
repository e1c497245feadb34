"""Payouts at Stripe."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from school_events.core.context import Context
from school_events.core.money import pounds
from school_events.payments.payouts.model import PayoutSnapshot, PayoutState
from school_events.payments.stripe_client import ask, stripe

if TYPE_CHECKING:
    from stripe import Payout as StripePayout


def find_payout(ctx: Context, account_id: str, payout_id: str) -> PayoutSnapshot:
    """A payout as it is now.

    Raises:
        TryAgain: Stripe did not answer.
        AccountLeft: we may not act for the account.
    """
    found = ask(ctx, lambda: stripe().v1.payouts.retrieve(payout_id, options={"stripe_account": account_id}))
    return _snapshot(found)


def _snapshot(payout: "StripePayout") -> PayoutSnapshot:
    return PayoutSnapshot(
        id=payout.id,
        amount=pounds(payout.amount),
        state=PayoutState(payout.status),
        created_at=datetime.fromtimestamp(payout.created, UTC),
        arrives_on=datetime.fromtimestamp(payout.arrival_date, UTC).date(),
        failure=payout.failure_code,
        itemised=payout.reconciliation_status == "completed",
    )
