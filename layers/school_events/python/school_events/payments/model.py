"""What a payment is: its lines, the attempts at paying it, and what Stripe says of one."""

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
    State,
    ThingId,
)
from school_events.core.money import NOTHING

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
        paid | part_refunded | refunded ⇄ disputed → lost     the payer's bank takes the money back
    """

    CREATED = "created"
    OPEN = "open"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"
    DISPUTED = "disputed"
    LOST = "lost"


class PaymentLine(Record):
    """What one part of a payment is for.

    Args:
        reference: the opaque thing paid for; whoever asked for the payment knows what it means.
        part: which part of the thing's price, if it is paid in several; empty for the first or only one.
        event_id: the event it is income of.
        amount: in pence.
        back: how much of it is to go back or went back: never more than its amount.
    """

    reference: ThingId
    part: State = ""
    event_id: ThingId
    amount: Amount
    back: Amount = NOTHING

    @property
    def key(self) -> str:
        """Names the line in its payment."""
        return f"{self.reference}#{self.part}" if self.part else self.reference


class Checkout(Record):
    """One attempt at paying on Stripe's page.

    Args:
        attempt: counts from 1; part of the idempotency key, so that a new price is a new attempt.
        account_id: the school's account at Stripe it is paid to; stays that of the attempt if the school changes it.
        amount: what the page asks, in pence.
        expires_at: when Stripe closes the page; chosen before Stripe is asked, so that a retry asks the same.
        return_url: where Stripe sends the payer back to; kept for the same reason.
        session_id: Stripe's Checkout Session, once known.
        url: where the payer pays, once known.
    """

    attempt: Count
    account_id: StripeId
    amount: Amount
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
        refunded: how much went back so far; what is only asked to is in the lines.
        disputes: the disputes at Stripe that keep the money until they are decided.
        lost: how much the payer's bank took back for good.
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
    disputes: tuple[StripeId, ...] = ()
    lost: Amount = NOTHING
    created_at: Instant
    paid_at: PaidAt | None = None
    version: Count = 1


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
