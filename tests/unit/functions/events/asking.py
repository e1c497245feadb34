"""Requests to the functions of events: what tests ask, and of which school."""

from typing import Any

from functions.event_lifecycle import handler as event_lifecycle
from functions.event_sessions import handler as event_sessions
from functions.event_staff import handler as event_staff
from functions.events import handler as events
from functions.invitations import handler as invitations
from school_events.events import store
from tests.support.contexts import SCHOOL
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import a_small_school, portal_message, staff_told, tell

FUNCTIONS = (events, event_lifecycle, event_sessions, event_staff)
EVENTS = "/v1/schools/{school_id}/events"
EVENT = f"{EVENTS}/{{event_id}}"
TRIP: dict[str, Any] = {
    "kind": "trip",
    "title": "Science Museum",
    "description": "A day at the Science Museum.",
    "location": "London",
    "takes_place": {"starts_at": "2026-12-04T08:30", "ends_at": "2026-12-04T17:00"},
    "capacity": 3,
    "price": {"amount": 1250, "currency": "gbp"},
    "charging": {"not_bound": {"ground": "independent_school", "reason": "We are not state-funded."}},
    "booking_window": {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2026-12-01T00:00:00Z"},
    "form": {
        "questions": [{"id": "consent", "kind": "consent", "prompt": "I agree that my child goes.", "required": True}]
    },
}
CLUB: dict[str, Any] = {
    "kind": "club",
    "title": "Chess",
    "meets": {
        "weekday": 3,
        "starts_at": "15:30",
        "ends_at": "16:30",
        "first_day": "2027-03-08",
        "last_day": "2027-06-04",
    },
    "capacity": 2,
    "price": {"amount": 0},
    "booking_window": {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2027-03-10T00:00:00Z"},
}
CALENDAR = {
    "academic_year": "2026-27",
    "terms": [
        {"name": "Autumn term", "starts_on": "2026-09-02", "ends_on": "2026-12-18"},
        {"name": "Spring term", "starts_on": "2027-01-05", "ends_on": "2027-03-25"},
        {"name": "Summer term", "starts_on": "2027-04-12", "ends_on": "2027-07-21"},
    ],
    "half_terms": [{"starts_on": "2027-05-31", "ends_on": "2027-06-04"}],
    "inset_days": ["2027-04-14"],
}


def a_school_with_a_calendar() -> None:
    """A small school with two teachers and the terms of 2026-27."""
    a_small_school()
    tell(staff_told("staff-2"), portal_message("TermCalendarUpdated", {"calendar": CALENDAR}))


def invited(event_id: str, *pupil_ids: str) -> None:
    """Invites pupils to a published event."""
    body = {"audience": {"pupils": list(pupil_ids)}}
    answer = invitations.lambda_handler(
        http_event(f"POST {EVENT}/invitations", {"event_id": event_id}, body), LambdaContext()
    )
    assert answer["statusCode"] == 200, answer["body"]


def call(route: str, event_id: str | None = None, body: Any = None, **others: Any) -> dict[str, Any]:
    """What a route answers; as the administrator unless told."""
    parameters = {} if event_id is None else {"event_id": event_id}
    event = http_event(route, parameters | others.pop("path", {}), body, **others)
    function = next(one for one in FUNCTIONS if route in one.api.rules)
    answer: dict[str, Any] = function.lambda_handler(event, LambdaContext())
    return answer


def as_staff(person: str = "staff-1") -> dict[str, Any]:
    """A teacher calls."""
    return {"roles": ("staff",), "person": person}


def as_parent(person: str = "contact-1") -> dict[str, Any]:
    """A parent calls."""
    return {"roles": ("parent",), "person": person}


def made(body: dict[str, Any] = TRIP) -> str:
    """A draft's id."""
    answer = call(f"POST {EVENTS}", body=body)
    assert answer["statusCode"] == 201, answer["body"]
    return str(json_of(answer)["id"])


def version_of(event_id: str) -> dict[str, str]:
    """The header that says what was read."""
    return {"If-Match": f'"{store.find_event(SCHOOL, event_id).version}"'}


def published(body: dict[str, Any] = TRIP) -> str:
    """A published event's id."""
    event_id = made(body)
    assert call(f"POST {EVENT}/publish", event_id)["statusCode"] == 200
    return event_id
