"""A trip that asks about health and for consent, and what those who may say of its answers."""

from collections.abc import Mapping
from typing import Any

from functions.booking_answers.handler import lambda_handler
from functions.bookings.handler import lambda_handler as bookings
from school_events.bookings.capacity.service import follow
from school_events.events.api import EventChanges
from school_events.events.model import SchoolEvent
from school_events.events.service import change
from school_events.events.store import find_event
from tests.support.booked_world import an_event
from tests.support.contexts import SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of

ROUTE = "/v1/schools/{school_id}"
ANSWER, ANSWERS = (f"{method} {ROUTE}/bookings/{{booking_id}}/answers" for method in ("PUT", "GET"))
CONSENTS = f"GET {ROUTE}/bookings/{{booking_id}}/consents"
_OF_BOOKINGS = {
    f"POST {ROUTE}/bookings",
    f"GET {ROUTE}/bookings/{{booking_id}}",
    f"POST {ROUTE}/bookings/{{booking_id}}/cancel",
}
SHEET = f"GET {ROUTE}/events/{{event_id}}/answers"

ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}
ALLOCATED: Mapping[str, Any] = {"person": "staff-1", "roles": ["staff"]}
STRANGER: Mapping[str, Any] = {"person": "staff-2", "roles": ["staff"]}
FINANCE: Mapping[str, Any] = {"person": "staff-finance", "roles": ["finance"]}
MOTHER: Mapping[str, Any] = {"person": "contact-1", "roles": ["parent"]}
FATHER: Mapping[str, Any] = {"person": "contact-2", "roles": ["parent"]}
NEIGHBOUR: Mapping[str, Any] = {"person": "contact-3", "roles": ["parent"]}

GOES = {"id": "goes", "kind": "consent", "prompt": "I agree that my child goes.", "required": True}
PHOTOS = {"id": "photos", "kind": "consent", "prompt": "Photographs may be taken.", "required": False}
LUNCH = {"id": "lunch", "kind": "choice", "prompt": "Lunch?", "required": True, "choices": ["packed", "school"]}
ILL = {"id": "ill", "kind": "yes_no", "prompt": "Any illness?", "required": True, "sensitive": "medical"}
WHICH = {
    "id": "which",
    "kind": "text",
    "prompt": "Which?",
    "required": True,
    "sensitive": "medical",
    "shown_if": {"question_id": "ill", "answers": ["yes"]},
}
EATS = {
    "id": "eats",
    "kind": "choices",
    "prompt": "No?",
    "required": False,
    "choices": ["nuts", "milk", "pork"],
    "sensitive": "dietary",
}
QUESTIONS = [GOES, PHOTOS, LUNCH, ILL, WHICH, EATS]

SECRET = "Zzyzx syndrome"
"""An answer about health that is found nowhere else."""

FILLED: Mapping[str, Any] = {
    "goes": "yes",
    "photos": "no",
    "lunch": "packed",
    "ill": "yes",
    "which": SECRET,
    "eats": ["milk", "nuts"],
}


def ask(route: str, caller: Mapping[str, Any], body: Any = None, **others: Any) -> tuple[int, Any]:
    """The status and body of an answer of the functions of bookings."""
    named: dict[str, str] = {name: others.pop(name) for name in ("booking_id", "event_id") if name in others}
    function = bookings if route in _OF_BOOKINGS else lambda_handler
    answer = function(http_event(route, named, body, **caller, **others), LambdaContext())
    return answer["statusCode"], json_of(answer)


def a_trip(*questions: Mapping[str, Any], **others: Any) -> SchoolEvent:
    """A trip that costs nothing and asks for all of the above, unless told otherwise."""
    return an_event(price=0, questions=[dict(one) for one in questions or QUESTIONS], **others)


def booked(event: SchoolEvent, answers: Mapping[str, Any] = FILLED, **others: Any) -> str:
    """The id of a booking the mother makes for her child."""
    item = {"pupil_id": "pupil-1", "answers": dict(answers), "form_version": version_of(event)}
    status, made = ask(f"POST {ROUTE}/bookings", MOTHER, {"event_id": event.id, "items": [item]}, **others)
    assert status == 201, made
    booking_id: str = made["booking_ids"][0]
    return booking_id


def version_of(event: SchoolEvent) -> int:
    """The version of the form that is asked now."""
    form = find_event(SCHOOL, event.id).form
    assert form is not None
    return form.version


def answered(
    event: SchoolEvent,
    booking_id: str,
    caller: Mapping[str, Any] = MOTHER,
    answers: Mapping[str, Any] = FILLED,
    *,
    tag: str | None = None,
    key: str | None = None,
    **others: Any,
) -> tuple[int, Any]:
    """What a parent is told who answers a booking's form anew."""
    headers = {"If-Match": tag or tag_of(booking_id)} | ({} if key is None else {"Idempotency-Key": key})
    body = {"form_version": version_of(event), "answers": dict(answers)} | others
    return ask(ANSWER, caller, body, booking_id=booking_id, headers=headers)


def tag_of(booking_id: str) -> str:
    """The ``ETag`` of a booking's answers."""
    event = http_event(CONSENTS, {"booking_id": booking_id}, **ADMIN)
    tag: str = lambda_handler(event, LambdaContext())["headers"]["ETag"]
    return tag


def changed(event: SchoolEvent, changes: Mapping[str, Any]) -> None:
    """The school changes the event."""
    version = find_event(SCHOOL, event.id).version
    change(a_context(), event.id, version, EventChanges.model_validate(changes), follow)


def values(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answers shown, by question."""
    return {one["question_id"]: one["value"] for one in body["answers"]}
