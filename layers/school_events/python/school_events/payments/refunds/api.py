"""Request and response models of the refunds' routes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from school_events.core.http import ApiModel
from school_events.core.money import Money
from school_events.payments.refunds.model import Refund

StaffReason = Literal["asked_for", "not_as_promised", "mistake", "paid_twice", "goodwill", "other"]
"""Why the school gives money back: a choice, and no text, in which somebody would be named."""


class RefundLine(ApiModel):
    """A line of a payment that money is to go back of."""

    booking_id: str
    part: str = Field(default="", description="As the payment's line has it; empty for most")
    amount: Money | None = Field(default=None, description="All that is still there, unless given")


class NewRefund(ApiModel):
    """Money that is to go back to who paid."""

    reason: StaffReason
    lines: list[RefundLine] | None = Field(
        default=None, min_length=1, max_length=40, description="Everything that is still there, unless given"
    )


class PaidOut(ApiModel):
    """How the school gave money back itself."""

    taken_from: Literal["cash", "bank"]


class RefundView(ApiModel):
    """A refund as finance staff see it."""

    id: str
    payment_id: str
    booking_id: str | None = Field(description="Null for money that was for none of them, such as what was paid twice")
    part: str
    amount: Money
    state: str = Field(
        description="`asked`: written down; `pending`: on its way; `made`; `failed`: it is with the school again"
    )
    through: str = Field(description="`stripe`, or `school`: handed over by the school itself")
    why: str
    trouble: str | None = Field(description="What it waits for, or why it failed")
    stripe_id: str | None
    replaced_by: str | None = Field(description="The refund that was asked for in its place")
    asked_at: datetime


class RefundViews(ApiModel):
    """Refunds of one payment."""

    items: list[RefundView]


class RefundSum(ApiModel):
    """How many refunds are somewhere, and what they come to in pence: of a large event more than one may cost."""

    count: int
    pence: int


class EventRefunds(ApiModel):
    """How far giving back of an event's money has come."""

    event_id: str
    ending: bool = Field(description="Bookings are still being ended: more refunds may be asked for")
    to_do: RefundSum
    pending: RefundSum
    made: RefundSum
    failed: RefundSum = Field(description="And not asked for anew: somebody has to look at them")


def refund_view(refund: Refund) -> RefundView:
    """A refund as the API shows it."""
    booking_id, _, part = refund.line.partition("#")
    return RefundView(
        id=refund.id,
        payment_id=refund.payment_id,
        booking_id=booking_id or None,
        part=part,
        amount=refund.amount,
        state=refund.state.value,
        through=refund.through.value,
        why=refund.why,
        trouble=refund.trouble,
        stripe_id=refund.stripe_id,
        replaced_by=refund.replaced_by,
        asked_at=refund.asked_at,
    )
