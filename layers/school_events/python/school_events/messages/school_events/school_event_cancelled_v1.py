# Generated from events_schemas/school_events/SchoolEventCancelled.v1.json by local.schemas: do not edit.

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field
from school_events.messages.base import Message


class SchoolEventCancelled(Message):
    """
    An event does not take place: its bookings end, and what was paid for it goes back.
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
    Counts the states of the event: starts at 1 and rises with every change, never falls and is never used twice.
    """
    event_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The club, trip or parents' evening.
    """
    kind: Literal["club", "trip", "parents_evening"]
    """
    What kind of event it is.
    """
    starts_on: date
    """
    First day it would have had, in the school's zone.
    """
    ends_on: date
    """
    Last day it would have had, in the school's zone.
    """
