"""What a trip's own details look like in requests and answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from school_events.core.http import LocalDate, WholeNumber
from school_events.events.bodies import Body, WallClockMoment, WallClockTime
from school_events.events.trips.model import TravelMode

MOST_LEGS = 30
MOST_ENTRIES = 100

ZoneName = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$")]
Somewhere = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class LocalMomentBody(Body):
    """What the clocks show somewhere."""

    at: WallClockMoment
    zone: ZoneName | None = Field(default=None, description="The school's unless given; abroad such as Europe/Paris")


class LegBody(Body):
    """One part of the way, within the time the trip takes place."""

    mode: TravelMode
    origin: Somewhere
    destination: Somewhere
    departs: LocalMomentBody
    arrives: LocalMomentBody


class ItineraryEntryBody(Body):
    """What happens on a day of the trip."""

    day: LocalDate
    at: WallClockTime | None = Field(default=None, description="By the clocks of where they are then")
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class TripBody(Body):
    """How a trip travels and what happens; families who are invited see it. Kept in order of time."""

    legs: Annotated[list[LegBody], Field(max_length=MOST_LEGS)] = Field(default_factory=list)
    itinerary: Annotated[list[ItineraryEntryBody], Field(max_length=MOST_ENTRIES)] = Field(default_factory=list)


class ForStaffBody(Body):
    """What only administrators and the trip's own staff see."""

    pupils_per_adult: Annotated[WholeNumber, Field(ge=1, le=100)] | None = Field(
        default=None, description="The most pupils the school wants for each adult"
    )
    emergency_contact: Annotated[str, Field(max_length=500)] = Field(
        default="", description="Whom staff call when something happens"
    )


class LocalMomentView(LocalMomentBody):
    """What the clocks show somewhere, and the same in UTC."""

    zone: str
    instant: datetime


class LegView(LegBody):
    """One part of the way."""

    departs: LocalMomentView
    arrives: LocalMomentView


class TripView(Body):
    """How a trip travels and what happens, in order of time."""

    legs: list[LegView]
    itinerary: list[ItineraryEntryBody]


class RatioView(Body):
    """How many adults go with how many pupils: a hint."""

    target: int = Field(description="The most pupils the school wants for each adult")
    staff: int = Field(description="Who is allocated and still at the school")
    pupils: int = Field(description="How many go if every place is taken")
    enough: bool


class ForStaffView(ForStaffBody):
    """What only administrators and the trip's own staff see."""

    ratio: RatioView | None = Field(description="null as long as there is no target")
