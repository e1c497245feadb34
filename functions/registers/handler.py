"""Who has a place, who is expected at a session, and who came: for the staff of an event."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.bookings import reading
from school_events.bookings.api import Attendee
from school_events.bookings.registers import reading as registers
from school_events.bookings.registers import service
from school_events.bookings.registers.api import Collectors, MarkedRegister, Register, RegisterMarks
from school_events.core.errors import Invalid, NotFound, TryAgain, WrongState
from school_events.core.http import Page, SchoolApi, reply, tag_of
from school_events.people import access

api = SchoolApi("registers", access=access.check)
EVENT = "/v1/schools/{school_id}/events/{event_id}"
SESSION = f"{EVENT}/sessions/{{session_id}}"


@api.route(
    "GET",
    f"{EVENT}/bookings",
    roles={"staff", "school_admin"},
    summary="Who has a place or a hold at an event, in order; a page may be short though more follow",
    errors=(NotFound, Invalid),
)
def attendees(
    school_id: str,
    event_id: str,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
    cursor: str | None = None,
) -> Page[Attendee]:
    return reading.attendees(api.context, event_id, limit, cursor)


@api.route(
    "GET",
    f"{SESSION}/register",
    roles={"staff", "school_admin"},
    summary="Who is expected at a session and what was said of them; 304 if it is as in If-None-Match",
    errors=(NotFound, WrongState),
)
def register(school_id: str, event_id: str, session_id: str) -> Response[Register]:
    ctx = api.context
    found = registers.register(ctx, event_id, session_id)
    tag = tag_of(found)
    api.require_news(tag)
    registers.note_register_read(ctx, event_id)
    return reply(found, version=tag)


@api.route(
    "PUT",
    f"{SESSION}/register",
    roles={"staff", "school_admin"},
    summary="Bring in marks from a device, in any order and as often as need be",
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def mark(school_id: str, event_id: str, session_id: str, body: RegisterMarks) -> MarkedRegister:
    return service.mark(api.context, event_id, session_id, body)


@api.route(
    "GET",
    f"{SESSION}/collectors",
    roles={"staff", "school_admin"},
    summary="Who may take which child away, for a device that is about to be offline",
    errors=(NotFound, WrongState, Invalid),
)
def collectors(
    school_id: str,
    event_id: str,
    session_id: str,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> Page[Collectors]:
    return registers.collectors(api.context, event_id, session_id, limit, cursor)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
