"""Stripe's events: those that mean something here, and what is kept of one."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

PAYMENT_TYPES = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.processing",
        # Stripe may say its fee a moment after the money has come.
        "charge.updated",
    }
)
"""After which a payment may stand elsewhere."""

REFUND_TYPES = frozenset({"charge.refunded", "refund.created", "refund.updated", "refund.failed"})
"""After which money of a payment may have gone back, or not after all."""

DISPUTE_TYPES = frozenset(
    {
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
"""After which a dispute may stand elsewhere."""

ACCOUNT_CHANGED = "account.updated"
ACCOUNT_LEFT = "account.application.deauthorized"

PAYOUT_TYPES = frozenset({"payout.paid", "payout.failed", "payout.reconciliation_completed"})
"""After which a payout to the school's bank may stand elsewhere."""

TYPES = frozenset({*PAYMENT_TYPES, *REFUND_TYPES, *DISPUTE_TYPES, *PAYOUT_TYPES, ACCOUNT_CHANGED, ACCOUNT_LEFT})
"""All that mean something here (PAYMENTS.md "Webhook"): Stripe's endpoint is told to send these."""


class StripeEvent(BaseModel):
    """A webhook as it was queued: ids of what to look at, nothing to believe.

    Args:
        event_id: Stripe's ``evt_…``.
        type: Stripe's name of what happened.
        account: the connected account it happened to; none of the platform's own.
        object_id: what it happened to.
        charge_id: the charge that belongs to, if its kind names one.
        payment_id: ours, from the metadata.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: str
    type: str
    account: str | None
    object_id: str | None
    charge_id: str | None = None
    payment_id: str | None


class ListedEvent(BaseModel):
    """An event as Stripe lists it: what would be queued, and when it happened (UTC)."""

    model_config = ConfigDict(frozen=True)

    event: StripeEvent
    created_at: datetime
