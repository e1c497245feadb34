# Generated from events_schemas/portal/PupilChanged.v1.json by local.schemas: do not edit.

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field
from school_events.messages.base import Message


class Sen(Message):
    """
    Special educational needs provision (DfE school census codes).
    """

    status: Literal["N", "K", "E"]
    """
    N no special educational need, K SEN support, E education, health and care plan.
    """
    starts_on: date | None = None
    """
    First day of this status, where known.
    """


class Eligibility(Message):
    """
    Whether something applies, and from when to when.
    """

    eligible: bool
    """
    True while it applies.
    """
    starts_on: date | None = None
    """
    First day, where known.
    """
    ends_on: date | None = None
    """
    Last day, included; null while it is open.
    """


class Characteristics(Message):
    """
    What decides support and charges. A category the school does not authorise is left out.
    """

    sen: Sen | None = None
    free_school_meals: Eligibility | None = None
    fsm_ever6: Eligibility | None = None
    pupil_premium: Eligibility | None = None


class Pupil(Message):
    """
    The pupil as they are now.
    """

    id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The Portal's identifier of the pupil at this school.
    """
    legal_first_name: Annotated[str | None, Field(max_length=200, min_length=1)] = None
    """
    Legal first name, only where it differs from the name in use.
    """
    first_name: Annotated[str, Field(max_length=200, min_length=1)]
    """
    First name the pupil is known by.
    """
    last_name: Annotated[str, Field(max_length=200, min_length=1)]
    """
    Last name the pupil is known by.
    """
    year_group: Annotated[str, Field(max_length=40, min_length=1)]
    """
    National Curriculum year as the MIS writes it: Year 7, 7, R, Reception.
    """
    registration_group: Annotated[str | None, Field(max_length=40, min_length=1)] = None
    """
    Form or class the pupil registers in, for example 7B; null while there is none.
    """
    characteristics: Characteristics | None = None


class PupilChanged(Message):
    """
    A pupil joined, came back or changed, complete: what is left out has no value.
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
    Counts the states of the pupil, whatever the type of the message: starts at 1 and rises with every change, never falls and is never used twice.
    """
    pupil: Pupil
    """
    The pupil as they are now.
    """
