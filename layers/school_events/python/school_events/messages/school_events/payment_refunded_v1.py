# Generated from events_schemas/school_events/PaymentRefunded.v1.json by local.schemas: do not edit.

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


class PaymentRefunded(Message):
    """
    Money of a payment went back to who paid, or came back to the school because the payer's bank would not take it.
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
    Counts the states of the payment: starts at 1 and rises with every change, never falls and is never used twice.
    """
    payment_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The payment.
    """
    state: Literal["paid", "part_refunded", "refunded", "late_refunding"]
    """
    By what has gone back so far: nothing, a part, all of it; late_refunding while the rest of what came too late is on its way.
    """
    total: Money
    refunded: Money
