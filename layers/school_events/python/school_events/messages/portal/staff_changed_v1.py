# Generated from events_schemas/portal/StaffChanged.v1.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field
from school_events.messages.base import Message


class Staff(Message):
    """
    The member of staff as they are now.
    """

    id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The Portal's identifier of the member of staff at this school.
    """
    first_name: Annotated[str, Field(max_length=200, min_length=1)]
    """
    First name they are known by at work.
    """
    last_name: Annotated[str, Field(max_length=200, min_length=1)]
    """
    Last name they are known by at work.
    """
    email: Annotated[str, Field(max_length=254, min_length=1)]
    """
    Work e-mail address.
    """
    role: Annotated[str, Field(max_length=100, min_length=1)]
    """
    Job title as the MIS writes it, for example Head of Year 8.
    """
    app_roles: list[Literal["school_admin", "finance", "staff"]] | None = None
    """
    What they may do in School Events. Null, left out or empty: nothing.
    """


class StaffChanged(Message):
    """
    A member of staff is new or changed, complete: what is left out has no value.
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
    Counts the states of the member of staff, whatever the type of the message: starts at 1 and rises with every change, never falls and is never used twice.
    """
    staff: Staff
    """
    The member of staff as they are now.
    """
