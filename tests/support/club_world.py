"""A chess club on Wednesdays for the families of ``booked_world``, whose places are for single sessions unless told."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from school_events.bookings import places, service
from school_events.bookings.capacity.service import follow
from school_events.bookings.places import PlaceItem
from school_events.bookings.rules import TERM
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.requests import Request
from school_events.events import club_sessions, lifecycle
from school_events.events import service as events
from school_events.events.api import EventChanges, NewEvent
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from tests.support.booked_world import ALL_PUPILS, UNASKED, a_school_with_families, as_parent
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import portal_message, tell

FIRST, SECOND, THIRD = "session_001", "session_002", "session_003"
"""Of the club's three sessions: on 2, 9 and 16 December 2026, 15:30 to 16:30."""

ON_FIRST_DAY = datetime(2026, 12, 2, 15, 30, tzinfo=UTC)
TERM_CALENDAR = {
    "academic_year": "2026-27",
    "terms": [
        {"name": "Autumn term", "starts_on": "2026-09-02", "ends_on": "2026-12-18"},
        {"name": "Spring term", "starts_on": "2027-01-05", "ends_on": "2027-03-25"},
        {"name": "Summer term", "starts_on": "2027-04-12", "ends_on": "2027-07-21"},
    ],
    "half_terms": [],
    "inset_days": [],
}


def a_school_with_clubs() -> None:
    """The families, and the terms of 2026-27."""
    a_school_with_families()
    a_term()


def a_term() -> None:
    """The Portal tells the terms of 2026-27."""
    tell(portal_message("TermCalendarUpdated", {"calendar": TERM_CALENDAR}))


def club(*, capacity: int = 2, price: int = 0, **others: Any) -> dict[str, Any]:
    """The club, as it is asked for; it can be booked until its last session."""
    return {
        "kind": "club",
        "title": "Chess",
        "meets": {
            "weekday": 3,
            "starts_at": "15:30",
            "ends_at": "16:30",
            "first_day": "2026-12-02",
            "last_day": "2026-12-16",
        },
        "capacity": capacity,
        "places": "session",
        "price": {"amount": price},
        "booking_window": {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2026-12-16T15:00:00Z"},
    } | others


def a_club(*, capacity: int = 2, price: int = 0, invited: Iterable[str] = ALL_PUPILS, **others: Any) -> SchoolEvent:
    """The club, published, with pupils invited."""
    made = events.create(a_context(), UNASKED, NewEvent.model_validate(club(capacity=capacity, price=price, **others)))
    lifecycle.publish(a_context(), made.id, places.make_places)
    invitations.invite(a_context(), UNASKED, made.id, Audience.model_validate({"pupils": tuple(invited)}))
    return find_event(SCHOOL, made.id)


def book_sessions(
    event: SchoolEvent, *wanted: tuple[str, str], parent: int = 1, now: datetime = NOW, asked: Request = UNASKED
) -> Booked:
    """One parent books pupils for sessions."""
    wishes = [Wish(pupil_id, session_id=session_id) for pupil_id, session_id in wanted]
    return service.book(as_parent(parent, now), f"contact-{parent}", event.id, wishes, asked)


def resize(event: SchoolEvent, capacity: int) -> None:
    """The school says how many places there are to be."""
    version = find_event(SCHOOL, event.id).version
    events.change(a_context(), event.id, version, EventChanges(capacity=capacity), follow)


def cancel_session(event: SchoolEvent, session_id: str) -> None:
    """The school cancels a session."""
    club_sessions.cancel(a_context(), event.id, session_id, find_event(SCHOOL, event.id).version, follow)


def pool_states(event: SchoolEvent, pool: str = TERM) -> list[str]:
    """The states of the places of a pool, by number."""
    return [item.state for item in pool_items(event, pool)]


def pool_items(event: SchoolEvent, pool: str = TERM) -> list[PlaceItem]:
    """The places of a pool, by number."""
    return list(places.places_of(SCHOOL, event.id, pool))
