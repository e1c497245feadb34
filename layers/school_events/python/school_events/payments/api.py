"""Request and response models of the payment routes."""

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import Field

from school_events.core.http import ApiModel
from school_events.core.money import Money
from school_events.payments.disputes.api import DisputeView, dispute_view
from school_events.payments.disputes.model import Dispute
from school_events.payments.model import Payment, PaymentPurpose
from school_events.payments.rules import received, state_for_payer


class PaymentLineView(ApiModel):
    """A part of a payment."""

    booking_id: str
    event_id: str
    part: str = Field(description="Empty for what was due with the booking; `instalment-2`, …; `contribution-1`, …")
    amount: Money


class PaymentView(ApiModel):
    """A payment as its payer and the school's finance staff see it; only they are shown what its bank disputes."""

    id: str
    purpose: PaymentPurpose
    state: str
    amount: Money
    refunded: Money
    received: Money = Field(description="What the school received of it itself; a page asks for the rest")
    lines: list[PaymentLineView]
    payer_id: str
    checkout_url: str | None
    pay_by: datetime | None
    created_at: datetime
    paid_at: datetime | None
    due_on: date | None = Field(description="The day an instalment is to be paid by; it can be paid before")
    ends_at: datetime | None = Field(description="If it stays unpaid the place ends then, as the family was told")
    paid_with: str | None = Field(description="The payment it is, or is to be, paid with together with others")
    disputes: list[DisputeView] | None = None


def payment_view(
    payment: Payment, *, for_finance: bool = False, disputes: Sequence[Dispute] | None = None
) -> PaymentView:
    """A payment as the API shows it; the address to pay at only while it can be paid.

    Args:
        payment: which.
        for_finance: whether it is shown to who answers for the money, or to its payer.
        disputes: of the payment, if they are shown.
    """
    is_open = payment.checkout is not None and payment.state == "open"
    return PaymentView(
        id=payment.id,
        purpose=payment.purpose,
        state=(payment.state if for_finance else state_for_payer(payment)).value,
        amount=payment.amount,
        refunded=payment.refunded,
        received=received(payment),
        lines=[
            PaymentLineView(booking_id=line.reference, event_id=line.event_id, part=line.part, amount=line.amount)
            for line in payment.lines
        ],
        payer_id=payment.payer_id,
        checkout_url=payment.checkout.url if is_open and payment.checkout else None,
        pay_by=payment.checkout.expires_at if is_open and payment.checkout else None,
        created_at=payment.created_at,
        paid_at=payment.paid_at,
        due_on=payment.due_on,
        ends_at=payment.ends_at,
        paid_with=payment.merged_into,
        disputes=None if disputes is None else [dispute_view(one) for one in disputes],
    )
