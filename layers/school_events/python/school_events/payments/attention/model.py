"""What somebody of the school has to look at."""

from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import Instant, Record, State, ThingId
from school_events.payments.model import MONEY


class AttentionKind(StrEnum):
    """Why a person has to look."""

    QUARANTINED = "quarantined"
    OVERDUE = "overdue"
    DISPUTE = "dispute"
    DISPUTE_LOST = "dispute_lost"
    ACCOUNT_DISCONNECTED = "account_disconnected"
    ACCOUNT_RESTRICTED = "account_restricted"
    REFUND_FAILED = "refund_failed"
    REFUND_STUCK = "refund_stuck"
    TO_PAY_OUT = "to_pay_out"
    PAYOUT_FAILED = "payout_failed"
    DIFFERENCE = "difference"


class Attention(Record):
    """Something about money that no program may decide.

    Args:
        kind: why.
        thing: what it is about: ``payment``, ``refund``, ``dispute``, ``account``, ``payout``, ``difference``.
        thing_id: which.
        payment_id: the payment it concerns, if it is one's.
        raised_at: since when, UTC.
        settled_at: when it was over, UTC.
    """

    kind: Annotated[AttentionKind, MONEY]
    thing: State
    thing_id: ThingId
    payment_id: ThingId | None = None
    raised_at: Instant
    settled_at: Instant | None = None
