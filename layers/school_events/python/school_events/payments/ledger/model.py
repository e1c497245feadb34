"""What the ledger is: movements of a school's money between accounts, double entry, append-only."""

from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import Alias, Amount, Record, ThingId
from school_events.payments.model import MONEY, PaidAt, StripeId


class LedgerAccount(StrEnum):
    """The accounts of a school's ledger.

    ``STRIPE_BALANCE`` mirrors the school's balance at Stripe to the penny; income is kept per event. ``DISPUTED`` is
    what a bank took back and nobody has decided yet. ``SUSPENSE`` is what came and is not ours to keep: an amount
    nobody asked for, or paid twice. ``ELSEWHERE`` is what else the school does with its Stripe account. ``CASH``,
    ``VOUCHERS`` and ``TAX_FREE_CHILDCARE`` were received by the school itself; ``BANK`` is what reached its bank.
    """

    STRIPE_BALANCE = "stripe_balance"
    STRIPE_FEES = "stripe_fees"
    EVENT_INCOME = "event_income"
    DISPUTED = "disputed"
    SUSPENSE = "suspense"
    BANK = "bank"
    ELSEWHERE = "elsewhere"
    CASH = "cash"
    VOUCHERS = "vouchers"
    TAX_FREE_CHILDCARE = "tax_free_childcare"


class LedgerKind(StrEnum):
    """Why money moved."""

    CHARGE = "charge"
    FEE = "fee"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    DISPUTE_FEE = "dispute_fee"
    DISPUTE_WON = "dispute_won"
    DISPUTE_FEE_BACK = "dispute_fee_back"
    DISPUTE_LOST = "dispute_lost"
    PAYOUT = "payout"
    PAYOUT_FAILED = "payout_failed"
    ELSEWHERE = "elsewhere"
    RECEIVED = "received"
    MATCHED = "matched"
    REVERSED = "reversed"
    PAID_OUT = "paid_out"


class LedgerEntry(Record):
    """Money that moved from one account to another; written once, never changed.

    Args:
        key: names the movement; the same movement is written once.
        at: when it was entered, UTC.
        kind: why it moved.
        debit: the account it went to.
        credit: the account it came from.
        amount: in pence, above zero.
        payment_id: the payment it belongs to; none for a payout, and for what is not ours.
        event_id: the event whose income it is; none for a fee.
        reference: the line it belongs to; none for a fee.
        payer: the payer's alias, if it is known who paid.
        stripe_id: the charge, refund, dispute or payout at Stripe, by which its balance transactions are found; of what
            is not ours the balance transaction itself; none of what the school received itself.
        stripe_account: the school's account at Stripe, of what moved there.
        listed_with: the event whose entries it is listed with: that of all lines of its payment, if it is one.
    """

    key: Annotated[str, MONEY]
    at: PaidAt
    kind: Annotated[LedgerKind, MONEY]
    debit: Annotated[LedgerAccount, MONEY]
    credit: Annotated[LedgerAccount, MONEY]
    amount: Amount
    payment_id: ThingId | None = None
    event_id: ThingId | None = None
    reference: ThingId | None = None
    payer: Alias | None = None
    stripe_id: StripeId | None = None
    stripe_account: StripeId | None = None
    listed_with: ThingId | None = None
