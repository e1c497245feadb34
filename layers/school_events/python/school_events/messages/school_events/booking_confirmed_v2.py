# Generated from events_schemas/school_events/BookingConfirmed.v2.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field
from school_events.messages.base import Message


class BookingConfirmedV2(Message):
    """
    A booking is confirmed: the place is the child's. Like version 1, but without the price: what one child's place costs can tell that the family's charge is remitted.
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
    Counts the states of the booking: starts at 1 and rises with every change, never falls and is never used twice.
    """
    booking_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The booking.
    """
    event_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The club, trip or parents' evening.
    """
    pupil_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The pupil: the Portal's identifier.
    """
    confirmed_at: AwareDatetime
    """
    When the place became the child's. RFC 3339, in UTC, ending in Z.
    """
