"""What the routes of events take and give."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from school_events.core.http import ApiModel, LocalDate, WholeNumber, YesNo
from school_events.core.money import Money
from school_events.events.bodies import Body, Instant, WallClockMoment, WallClockTime
from school_events.events.charging.api import CancellationStepBody, ChargingBody, ChargingRuleView
from school_events.events.forms.api import FormBody, ShownForm
from school_events.events.model import EventKind, EventStatus, PlacesFor, SchoolEvent
from school_events.events.trips.api import ForStaffBody, ForStaffView, TripBody, TripView

_LEFT_OUT: Any = None
"""The default of what a change may leave out; a null that was sent is still refused."""

Listed = Literal[EventStatus, "archived"]
"""What a list may ask for: where events stand, or what is archived."""

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[str, Field(max_length=10_000)]
Location = Annotated[str, Field(max_length=300)]
Capacity = Annotated[WholeNumber, Field(ge=1, le=2000, description="How many places there are")]
Cancellation = Annotated[
    list[CancellationStepBody],
    Field(max_length=10, description="Until when who cancels gets how much back, earliest first; then nothing"),
]
OfferHours = Annotated[
    WholeNumber,
    Field(
        ge=1,
        le=168,
        description="How long a place that becomes free is kept for the family of the waiting list it is offered to; "
        "never longer than it can be booked",
    ),
]
Minimum = Annotated[WholeNumber, Field(ge=0, le=2000, description="How many must book for it to run")]


class BookingWindowBody(Body):
    """When families may book."""

    opens_at: Instant
    closes_at: Instant


class MeetsBody(Body):
    """When a club meets, by the school's clocks; closed days of the term calendar are left out."""

    weekday: WholeNumber = Field(ge=1, le=7, description="Monday is 1")
    starts_at: WallClockTime
    ends_at: WallClockTime
    first_day: LocalDate
    last_day: LocalDate


class OutingBody(Body):
    """When a trip leaves and is back, by the school's clocks."""

    starts_at: WallClockMoment
    ends_at: WallClockMoment


class NewEvent(Body):
    """An event to be made, as a draft."""

    kind: EventKind
    title: Title
    description: Description = ""
    location: Location = ""
    meets: MeetsBody | None = Field(default=None, description="A club's times")
    takes_place: OutingBody | None = Field(default=None, description="A trip's or a parents' evening's times")
    trip: TripBody | None = Field(default=None, description="A trip's legs and itinerary")
    for_staff: ForStaffBody | None = Field(default=None, description="What families never see of a trip")
    capacity: Annotated[WholeNumber, Field(ge=0, le=2000)] = Field(
        default=0, description="How many places there are; a parents' evening has as many as slots in its plan"
    )
    places: PlacesFor = Field(
        default="series", description="Whether a place is for all of the event, or for one session of a club"
    )
    minimum: Minimum = 0
    price: Money = Field(description="What a place costs in full: 0, or at least 30 pence")
    charging: ChargingBody | None = Field(default=None, description="For whom it is less, and when it is due")
    cancellation: Cancellation = Field(default_factory=list)
    booking_window: BookingWindowBody
    offer_hours: OfferHours = 24
    form: FormBody | None = None


class EventChanges(Body):
    """What is to change; what is left out stays as it is."""

    title: Title = _LEFT_OUT
    description: Description = _LEFT_OUT
    location: Location = _LEFT_OUT
    meets: MeetsBody = _LEFT_OUT
    takes_place: OutingBody = _LEFT_OUT
    trip: TripBody | None = Field(default=None, description="null takes legs and itinerary away")
    for_staff: ForStaffBody | None = Field(default=None, description="null takes it away")
    capacity: Capacity = _LEFT_OUT
    places: PlacesFor = _LEFT_OUT
    minimum: Minimum = _LEFT_OUT
    price: Money = _LEFT_OUT
    charging: ChargingBody | None = Field(default=None, description="null takes it away")
    cancellation: Cancellation = _LEFT_OUT
    booking_window: BookingWindowBody = _LEFT_OUT
    offer_hours: OfferHours = _LEFT_OUT
    form: FormBody | None = Field(default=None, description="null takes the form away")
    ask_consent_again: YesNo = Field(
        default=False,
        description="Families who have agreed are asked again whatever has changed, such as what the description "
        "says will be done; without it they are if the form, the place, a time or the price says so",
    )

    @property
    def named(self) -> frozenset[str]:
        """What is to change of what the event says."""
        return frozenset(self.model_fields_set - {"ask_consent_again"})


class Duplicate(Body):
    """When the new event is; everything else is as with the event it is to be like."""

    title: Title | None = Field(default=None, description="Another title; the same unless given")
    meets: MeetsBody | None = Field(default=None, description="A club's times")
    takes_place: OutingBody | None = Field(default=None, description="A trip's or a parents' evening's times")
    trip: TripBody | None = Field(default=None, description="Unless given, a trip's plan moves to its new dates")
    cancellation: Cancellation | None = Field(default=None, description="Unless given, its days move with the event")
    booking_window: BookingWindowBody
    with_staff: YesNo = Field(default=False, description="Whether the same staff work at it")


class EventRemoved(ApiModel):
    """An event that was deleted, or archived: out of lists unless they ask for it."""

    id: str
    archived: bool


class EventRef(ApiModel):
    """An event that was made or moved on; read it for the rest."""

    id: str
    status: EventStatus
    version: int


def event_ref(event: SchoolEvent) -> EventRef:
    """An event by id, with where it stands."""
    return EventRef(id=event.id, status=event.status, version=event.version)


class SessionView(Body):
    """One meeting, UTC."""

    id: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool = Field(description="It does not take place; the club's other sessions do")


class EventSummary(Body):
    """An event in a list."""

    id: str
    kind: EventKind
    status: EventStatus
    version: int
    title: str
    location: str
    starts_on: date
    ends_on: date
    time_zone: str
    capacity: int = Field(description="How many places there are; in each session, if `places` are for one")
    places: PlacesFor
    price: Money | None = Field(description="In full; families see what their own child's place costs instead")
    booking_window: BookingWindowBody = Field(validation_alias="window")
    archived: bool


class EventView(EventSummary):
    """An event with everything about it."""

    description: str
    minimum: int
    offer_hours: int
    charging: ChargingBody | None = Field(description="For administrators and finance staff only")
    charging_rule: ChargingRuleView | None = Field(description="Likewise: what the law lets the school charge for")
    cost_per_pupil: Money | None = Field(default=None, description="Likewise: of the costs in `charging`")
    cancellation: list[CancellationStepBody]
    cancellation_policy: str = Field(default="", description="`cancellation` in words; empty if there is none")
    meets: MeetsBody | None
    takes_place: OutingBody | None
    trip: TripView | None
    for_staff: ForStaffView | None = Field(description="null for families, and for what is no trip")
    form: ShownForm
    created_at: datetime
    sessions: list[SessionView]
