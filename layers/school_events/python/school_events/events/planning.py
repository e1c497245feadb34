"""From what a school asks for to an event that makes sense: its details and its sessions."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from school_events.core.errors import Invalid
from school_events.events import rules
from school_events.events.api import EventChanges, MeetsBody, NewEvent, OutingBody
from school_events.events.charging.planning import charged
from school_events.events.evenings import planning as evenings
from school_events.events.forms.model import Form
from school_events.events.forms.service import asked_form
from school_events.events.model import BookingWindow, EventDetails, Outing, Session, WeeklyMeeting
from school_events.events.school_days import school_days
from school_events.events.session_rules import check_places, running
from school_events.events.trips import planning as trips
from school_events.people.model import School


@dataclass(frozen=True)
class Plan:
    """An event's details and when it meets."""

    details: EventDetails
    sessions: tuple[Session, ...]


def plan(
    school: School,
    asked: NewEvent,
    *,
    event_id: str,
    created_at: datetime,
    form: Form | None,
    made: tuple[Session, ...] = (),
    slots: int = 0,
) -> Plan:
    """The event a school asks for.

    Args:
        school: whose zone, nation and term calendar count.
        asked: what it should be.
        event_id: names it.
        created_at: when it was first asked for, UTC.
        form: the form it had so far, so that a new wording is a new version.
        made: its sessions, if they stay as they are; otherwise they are made from its times.
        slots: how many a parents' evening has, by its slot plan.

    Raises:
        Invalid: what is asked makes no sense; names the field.
    """
    capacity = evenings.capacity_of(asked, slots)
    rules.check_numbers(asked.price, capacity, asked.minimum)
    zone = ZoneInfo(school.time_zone)
    meets, takes_place = _times(asked)
    trips.check_belongs(asked.kind, asked.trip, asked.for_staff)
    sessions = made or _sessions(school, zone, meets, takes_place)
    check_places(asked.kind, asked.places, capacity, len(sessions))
    still = running(sessions)
    window = BookingWindow(
        opens_at=asked.booking_window.opens_at.astimezone(UTC), closes_at=asked.booking_window.closes_at.astimezone(UTC)
    )
    rules.check_window(window.opens_at, window.closes_at, still[-1].ends_at)
    money = charged(school, asked, still)
    details = EventDetails(
        id=event_id,
        kind=asked.kind,
        title=asked.title,
        description=asked.description,
        location=asked.location,
        starts_on=still[0].starts_at.astimezone(zone).date(),
        ends_on=still[-1].ends_at.astimezone(zone).date(),
        time_zone=school.time_zone,
        meets=meets,
        takes_place=takes_place,
        trip=trips.trip_plan(asked.trip, takes_place, school.time_zone),
        for_staff=trips.for_staff(asked.for_staff),
        capacity=capacity,
        places=asked.places,
        minimum=asked.minimum,
        price=asked.price,
        charging=money.charging,
        charging_rule=money.rule,
        cancellation=money.cancellation,
        window=window,
        offer_hours=asked.offer_hours,
        form=asked_form(school.id, asked.form, form),
        created_at=created_at,
    )
    rules.check_size(details)
    return Plan(details, sessions)


def safely_changed(school_id: str, details: EventDetails, changes: EventChanges) -> EventDetails:
    """An event's details with changes that touch nothing of its times and price (``rules.SAFE_CHANGES``).

    Raises:
        Invalid: they make no sense; names the field.
    """
    given: dict[str, Any] = {name: getattr(changes, name) for name in changes.named}
    trips.check_belongs(details.kind, changes.trip, changes.for_staff)
    if "trip" in given:
        given["trip"] = trips.trip_plan(changes.trip, details.takes_place, details.time_zone)
    if "for_staff" in given:
        given["for_staff"] = trips.for_staff(changes.for_staff)
    if "form" in given:
        given["form"] = asked_form(school_id, changes.form, details.form)
    changed = details.model_copy(update=given)
    rules.check_size(changed)
    return changed


def _times(asked: NewEvent) -> tuple[WeeklyMeeting | None, Outing | None]:
    """When a club meets, or when anything else takes place: exactly what belongs to its kind."""
    wanted, other = ("meets", "takes_place") if asked.kind == "club" else ("takes_place", "meets")
    if getattr(asked, other) is not None:
        raise Invalid.of(other, f"does not belong to a {asked.kind}")
    if getattr(asked, wanted) is None:
        raise Invalid.of(wanted, f"is required for a {asked.kind}")
    return _meeting(asked.meets), _outing(asked.takes_place)


def _meeting(body: MeetsBody | None) -> WeeklyMeeting | None:
    return None if body is None else WeeklyMeeting(**dict(body))


def _outing(body: OutingBody | None) -> Outing | None:
    return None if body is None else Outing(**dict(body))


def _sessions(
    school: School, zone: ZoneInfo, meets: WeeklyMeeting | None, takes_place: Outing | None
) -> tuple[Session, ...]:
    if takes_place is not None:
        return (rules.trip_session(takes_place, zone),)
    if meets is None:
        raise ValueError("an event meets or takes place")
    rules.check_meeting(meets)
    return rules.club_sessions(meets, school_days(school, meets.first_day, meets.last_day), zone)
