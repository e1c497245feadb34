"""What the caller's own routes take and give."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from school_events.bookings.api import BookingView
from school_events.bookings.waiting.api import FamilyTurnView
from school_events.core.consequences import TellingKind
from school_events.core.context import Role
from school_events.core.http import ApiModel
from school_events.core.ids import OpaqueId
from school_events.events.api import BookingWindowBody, SessionView
from school_events.events.charging.api import ChildCost
from school_events.events.forms.api import ShownForm
from school_events.events.model import EventKind, EventStatus, PlacesFor, StaffRole
from school_events.invitations.model import InvitationState
from school_events.notifications.model import Platform
from school_events.payments.api import PaymentView
from school_events.people.model import Pupil

MOST_ENTRIES_AT_ONCE = 100
PAGE_SIZE = 50

Thing = Literal["child", "invitation", "booking", "payment", "inbox_entry", "event", "waiting"]
What = Literal["created", "changed", "removed"]
DeviceToken = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^\S+$", strict=True)]


class Shown(ApiModel):
    """Made from what is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class ChildView(ApiModel):
    """A child of the caller's."""

    id: str
    first_name: str
    last_name: str
    year_group: str | None
    registration_group: str | None
    state: Literal["current", "left"]


def child_view(pupil: Pupil, day: date) -> ChildView:
    """A child as their family sees them on a local day; one whose last day is still to come is current."""
    return ChildView(
        id=pupil.id,
        first_name=pupil.first_name,
        last_name=pupil.last_name,
        year_group=pupil.year_group,
        registration_group=pupil.registration_group,
        state="current" if pupil.is_on_roll(day) else "left",
    )


class MembershipView(ApiModel):
    """What the caller is in one school."""

    school_id: str
    school_name: str
    person_id: str
    kind: Literal["contact", "staff"]
    name: str = Field(description="The caller's own, as the school has it")
    roles: list[Role]
    access: Literal["open", "second_factor_needed"] = Field(
        description="A school may ask for a second factor; until then nothing more is shown of it"
    )
    children: list[ChildView]


class Me(ApiModel):
    """Who the caller is."""

    memberships: list[MembershipView]


class FamilyEvent(Shown):
    """An event, as a family that is invited to it sees it."""

    id: str
    kind: EventKind
    status: EventStatus
    title: str
    description: str
    location: str
    starts_on: date
    ends_on: date
    time_zone: str
    places: PlacesFor = Field(description="What is booked: all of the event, or single sessions of it")
    booking_window: BookingWindowBody = Field(validation_alias="window", description="Book before `closes_at`")
    cancellation_policy: str = Field(default="", description="What a family that cancels gets back, in words")
    form: ShownForm


class FamilyInvitationView(ApiModel):
    """A child's invitation, and how the child's place stands, whoever of the parents booked it."""

    id: str
    pupil_id: str
    state: InvitationState
    place: Literal["none", "held", "booked"]
    cost: ChildCost = Field(description="What the place costs this child, booked today")
    created_at: datetime
    event: FamilyEvent


class EventCard(Shown):
    """The little of an event that a list shows."""

    title: str
    location: str
    starts_on: date
    ends_on: date
    time_zone: str


class AppointmentCard(Shown):
    """When an appointment of a parents' evening is (UTC), and where, as long as the family has it."""

    starts_at: datetime
    ends_at: datetime
    room: str | None
    video_link: str | None


class FamilyBookingView(BookingView):
    """A booking of a child of the caller's, with what it is for."""

    event: EventCard | None
    session: SessionView | None = Field(default=None, description="The session it is for, if it is for one")
    appointment: AppointmentCard | None = Field(default=None, description="When and where it is, if it is one")


class EntryView(ApiModel):
    """Something the caller was told; the event's title is read with it."""

    id: str
    kind: TellingKind
    event_id: str
    event_title: str | None
    pupil_id: str | None
    thing: Literal["invitation", "booking", "payment", "event", "waiting"]
    thing_id: str
    others: list[str] = Field(description="More of the same kind: what was booked, or given up, together with it")
    created_at: datetime
    read_at: datetime | None


class ReadEntries(ApiModel):
    """Which entries were read: these, or one and everything older."""

    ids: list[OpaqueId] | None = Field(default=None, min_length=1, max_length=MOST_ENTRIES_AT_ONCE)
    up_to: OpaqueId | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "ReadEntries":
        if (self.ids is None) == (self.up_to is None):
            raise ValueError("send either ids or up_to")
        return self


class EntriesRead(ApiModel):
    """How many entries are read that were not before; ``more`` is true if there are older unread ones: ask again."""

    marked: int
    more: bool


class DeviceBody(ApiModel):
    """Where to push to."""

    platform: Platform
    token: DeviceToken = Field(description="What the platform's push service calls the app on this device")


class DeviceView(ApiModel):
    """A registered device."""

    id: str
    platform: Platform
    pushes: bool = Field(description="False where no push service is set up")


class DeviceRemoved(ApiModel):
    """Nothing is pushed to the device any more."""

    id: str


class StaffEvent(Shown):
    """An event the caller works at; when, is in their timetable."""

    id: str
    kind: EventKind
    status: EventStatus
    version: int
    title: str
    location: str
    starts_on: date
    ends_on: date
    time_zone: str
    archived: bool
    role: StaffRole


Content = ChildView | FamilyInvitationView | FamilyBookingView | FamilyTurnView | PaymentView | EntryView | StaffEvent


class ChangeView(ApiModel):
    """A thing as it now is; ``removed`` has no content, and a removed child takes along all that names its id."""

    thing: Thing
    id: str
    what: What
    content: Content | None


class Refresh(ApiModel):
    """What changed since the cursor.

    With ``start_over`` the cursor was missing or too old: forget what you have, this is everything there is.
    """

    start_over: bool
    changes: list[ChangeView]
    cursor: str = Field(description="Send it with the next refresh")
    more: bool = Field(description="There is more: refresh again at once with this cursor")
