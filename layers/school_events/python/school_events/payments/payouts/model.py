"""What a payout is, and what it is made of."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import Amount, Count, Flag, Instant, Record, State, ThingId
from school_events.payments.ledger.model import LedgerKind
from school_events.payments.model import MONEY, StripeId

_Pence = Annotated[int, MONEY]
_OnDay = Annotated[date, MONEY]


class PayoutState(StrEnum):
    """Where a payout stands, in Stripe's words (https://docs.stripe.com/api/payouts/object).

    ::

        pending → in_transit → paid → failed
        pending → canceled
    """

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"


class PayoutSnapshot(Record):
    """What Stripe says of a payout right now, fetched and not taken from a message (PAYMENTS.md 3).

    Args:
        id: Stripe's ``po_…``.
        amount: in pence.
        state: where it stands.
        created_at: when it left the balance, UTC.
        arrives_on: the day the bank has it, as Stripe expects.
        failure: why it failed, in Stripe's word.
        itemised: whether Stripe has worked out what it is made of; never of one that somebody made by hand.
    """

    id: StripeId
    amount: Amount
    state: Annotated[PayoutState, MONEY]
    created_at: Instant
    arrives_on: _OnDay
    failure: State | None = None
    itemised: Flag


class PayoutShare(Record):
    """What one event's money of one kind comes to.

    Args:
        event_id: whose income it is; none of fees, and of what is not School Events'.
        kind: why it moved; none if the ledger cannot say.
        pence: below zero when it was taken off.
    """

    event_id: ThingId | None = None
    kind: Annotated[LedgerKind, MONEY] | None = None
    pence: _Pence


class Payout(Record):
    """What left a school's balance at Stripe for its bank in one go.

    Args:
        id: Stripe's ``po_…``.
        account_id: the school's account at Stripe.
        amount: in pence.
        state: where it stands.
        created_at: when it left the balance, UTC.
        arrives_on: the day the bank has it, as Stripe expects.
        failure: why it failed, in Stripe's word.
        itemised: whether its lines are written down.
        shares: what it is made of by event and kind, once itemised; together its amount.
        version: rises with every change.
    """

    id: StripeId
    account_id: StripeId
    amount: Amount
    state: Annotated[PayoutState, MONEY]
    created_at: Instant
    arrives_on: _OnDay
    failure: State | None = None
    itemised: Flag = False
    shares: tuple[PayoutShare, ...] = ()
    version: Count = 1


class PayoutLine(Record):
    """One movement of the balance that a payout paid out.

    Args:
        transaction_id: Stripe's ``txn_…``.
        source: the charge, refund or dispute it moved for.
        moved_at: when, UTC.
        payment_id: the payment it belongs to, if it is one of ours.
        pence: what it did to the balance, fees taken off.
        parts: what of it is whose.
    """

    transaction_id: StripeId
    source: StripeId
    moved_at: Instant
    payment_id: ThingId | None = None
    pence: _Pence
    parts: tuple[PayoutShare, ...]
