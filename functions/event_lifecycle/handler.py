"""An event's life: publish, close, cancel and complete it, duplicate it, delete a draft, archive what is over."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from school_events.bookings.closing import close_booking
from school_events.bookings.slot_places import make_places_or_slots
from school_events.core.context import Role
from school_events.core.errors import Invalid, NotFound, StaleVersion, TryAgain, WrongState
from school_events.core.http import SchoolApi, reply
from school_events.events import duplicating, lifecycle
from school_events.events.api import Duplicate, EventRef, EventRemoved
from school_events.people import access

api = SchoolApi("event_lifecycle", access=access.check)
EVENT = "/v1/schools/{school_id}/events/{event_id}"
ADMIN: frozenset[Role] = frozenset({"school_admin"})
MOVES = (NotFound, WrongState, TryAgain)


@api.route("POST", f"{EVENT}/publish", roles=ADMIN, summary="Publish a draft", errors=MOVES)
def publish(school_id: str, event_id: str) -> Response[EventRef]:
    event = lifecycle.publish(api.context, event_id, make_places_or_slots)
    return reply(event, version=event.version)


@api.route("POST", f"{EVENT}/close", roles=ADMIN, summary="Close booking", errors=MOVES)
def close(school_id: str, event_id: str) -> Response[EventRef]:
    event = lifecycle.close(api.context, event_id, close_booking)
    return reply(event, version=event.version)


@api.route(
    "POST",
    f"{EVENT}/cancel",
    roles=ADMIN,
    summary="Cancel an event: its bookings end and families are told within minutes, what was paid goes back",
    errors=MOVES,
)
def cancel(school_id: str, event_id: str) -> Response[EventRef]:
    event = lifecycle.cancel(api.context, event_id, close_booking)
    return reply(event, version=event.version)


@api.route("POST", f"{EVENT}/complete", roles=ADMIN, summary="Complete an event that is over", errors=MOVES)
def complete(school_id: str, event_id: str) -> Response[EventRef]:
    event = lifecycle.complete(api.context, event_id)
    return reply(event, version=event.version)


@api.route(
    "POST",
    f"{EVENT}/duplicate",
    roles=ADMIN,
    summary="Make a draft like an event, at other dates; without bookings and invitations",
    status=201,
    errors=(*MOVES, Invalid),
)
def duplicate(school_id: str, event_id: str, body: Duplicate) -> Response[EventRef]:
    made = duplicating.duplicate(api.context, api.asked(body), event_id, body)
    return reply(made, status=201, version=made.version, location=f"/v1/schools/{school_id}/events/{made.id}")


@api.route(
    "DELETE",
    EVENT,
    roles=ADMIN,
    summary="Delete a draft, or archive what is completed or cancelled; If-Match its ETag",
    errors=(*MOVES, StaleVersion, Invalid),
)
def remove(school_id: str, event_id: str) -> EventRemoved:
    return EventRemoved(id=event_id, archived=lifecycle.remove(api.context, event_id, api.version_to_change()))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
