# Generated from events_schemas/portal/LinkChanged.v1.json by local.schemas: do not edit.

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field
from school_events.messages.base import Message


class Link(Message):
    """
    The link as it is now.
    """

    contact_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The parent or guardian.
    """
    pupil_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The child.
    """
    relationship: Annotated[str, Field(max_length=64, min_length=1)]
    """
    What the contact is to the pupil, in the words or the code of the MIS: Mother, Step Father, Grandparent.
    """
    priority: Annotated[int | None, Field(ge=1, le=99)] = None
    """
    Order in which contacts are rung: 1 comes first. Two contacts may share one.
    """
    parental_responsibility: bool | None = None
    """
    True or false where the school knows; null or left out: unknown, which is not a no.
    """
    restricted: bool
    """
    True when a court order or the school forbids the contact any access to the child. Always sent: nobody gets in because a field was forgotten.
    """
    ends_on: date | None = None
    """
    Last day of the link, included; null while it is open.
    """


class LinkChanged(Message):
    """
    How a contact and a pupil belong together, complete: what is left out has no value.
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
    Counts the states of the link between the two, whatever the type of the message: starts at 1 and rises with every change, never falls and is never used twice.
    """
    link: Link
    """
    The link as it is now.
    """
