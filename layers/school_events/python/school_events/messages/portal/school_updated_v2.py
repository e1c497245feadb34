# Generated from events_schemas/portal/SchoolUpdated.v2.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field
from school_events.messages.base import Message


class School(Message):
    """
    The school as it is now.
    """

    name: Annotated[str, Field(max_length=200, min_length=1)]
    """
    The school's name as its families know it.
    """
    time_zone: Annotated[str, Field(max_length=64, min_length=1)]
    """
    IANA name of the zone the school's clocks show, for example Europe/London.
    """
    nation: Literal["ENG", "WLS", "SCT", "NIR"]
    """
    Nation whose bank holidays apply: England, Wales, Scotland or Northern Ireland (ISO 3166-2:GB without the GB-).
    """
    academic_year_start: Annotated[str | None, Field(pattern="^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")] = None
    """
    Month and day on which the academic year starts, MM-DD. Left out: 09-01.
    """
    authorised_categories: list[Literal["pupil_name", "year_group", "registration_group", "sen", "free_school_meals", "pupil_premium", "contact_name", "contact_details", "relationship", "staff", "teaching_groups"]]
    """
    The categories of data the school lets School Events hold. What is not listed is refused at the door, and purged where it is already held.
    """
    parents_mfa_exempt: bool
    """
    True when the school lets its parents sign in without a second factor.
    """


class SchoolUpdatedV2(Message):
    """
    A school's name or settings, complete: what is left out has no value. Version 2 knows the category teaching_groups.
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
    Counts the states of the school: starts at 1 and rises with every change, never falls and is never used twice.
    """
    school: School
    """
    The school as it is now.
    """
