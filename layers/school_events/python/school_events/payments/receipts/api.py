"""Request and response models of the receipts' routes."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from school_events.core.http import ApiModel, LocalDate
from school_events.core.money import Money
from school_events.payments.receipts.model import Receipt, ReceiptMethod

Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, strict=True)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, strict=True)]


class NewReceipt(ApiModel):
    """Money that the school received itself for a payment."""

    method: ReceiptMethod
    amount: Money = Field(description="At most what is owed; what is left for a card is nothing, or 30p and more")
    reference: Reference = Field(description="By which the school finds it again: of the voucher, of the cash book …")
    received_on: LocalDate = Field(description="By the school's clocks")


class Sighting(ApiModel):
    """Where the money of a receipt was seen."""

    reference: Reference = Field(description="As the bank's statement has it")
    seen_on: LocalDate = Field(description="The day of the statement's line")


class Mistake(ApiModel):
    """Why a receipt is taken back."""

    reason: Reason


class Recorded(ApiModel):
    """What became of a receipt, and of its payment with it."""

    id: str
    state: str
    payment_state: str


class ReceiptView(ApiModel):
    """A receipt as finance staff see it."""

    id: str
    method: str
    amount: Money
    reference: str = Field(description="Empty once the payer is anonymised")
    received_on: date
    state: str
    recorded_at: datetime
    statement_reference: str | None
    seen_on: date | None
    matched_at: datetime | None
    reason: str | None
    reversed_at: datetime | None


def receipt_view(receipt: Receipt) -> ReceiptView:
    """As the API shows it."""
    return ReceiptView.model_validate({name: getattr(receipt, name) for name in ReceiptView.model_fields})
