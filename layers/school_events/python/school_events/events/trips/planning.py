"""From what a school asks of a trip to a plan that makes sense."""

from school_events.core.errors import Invalid
from school_events.events.model import EventKind, Outing
from school_events.events.trips import rules
from school_events.events.trips.api import ForStaffBody, LocalMomentBody, TripBody
from school_events.events.trips.model import ForStaff, ItineraryEntry, Leg, LocalMoment, TripPlan


def check_belongs(kind: EventKind, trip: TripBody | None, for_staff: ForStaffBody | None) -> None:
    """Whether an event of this kind may have what only trips have.

    Raises:
        Invalid: it may not; names the field.
    """
    for field, asked in (("trip", trip), ("for_staff", for_staff)):
        if asked is not None and kind != "trip":
            raise Invalid.of(field, f"does not belong to a {kind}")


def trip_plan(asked: TripBody | None, outing: Outing | None, time_zone: str) -> TripPlan | None:
    """The legs and the itinerary of a trip, in order of time.

    Args:
        asked: what it should be.
        outing: when it takes place.
        time_zone: the school's, which counts wherever no other is named.

    Raises:
        Invalid: it makes no sense; names the field.
    """
    if asked is None or outing is None:
        return None
    plan = TripPlan(
        legs=tuple(
            Leg(**dict(leg) | {"departs": _moment(leg.departs, time_zone), "arrives": _moment(leg.arrives, time_zone)})
            for leg in asked.legs
        ),
        itinerary=tuple(ItineraryEntry(**dict(entry)) for entry in asked.itinerary),
    )
    rules.check_plan(plan, outing, time_zone)
    return rules.in_order(plan)


def for_staff(asked: ForStaffBody | None) -> ForStaff | None:
    """What only staff see of a trip."""
    return None if asked is None else ForStaff(**dict(asked))


def _moment(body: LocalMomentBody, time_zone: str) -> LocalMoment:
    return LocalMoment(at=body.at, zone=body.zone or time_zone)
