"""How the school's finance staff are shown disputes."""

from datetime import datetime

from pydantic import Field

from school_events.core.http import ApiModel
from school_events.core.money import Money
from school_events.payments.disputes.model import Dispute


class DisputeView(ApiModel):
    """A dispute of a payment; the payer's bank and the school settle it at Stripe."""

    id: str
    state: str
    amount: Money
    lost: Money = Field(description="How much of it the bank took for good: of a dispute won in part not all of it")
    reason: str
    respond_by: datetime | None
    opened_at: datetime
    decided_at: datetime | None


def dispute_view(dispute: Dispute) -> DisputeView:
    """As the API shows it."""
    return DisputeView(
        id=dispute.id,
        state=dispute.state.value,
        amount=dispute.amount,
        lost=dispute.lost,
        reason=dispute.reason,
        respond_by=dispute.respond_by,
        opened_at=dispute.opened_at,
        decided_at=dispute.decided_at,
    )
