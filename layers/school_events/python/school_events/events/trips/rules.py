"""Whether a trip's plan makes sense, how it follows to other dates, and whether enough adults go: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from school_events.core.errors import Invalid
from school_events.events import rules
from school_events.events.model import Outing
from school_events.events.trips.model import ItineraryEntry, Leg, LocalMoment, TripPlan


def check_plan(plan: TripPlan, outing: Outing, time_zone: str) -> None:
    """Whether legs and itinerary belong to the time the trip takes place.

    Args:
        plan: as asked for, so that a field can be named.
        outing: when the trip leaves and is back, on the school's clocks.
        time_zone: the school's.

    Raises:
        Invalid: a zone does not exist, the clocks skip a time, a leg arrives before it departs, or something is not
            within the trip; names the field.
    """
    zone = ZoneInfo(time_zone)
    leaves = rules.instant(outing.starts_at, zone, "takes_place.starts_at")
    is_back = rules.instant(outing.ends_at, zone, "takes_place.ends_at")
    for number, leg in enumerate(plan.legs):
        _check_leg(leg, leaves, is_back, f"trip.legs.{number}")
    for number, entry in enumerate(plan.itinerary):
        if not outing.starts_at.date() <= entry.day <= outing.ends_at.date():
            raise Invalid.of(f"trip.itinerary.{number}.day", "must be a day of the trip")


def _check_leg(leg: Leg, leaves: datetime, is_back: datetime, where: str) -> None:
    departs = _instant(leg.departs, f"{where}.departs")
    arrives = _instant(leg.arrives, f"{where}.arrives")
    if departs < leaves:
        raise Invalid.of(f"{where}.departs.at", "must not be before the trip starts")
    if arrives <= departs:
        raise Invalid.of(f"{where}.arrives.at", "must be after the departure")
    if arrives > is_back:
        raise Invalid.of(f"{where}.arrives.at", "must not be after the trip ends")


def _instant(moment: LocalMoment, where: str) -> datetime:
    try:
        zone = ZoneInfo(moment.zone)
    except (KeyError, ValueError, OSError):
        # A name of a folder of zones (Europe) is an error of the file system.
        raise Invalid.of(f"{where}.zone", "must be a time zone such as Europe/Paris") from None
    return rules.instant(moment.at, zone, f"{where}.at")


def in_order(plan: TripPlan) -> TripPlan:
    """The same plan by time: legs by their departure, the itinerary by day, what has no time first."""
    return TripPlan(
        legs=tuple(sorted(plan.legs, key=lambda leg: leg.departs.instant)),
        itinerary=tuple(sorted(plan.itinerary, key=lambda entry: (entry.day, entry.at or time.min))),
    )


def moved_to(plan: TripPlan, before: date, after: date) -> TripPlan:
    """The same plan for a trip that leaves on another day: every time stays what the clocks show."""
    days = after - before
    return TripPlan(
        legs=tuple(_moved_leg(leg, days) for leg in plan.legs), itinerary=_moved_entries(plan.itinerary, days)
    )


def _moved_leg(leg: Leg, days: timedelta) -> Leg:
    ends = {name: _moved(getattr(leg, name), days) for name in ("departs", "arrives")}
    return leg.model_copy(update=ends)


def _moved(moment: LocalMoment, days: timedelta) -> LocalMoment:
    return moment.model_copy(update={"at": moment.at + days})


def _moved_entries(entries: Iterable[ItineraryEntry], days: timedelta) -> tuple[ItineraryEntry, ...]:
    return tuple(entry.model_copy(update={"day": entry.day + days}) for entry in entries)


@dataclass(frozen=True)
class Ratio:
    """How many adults go with how many pupils: a hint, never a rule of law (B9).

    Args:
        target: the most pupils the school wants for each adult.
        staff: how many adults are allocated.
        pupils: how many go if every place is taken.
    """

    target: int
    staff: int
    pupils: int

    @property
    def enough(self) -> bool:
        """Whether the target is met."""
        return self.staff * self.target >= self.pupils
