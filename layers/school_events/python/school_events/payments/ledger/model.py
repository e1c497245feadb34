"""What the ledger is: movements of a school's money between accounts, double entry, append-only."""

from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import Alias, Amount, Record, State, ThingId
from school_events.payments.model import MONEY, PaidAt, StripeId


class LedgerAccount(StrEnum):
    """The accounts of a school's ledger; income is kept per event."""

    STRIPE_BALANCE = "stripe_balance"
    STRIPE_FEES = "stripe_fees"
    EVENT_INCOME = "event_income"


class LedgerEntry(Record):
    """Money that moved from one account to another; written once, never changed.

    Args:
        key: names the movement; the same movement is written once.
        at: when it was entered, UTC.
        kind: ``charge``, ``fee`` or ``refund``.
        debit: the account it went to.
        credit: the account it came from.
        amount: in pence, above zero.
        payment_id: the payment it belongs to.
        event_id: the event whose income it is; none for a fee.
        reference: the line it belongs to; none for a fee.
        payer: the payer's alias.
        stripe_id: the charge, balance transaction or refund at Stripe.
    """

    key: Annotated[str, MONEY]
    at: PaidAt
    kind: State
    debit: Annotated[LedgerAccount, MONEY]
    credit: Annotated[LedgerAccount, MONEY]
    amount: Amount
    payment_id: ThingId
    event_id: ThingId | None = None
    reference: ThingId | None = None
    payer: Alias
    stripe_id: StripeId
