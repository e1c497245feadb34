"""What a receipt is: money that the school itself received for a payment, written down by its finance staff."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import Amount, Day, Instant, Record, ThingId
from school_events.payments.model import MONEY

Words = Annotated[str, MONEY]


class ReceiptMethod(StrEnum):
    """How the money came."""

    CASH = "cash"
    VOUCHER = "voucher"
    TAX_FREE_CHILDCARE = "tax_free_childcare"


class ReceiptState(StrEnum):
    """Where a receipt stands.

    ::

        received → matched             seen on the statement of the school's bank
        received | matched → reversed  it was written down by mistake
    """

    RECEIVED = "received"
    MATCHED = "matched"
    REVERSED = "reversed"


class ReceiptPart(Record):
    """How much of a receipt is for one line of its payment.

    Args:
        line: its key.
        amount: in pence, above zero.
    """

    line: Words
    amount: Amount


class Receipt(Record):
    """Money that the school received itself.

    A reference may single a child out (that of Tax-Free Childcare does) and words may name one: both go when the payer
    is anonymised, the money stays.

    Args:
        id: ours, opaque.
        payment_id: what it was received for.
        method: how it came.
        amount: in pence, the sum of the parts.
        parts: how much of each line it pays.
        reference: by which the school finds it again, as staff wrote it down.
        received_on: the local day it came, as staff said.
        state: where it stands.
        recorded_at: when, UTC.
        statement_reference: what the bank's statement says, once it was seen there.
        seen_on: the local day of the statement it was seen on.
        matched_at: when it was said to be there, UTC.
        reason: why it is reversed.
        reversed_at: when it was, UTC.
    """

    id: ThingId
    payment_id: ThingId
    method: Annotated[ReceiptMethod, MONEY]
    amount: Amount
    parts: tuple[ReceiptPart, ...]
    reference: Words
    received_on: Day
    state: Annotated[ReceiptState, MONEY] = ReceiptState.RECEIVED
    recorded_at: Instant
    statement_reference: Words | None = None
    seen_on: Day | None = None
    matched_at: Instant | None = None
    reason: Words | None = None
    reversed_at: Instant | None = None

    def seen(self, statement_reference: str, seen_on: date, now: datetime) -> "Receipt":
        """The receipt once it was seen on the bank's statement."""
        update = {"statement_reference": statement_reference, "seen_on": seen_on, "matched_at": now}
        return self.model_copy(update=update | {"state": ReceiptState.MATCHED})

    def taken_back(self, reason: str, now: datetime) -> "Receipt":
        """The receipt that was a mistake."""
        return self.model_copy(update={"state": ReceiptState.REVERSED, "reason": reason, "reversed_at": now})

    def without_words(self) -> "Receipt":
        """The receipt without what somebody wrote (H2)."""
        gone = {"reference": "", "statement_reference": None, "reason": None}
        return self.model_copy(update=gone)
