# Generated from events_schemas/portal/ContactChanged.v1.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field
from school_events.messages.base import Message


class Contact(Message):
    """
    The contact as they are now.
    """

    id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The Portal's identifier of the contact at this school.
    """
    title: Annotated[str | None, Field(max_length=40, min_length=1)] = None
    """
    Mrs, Mr, Dr ...
    """
    first_name: Annotated[str | None, Field(max_length=200, min_length=1)] = None
    """
    First name; null where the MIS holds a title and a last name only.
    """
    last_name: Annotated[str, Field(max_length=200, min_length=1)]
    """
    Last name.
    """
    email: Annotated[str | None, Field(max_length=254, min_length=1)] = None
    """
    The e-mail address the contact reads first.
    """
    phone: Annotated[str | None, Field(max_length=40, min_length=1)] = None
    """
    The number to ring first, with or without spaces and country code.
    """


class ContactChanged(Message):
    """
    A parent or guardian is new or changed, complete: what is left out has no value. One message a person, however many children they have.
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
    contact: Contact
    """
    The contact as they are now.
    """
