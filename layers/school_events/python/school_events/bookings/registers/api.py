"""What the routes of registers take and give."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from school_events.bookings.api import ListedChild
from school_events.bookings.registers.model import MarkState
from school_events.core.http import ApiModel, WholeNumber
from school_events.core.ids import OpaqueId, PortalId
from school_events.events.bodies import Body, Instant
from school_events.people.model import Relationship

MOST_AT_ONCE = 100
"""So many marks come in one request; an app that was offline for longer sends several."""

Outcome = Literal["kept", "not_expected", "may_not_collect", "refused"]


class MarkBody(ApiModel):
    """What a member of staff said of a child, on a device that may have been offline."""

    id: OpaqueId = Field(description="Made by the device; sent again, it is the same mark")
    pupil_id: PortalId
    state: MarkState
    at: Instant = Field(description="When, by the device's clock")
    minutes_late: WholeNumber | None = Field(default=None, ge=1, le=600)
    collected_by: PortalId | None = Field(default=None, description="The contact who takes the child away")
    replaces: OpaqueId | None = Field(
        default=None, description="The mark that the device showed, which this one knowingly puts right"
    )


class RegisterMarks(ApiModel):
    """Marks of a session's register, in any order, new ones and ones that were sent before."""

    marks: list[MarkBody] = Field(min_length=1, max_length=MOST_AT_ONCE)


class MarkView(Body):
    """A mark as it is kept."""

    id: str
    state: MarkState
    at: datetime
    minutes_late: int | None
    collected_by: str | None = Field(description="The contact, or who has taken over from them since")
    marked_by: str = Field(description="The member of staff")
    received_at: datetime


class MarkedChild(ApiModel):
    """What the register says of a child."""

    pupil_id: str
    mark: MarkView | None = Field(description="What was said last; null as long as nothing was")
    contradicted_by: list[MarkView] = Field(
        description="What others said otherwise and nobody has put right, earliest first"
    )
    family_alarmed: bool = Field(description="Whether the last thing the family was told is that the child is absent")


class MarkResult(ApiModel):
    """What became of a mark.

    `kept`: it is in the register, now or since it was sent before. `not_expected`: the child has no place at this
    session; once the school has booked one, the same mark is taken. `may_not_collect`: the contact has no right to
    take the child away; it is noted that somebody tried. `refused`: see `field`.
    """

    id: str
    pupil_id: str
    outcome: Outcome
    field: str | None = Field(default=None, description="What of the mark is to blame")
    message: str | None = None


class MarkedRegister(ApiModel):
    """What became of each mark, in the order sent, and what the register now says of the children named."""

    results: list[MarkResult]
    children: list[MarkedChild]


class ExpectedChild(MarkedChild, ListedChild):
    """A child on a register, as staff see it."""

    booking_id: str
    over_capacity: bool = Field(description="The school made this place beyond the capacity")
    consent_outdated: bool = Field(description="What the family agreed to has changed since")
    consent_withdrawn: bool = Field(description="A parent withholds a consent that is required, or has taken one back")


class Register(ApiModel):
    """The register of a session; its `ETag` changes with anything in it."""

    event_id: str
    session_id: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    expected: list[ExpectedChild] = Field(description="Who has a place, by name; nobody, if the session is cancelled")
    no_longer_expected: list[ExpectedChild] = Field(description="Who was marked and has lost the place since")


class Collector(ApiModel):
    """Somebody who may take a child away."""

    contact_id: str
    name: str = Field(description="Empty where the school withholds it")
    relationship: Relationship | None


class Collectors(ApiModel):
    """Who may take a child away now: the contacts whose link is open."""

    pupil_id: str
    may_collect: list[Collector]
