"""What a refund is: money of one line to give back, written down before Stripe is asked."""

from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import Amount, Instant, Record, ThingId
from school_events.payments.model import MONEY, StripeId


class RefundState(StrEnum):
    """Where a refund stands: written down, or made at Stripe and entered in the ledger."""

    ASKED = "asked"
    MADE = "made"


class Refund(Record):
    """Money to give back for one line; written before Stripe is called (PAYMENTS.md 6).

    Args:
        id: ours.
        idempotency_key: what Stripe knows the request by.
        payment_id: the payment it is part of.
        line: the key of the line it gives back.
        amount: in pence.
        state: asked or made.
        stripe_id: Stripe's refund, once made.
        asked_at: when, UTC.
    """

    id: ThingId
    idempotency_key: Annotated[str, MONEY]
    payment_id: ThingId
    line: ThingId
    amount: Amount
    state: Annotated[RefundState, MONEY]
    stripe_id: StripeId | None = None
    asked_at: Instant
