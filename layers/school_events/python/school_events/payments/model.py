"""What money is here: a payment with its lines, the ledger, a refund, a school's Stripe account."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import (
    Alias,
    Amount,
    Category,
    Count,
    Flag,
    Instant,
    Kept,
    PersonId,
    Purpose,
    Record,
    Retention,
    SchoolId,
    State,
    ThingId,
)

MONEY = Kept(Category.MONEY, Purpose.PAYING, Retention.EIGHT_YEARS)
StripeId = Annotated[str, MONEY]
PaidAt = Annotated[datetime, MONEY]


class PaymentState(StrEnum):
    """Where a payment stands.

    ::

        created → open → paid → part_refunded → refunded
        created | open → expired
        open → quarantined        amount or currency is not ours: a person decides
        expired → paid            money that came late
    """

    CREATED = "created"
    OPEN = "open"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"


class PaymentLine(Record):
    """What one part of a payment is for.

    Args:
        reference: the opaque thing paid for; whoever asked for the payment knows what it means.
        event_id: the event it is income of.
        amount: in pence.
    """

    reference: ThingId
    event_id: ThingId
    amount: Amount


class Checkout(Record):
    """One attempt at paying on Stripe's page.

    Args:
        attempt: counts from 1; part of the idempotency key, so that a new price is a new attempt.
        expires_at: when Stripe closes the page; chosen before Stripe is asked, so that a retry asks the same.
        return_url: where Stripe sends the payer back to; kept for the same reason.
        session_id: Stripe's Checkout Session, once known.
        url: where the payer pays, once known.
    """

    attempt: Count
    expires_at: Instant
    return_url: Annotated[str, MONEY]
    session_id: StripeId | None = None
    url: Annotated[str, MONEY] | None = None


class Payment(Record):
    """Money asked of one payer, in one go, for one or several lines.

    Args:
        id: ours, opaque.
        payer_id: the contact who pays.
        payer_alias: the payer's name in the ledger, once there is money.
        lines: what it is for.
        amount: the sum of the lines.
        state: where it stands.
        checkout: the present attempt, if one was opened.
        payment_intent_id: Stripe's, once paid.
        charge_id: Stripe's, once paid.
        refunded: how much went back.
        created_at: when it was asked for, UTC.
        paid_at: when we saw it paid, UTC.
        version: rises with every change.
    """

    id: ThingId
    payer_id: PersonId
    payer_alias: Alias | None = None
    lines: tuple[PaymentLine, ...]
    amount: Amount
    state: Annotated[PaymentState, MONEY]
    checkout: Checkout | None = None
    payment_intent_id: StripeId | None = None
    charge_id: StripeId | None = None
    refunded: Amount
    created_at: Instant
    paid_at: PaidAt | None = None
    version: Count = 1


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
        reference: the line it gives back.
        amount: in pence.
        state: asked or made.
        stripe_id: Stripe's refund, once made.
        asked_at: when, UTC.
    """

    id: ThingId
    idempotency_key: Annotated[str, MONEY]
    payment_id: ThingId
    reference: ThingId
    amount: Amount
    state: Annotated[RefundState, MONEY]
    stripe_id: StripeId | None = None
    asked_at: Instant


class StripeAccount(Record):
    """A school's own account at Stripe (Connect, direct charges).

    Args:
        school_id: whose.
        account_id: Stripe's ``acct_…``.
        charges_enabled: whether it can take money yet, as Stripe last said.
        created_at: when it was connected, UTC.
    """

    school_id: SchoolId
    account_id: StripeId
    charges_enabled: Flag
    created_at: Instant


class CheckoutStatus(StrEnum):
    """What Stripe says of a Checkout Session."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class CheckoutSnapshot(Record):
    """What Stripe says of a Checkout Session right now, fetched and not taken from a message (PAYMENTS.md 3).

    Args:
        session_id: Stripe's ``cs_…``.
        url: where the payer pays; gone once it is not open.
        status: open, complete or expired.
        paid: whether the money is there.
        amount: what was or would be paid, in the currency's minor unit.
        currency: Stripe's, lower case.
        payment_id: ours, from the metadata.
        payment_intent_id: Stripe's, once there is one.
        charge_id: Stripe's, once paid.
        fee: what Stripe keeps, in pence; known once paid.
        balance_transaction_id: Stripe's entry of the charge, once paid.
    """

    session_id: StripeId
    url: Annotated[str, MONEY] | None
    status: Annotated[CheckoutStatus, MONEY]
    paid: Flag
    amount: Annotated[int, MONEY]
    currency: Annotated[str, MONEY]
    payment_id: ThingId | None
    payment_intent_id: StripeId | None = None
    charge_id: StripeId | None = None
    fee: Annotated[int, MONEY] = 0
    balance_transaction_id: StripeId | None = None
