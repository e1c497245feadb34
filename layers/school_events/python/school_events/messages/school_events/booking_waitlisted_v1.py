# Generated from events_schemas/school_events/BookingWaitlisted.v1.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field, RootModel
from school_events.messages.base import Message


class PupilId(RootModel[str]):
    root: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    A pupil: the Portal's identifier.
    """


class BookingWaitlisted(Message):
    """
    A family waits for places of an event that is full.
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
    Counts the states of the turn: starts at 1 and rises with every change, never falls and is never used twice.
    """
    waiting_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The turn on the waiting list.
    """
    event_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The club, trip or parents' evening.
    """
    pupil_ids: Annotated[list[PupilId], Field(max_length=10, min_length=1)]
    """
    Who waits: one pupil, or several who come together or not at all.
    """
    joined_at: AwareDatetime
    """
    When they joined the waiting list. RFC 3339, in UTC, ending in Z.
    """
