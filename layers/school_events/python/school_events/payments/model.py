"""What a payment is: its lines, the attempts at paying it, and what Stripe says of one."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import (
    Alias,
    Amount,
    Category,
    Count,
    Day,
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

        created → open → processing → paid → part_refunded → refunded
        open → created            its page was closed unpaid: it can be paid anew
        created | open → expired
        processing → failed       the bank did not pay a direct debit
        processing → created      … of a place that waits for the rest of its price anyway
        open → quarantined        amount or currency is not ours: a person decides
        expired | failed → paid   money that came late …
        paid → late_refunding     … for places that are gone, all of them: everything goes back
        quarantined → failed      the school gives back what was not asked for;
        quarantined → created     … if no place waits for it, it is owed as before
        created → merged          to be paid together with others, as another payment; or back again
        paid | part_refunded | refunded ⇄ disputed → lost     the payer's bank takes money back, all or a part
    """

    CREATED = "created"
    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    FAILED = "failed"
    LATE_REFUNDING = "late_refunding"
    QUARANTINED = "quarantined"
    MERGED = "merged"
    DISPUTED = "disputed"
    LOST = "lost"


class PaymentPurpose(StrEnum):
    """What a payment is asked for; only places wait for their payment."""

    PLACE = "place"
    INSTALMENT = "instalment"
    CONTRIBUTION = "contribution"


class PaymentLine(Record):
    """What one part of a payment is for.

    Args:
        reference: the opaque thing paid for; whoever asked for the payment knows what it means.
        part: which part of the thing's price, if it is paid in several; empty for the first or only one.
        event_id: the event it is income of.
        amount: in pence.
        back: how much of it is to go back or went back: never more than its amount.
        received: how much of it the school itself received, past Stripe; the rest is paid by card.
        lost: how much of it the payer's bank took back for good, be it that it went back already.
        over: what it is for ended before it was paid: money that still comes goes back.
    """

    reference: ThingId
    part: State = ""
    event_id: ThingId
    amount: Amount
    back: Amount = NOTHING
    received: Amount = NOTHING
    lost: Amount = NOTHING
    over: Flag = False

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
        direct_debit: whether the page takes Bacs Direct Debit besides cards.
        session_id: Stripe's Checkout Session, once known.
        url: where the payer pays, once known.
    """

    attempt: Count
    account_id: StripeId
    amount: Amount
    expires_at: Instant
    return_url: Annotated[str, MONEY]
    direct_debit: Flag = False
    session_id: StripeId | None = None
    url: Annotated[str, MONEY] | None = None


class Stray(Record):
    """Money that came for a payment and is not to be kept: paid twice, or not what was asked for (scenarios 11, 22).

    Args:
        charge_id: Stripe's charge.
        session_id: the Checkout Session it came through.
        account_id: the school's account it is on.
        amount: what reached the account, in pence.
        is_foreign: whether it came in another currency: it is given back in Stripe's dashboard.
    """

    charge_id: StripeId
    session_id: StripeId
    account_id: StripeId
    amount: Amount
    is_foreign: Flag = False


class Payment(Record):
    """Money asked of one payer, in one go, for one or several lines.

    Args:
        id: ours, opaque.
        payer_id: the contact who pays.
        payer_alias: the payer's name in the ledger, once there is money.
        purpose: what it is for, as a whole.
        lines: what it is for, one by one.
        amount: the sum of the lines.
        state: where it stands.
        checkout: the present attempt, if one was opened.
        earlier: attempts whose pages were closed; money may nevertheless turn out to have come through one.
        payment_intent_id: Stripe's, once paid.
        charge_id: Stripe's, once paid.
        refunded: how much went back so far; what is only asked to is in the lines.
        disputes: the disputes at Stripe that keep the money until they are decided.
        lost: how much the payer's bank took back for good.
        strays: money that came for it and is not to be kept.
        created_at: when it was asked for, UTC.
        paid_at: when we saw it paid, UTC.
        due_on: the local day it is to be paid by, of what is due later.
        look_at: when somebody is to be reminded, or a page that may have closed is to be looked at, UTC.
        told_at: when the payer was last reminded, UTC.
        ends_at: when what it is for ends if this stays unpaid, once the payer has been told so, UTC.
        merges: the payments that are paid together by this one.
        merged_into: the payment this one is, or is to be, paid with.
        version: rises with every change.
    """

    id: ThingId
    payer_id: PersonId
    payer_alias: Alias | None = None
    purpose: Annotated[PaymentPurpose, MONEY] = PaymentPurpose.PLACE
    lines: tuple[PaymentLine, ...]
    amount: Amount
    state: Annotated[PaymentState, MONEY]
    checkout: Checkout | None = None
    earlier: tuple[Checkout, ...] = ()
    payment_intent_id: StripeId | None = None
    charge_id: StripeId | None = None
    refunded: Amount
    disputes: tuple[StripeId, ...] = ()
    lost: Amount = NOTHING
    strays: tuple[Stray, ...] = ()
    created_at: Instant
    paid_at: PaidAt | None = None
    due_on: Day | None = None
    look_at: Instant | None = None
    told_at: Instant | None = None
    ends_at: Instant | None = None
    merges: tuple[ThingId, ...] = ()
    merged_into: ThingId | None = None
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
        on_its_way: whether the payer is done and the bank has yet to pay (a direct debit).
        amount: what was or would be paid, in the currency's minor unit.
        currency: Stripe's, lower case.
        payment_id: ours, from the metadata.
        payment_intent_id: Stripe's, once there is one.
        charge_id: Stripe's, once paid.
        received: what reached the school's balance before the fee, in pence; known a moment after it is paid.
        fee: what Stripe keeps, in pence; known then too.
        balance_transaction_id: Stripe's entry of the charge, once paid.
    """

    session_id: StripeId
    url: Annotated[str, MONEY] | None
    status: Annotated[CheckoutStatus, MONEY]
    paid: Flag
    on_its_way: Flag = False
    amount: Annotated[int, MONEY]
    currency: Annotated[str, MONEY]
    payment_id: ThingId | None
    payment_intent_id: StripeId | None = None
    charge_id: StripeId | None = None
    received: Annotated[int, MONEY] | None = None
    fee: Annotated[int, MONEY] = 0
    balance_transaction_id: StripeId | None = None
