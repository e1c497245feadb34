# Generated from events_schemas/portal/TeachingGroupRemoved.v1.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field
from school_events.messages.base import Message


class TeachingGroupRemoved(Message):
    """
    A teaching group is taught no more, or was a mistake.
    """

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
    Counts the states of the teaching group, whatever the type of the message: starts at 1 and rises with every change, never falls and is never used twice.
    """
    teaching_group_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The teaching group that is gone.
    """
