# Generated from events_schemas/school_events/PupilAnonymised.v1.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field
from school_events.messages.base import Message


class PupilAnonymised(Message):
    """
    A pupil whose time here is over has been forgotten: what is left of their bookings and payments names nobody. Consumers forget them too.
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
    Counts the states of the pupil here: rises with every change, never falls and is never used twice. Not the Portal's version.
    """
    pupil_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The pupil: the Portal's identifier. It may come back as a new person.
    """
    anonymised_at: AwareDatetime
    """
    When the pupil was removed here; their traces follow within minutes. RFC 3339, in UTC, ending in Z.
    """
