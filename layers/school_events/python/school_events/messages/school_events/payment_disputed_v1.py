# Generated from events_schemas/school_events/PaymentDisputed.v1.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field
from school_events.messages.base import Message


class Money(Message):
    """
    An amount of money.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    amount: Annotated[int, Field(ge=0, le=9007199254740991)]
    """
    In the smallest unit of the currency: pence.
    """
    currency: Literal["gbp"]
    """
    ISO 4217 code in small letters.
    """


class PaymentDisputed(Message):
    """
    The payer's bank asks about a payment or takes it back, or has decided.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    school_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The school the message is about: the Portal's identifier of it.
    """
    message_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    Identifies this message for ever: a message sent again keeps its message_id.
    """
    occurred_at: AwareDatetime
    """
    When it happened, not when it was sent: RFC 3339, in UTC, ending in Z.
    """
    version: Annotated[int, Field(ge=1, le=9007199254740991)]
    """
    Counts the states of the dispute: starts at 1 and rises with every change, never falls and is never used twice.
    """
    payment_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The payment.
    """
    dispute_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The dispute, as Stripe names it.
    """
    state: Literal["inquiry", "open", "won", "lost", "closed"]
    """
    An inquiry takes no money and is closed without any; an open dispute has taken it until it is won or lost.
    """
    amount: Money
    respond_by: AwareDatetime | None = None
    """
    Until when the school may answer the bank, while it may: RFC 3339, in UTC, ending in Z.
    """
