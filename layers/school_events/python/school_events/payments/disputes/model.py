"""What a dispute is, and what Stripe says of one."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import Amount, Count, Instant, Record, State, ThingId
from school_events.core.money import NOTHING
from school_events.payments.model import MONEY, StripeId

_When = Annotated[datetime, MONEY]


class DisputeState(StrEnum):
    """Where a dispute stands.

    ::

        inquiry → closed            the bank only asked
        inquiry → open → won | lost
        won ⇄ lost                  banks do think again
    """

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


class DisputeMovement(Record):
    """Money a dispute moved: a balance transaction of Stripe.

    Args:
        id: Stripe's ``txn_…``.
        amount: in pence; below zero when it was taken from the school.
        fee: what Stripe took besides, in pence; below zero when it gave a fee back.
    """

    id: StripeId
    amount: Annotated[int, MONEY]
    fee: Annotated[int, MONEY]


class LostPart(Record):
    """What a line of the payment bears of money that was lost.

    Args:
        line: the line's key; empty for money that is of none of them.
        amount: above zero.
    """

    line: Annotated[str, MONEY]
    amount: Amount


class DisputeSnapshot(Record):
    """What Stripe says of a dispute right now, fetched and not taken from a message (PAYMENTS.md 3).

    Args:
        id: Stripe's ``du_…``.
        charge_id: what is disputed.
        payment_id: ours, from the charge's metadata; none of a charge that is not ours.
        amount: what is disputed.
        reason: in Stripe's word.
        state: where it stands.
        respond_by: until when the school may answer the bank, UTC.
        movements: what it moved so far.
    """

    id: StripeId
    charge_id: StripeId
    payment_id: ThingId | None
    amount: Amount
    reason: State
    state: Annotated[DisputeState, MONEY]
    respond_by: _When | None
    movements: tuple[DisputeMovement, ...]


class Dispute(Record):
    """A dispute of a payment, as we know it.

    Args:
        id: Stripe's.
        account_id: the school's account at Stripe it is on.
        charge_id: what is disputed.
        payment_id: the payment that charge was for.
        amount: what is disputed.
        reason: in Stripe's word.
        state: where it stands.
        respond_by: until when the school may answer the bank, UTC.
        entered: the movements that are in the ledger.
        lost: how much of the payment the bank took back for good: what was taken and did not come back.
        parts: who bears it; what is lost no more goes back to them, whatever has become of the payment since.
        opened_at: when we first heard of it, UTC.
        decided_at: when we heard that it is decided, UTC.
        version: rises with every change.
    """

    id: StripeId
    account_id: StripeId
    charge_id: StripeId
    payment_id: ThingId
    amount: Amount
    reason: State
    state: Annotated[DisputeState, MONEY]
    respond_by: _When | None = None
    entered: tuple[StripeId, ...] = ()
    lost: Amount = NOTHING
    parts: tuple[LostPart, ...] = ()
    opened_at: Instant
    decided_at: _When | None = None
    version: Count = 1
