"""What the routes of a parents' evening's slots take and give."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from school_events.core.http import ApiModel, WholeNumber
from school_events.core.ids import PortalId
from school_events.events.bodies import Body, WallClockTime
from school_events.events.evenings.model import Reason
from school_events.people.model import YearGroup

_FEW = Field(max_length=20)


def _https(link: str) -> str:
    if not _is_https(link):
        raise ValueError("must be a link that begins with https://")
    return link


def _is_https(link: str) -> bool:
    try:
        parts = urlsplit(link)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        # What is wrong with it would be said with part of it.
        return False


Room = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
VideoLink = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,500}$"), AfterValidator(_https)]
SlotId = Annotated[str, StringConstraints(pattern=r"^slot_1[0-9]{7}$")]
GroupName = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class SpanBody(Body):
    """From one time to another of the evening, by the school's clocks."""

    starts_at: WallClockTime
    ends_at: WallClockTime


class WhoComesBody(Body):
    """Whose families come to a desk."""

    teaching_groups: Annotated[list[PortalId], Field(max_length=50)] = Field(default_factory=list)
    registration_groups: Annotated[list[GroupName], Field(max_length=50)] = Field(default_factory=list)
    year_groups: Annotated[list[YearGroup], Field(max_length=20)] = Field(default_factory=list)


class DeskBody(Body):
    """Where families meet a teacher, or several together."""

    staff_ids: Annotated[list[PortalId], Field(min_length=1, max_length=4, description="Several sit together")]
    available: Annotated[list[SpanBody], _FEW] = Field(
        default_factory=list, description="The whole evening unless told"
    )
    unavailable: Annotated[list[SpanBody], _FEW] = Field(default_factory=list)
    room: Room | None = Field(default=None, description="Shown to those who come; one desk at a time")
    video_link: VideoLink | None = Field(default=None, description="Shown to those who come")
    meets: WhoComesBody | None = Field(
        default=None, description="Unless told, the classes that the Portal says they (all) teach"
    )


class SlotPlanBody(Body):
    """How the slots of an evening are made; those that nobody has are made anew."""

    appointment_minutes: Annotated[WholeNumber, Field(ge=2, le=60)]
    buffer_minutes: Annotated[WholeNumber, Field(ge=0, le=30, description="Between two of a teacher")] = 0
    breaks: Annotated[list[SpanBody], _FEW] = Field(default_factory=list, description="For everybody")
    most_per_family: Annotated[WholeNumber, Field(ge=1, le=50)] | None = None
    desks: Annotated[list[DeskBody], Field(min_length=1, max_length=120)]


class PlannedDesk(ApiModel):
    """A desk with how many appointments it has."""

    number: int
    staff_ids: list[str]
    slots: int


class KeptSlotView(ApiModel):
    """A slot that somebody has, and that is therefore not where the plan would put it."""

    slot_id: str
    staff_ids: list[str]
    starts_at: datetime
    ends_at: datetime
    reason: Reason


class PlannedSlots(ApiModel):
    """What follows from a slot plan. An event's ``ETag`` is its version."""

    event_version: int
    capacity: int = Field(description="How many slots the plan alone makes")
    desks: list[PlannedDesk]
    kept: list[KeptSlotView] = Field(description="Booked slots that stay as they are: decide what to do about them")


class SlotStaff(ApiModel):
    """Somebody at a desk; without a name if the Portal has removed them."""

    staff_id: str
    name: str


class SlotView(ApiModel):
    """An appointment, UTC. Room and link are for those who come and for staff."""

    id: str
    starts_at: datetime
    ends_at: datetime
    state: Literal["free", "taken", "mine"]
    booking_id: str | None = Field(default=None, description="One's own; staff see everybody's")
    pupil_id: str | None = Field(default=None, description="For which child it is mine")
    room: str | None = None
    video_link: str | None = None


class DeskView(ApiModel):
    """A desk with its slots, earliest first."""

    number: int
    staff: list[SlotStaff]
    slots: list[SlotView]


class ChoiceView(ApiModel):
    """A family may meet one of these desks for a child."""

    pupil_id: str
    desks: list[int]
    groups: list[str]


class Slots(ApiModel):
    """The grid of an evening, as far as it is the caller's business."""

    event_version: int
    most_per_family: int | None
    choices: list[ChoiceView] = Field(description="For parents: whom to meet about which child")
    desks: list[DeskView]
    plan: SlotPlanBody | None = Field(description="For administrators")
