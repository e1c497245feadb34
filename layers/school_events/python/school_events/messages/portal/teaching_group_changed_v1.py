# Generated from events_schemas/portal/TeachingGroupChanged.v1.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field, RootModel
from school_events.messages.base import Message


class StaffId(RootModel[str]):
    root: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]


class PupilId(RootModel[str]):
    root: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]


class TeachingGroup(Message):
    """
    The teaching group as it is now.
    """

    id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The Portal's identifier of the teaching group at this school; a group of the next academic year is another one.
    """
    name: Annotated[str, Field(max_length=100, min_length=1)]
    """
    What the school calls it, for example 8x/Ma1.
    """
    subject: Annotated[str | None, Field(max_length=100, min_length=1)] = None
    """
    What it is taught, for example Mathematics.
    """
    year_group: Annotated[str | None, Field(max_length=40, min_length=1)] = None
    """
    The pupils' year group where it is one and the same, as the MIS writes it, for example Year 8.
    """
    staff_ids: Annotated[list[StaffId], Field(max_length=50)]
    """
    The members of staff who teach it. Empty: nobody does at the moment.
    """
    pupil_ids: Annotated[list[PupilId], Field(max_length=500)]
    """
    The pupils in it. They may arrive before or after it.
    """


class TeachingGroupChanged(Message):
    """
    A teaching group is new or changed, complete: what is left out has no value, and who is left out is not in it.
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
    teaching_group: TeachingGroup
    """
    The teaching group as it is now.
    """
