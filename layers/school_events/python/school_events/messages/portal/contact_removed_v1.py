# Generated from events_schemas/portal/ContactRemoved.v1.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field
from school_events.messages.base import Message


class ContactRemoved(Message):
    """
    A contact is no longer held at the source.
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
    Counts the states of the contact, whatever the type of the message: starts at 1 and rises with every change, never falls and is never used twice.
    """
    contact_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The contact who is gone.
    """
    merged_into: Annotated[str | None, Field(pattern="^[A-Za-z0-9_-]{1,64}$")] = None
    """
    Where two records turned out to be one person: the contact who takes over.
    """
