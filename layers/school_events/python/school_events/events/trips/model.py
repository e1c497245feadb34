"""What a trip has of its own: how it travels, what happens when, and what only the school is to see (B1, B9)."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from school_events.core.inventory import (
    Category,
    Count,
    Day,
    Kept,
    LocalTime,
    Purpose,
    Record,
    Retention,
    Text,
    WallClock,
)

TravelMode = Literal[
    "walk", "coach", "minibus", "car", "train", "underground", "tram", "ferry", "flight", "bicycle", "other"
]

Mode = Annotated[TravelMode, Kept(Category.SCHOOL, Purpose.RUNNING, Retention.CONTRACT)]


class LocalMoment(Record):
    """What the clocks show at one end of a leg; abroad they are other clocks than the school's."""

    at: LocalTime
    zone: Text

    @property
    def instant(self) -> datetime:
        """The same in UTC; of an hour that comes twice, the first."""
        return self.at.replace(tzinfo=ZoneInfo(self.zone), fold=0).astimezone(UTC)


class Leg(Record):
    """One part of the way."""

    mode: Mode
    origin: Text
    destination: Text
    departs: LocalMoment
    arrives: LocalMoment


class ItineraryEntry(Record):
    """What happens on a day; ``at`` by the clocks of where they are then, if a time is said."""

    day: Day
    at: WallClock | None = None
    text: Text


class TripPlan(Record):
    """How a trip travels and what happens, in order of time: what families see too."""

    legs: tuple[Leg, ...] = ()
    itinerary: tuple[ItineraryEntry, ...] = ()


class ForStaff(Record):
    """What only administrators and the trip's own staff see.

    ``pupils_per_adult`` is the most pupils the school wants for each adult; ``None``: it has set itself no target.
    """

    pupils_per_adult: Count | None = None
    emergency_contact: Text = ""
