"""Events: make, read, list and change them."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.bookings.capacity.service import follow
from school_events.core.errors import Invalid, NotFound, StaleVersion, TryAgain, WrongState
from school_events.core.http import LocalDate, Page, SchoolApi, reply
from school_events.events import api as bodies
from school_events.events import service
from school_events.events.model import EventKind
from school_events.invitations.service import look_at
from school_events.people import access

api = SchoolApi("events", access=access.check)
SCHOOL = "/v1/schools/{school_id}"
EVENT = f"{SCHOOL}/events/{{event_id}}"
CHANGES = (NotFound, WrongState, StaleVersion, Invalid, TryAgain)


@api.route(
    "POST",
    f"{SCHOOL}/events",
    roles={"school_admin"},
    summary="Make an event, as a draft",
    status=201,
    errors=(Invalid, TryAgain),
)
def create(school_id: str, body: bodies.NewEvent) -> Response[bodies.EventRef]:
    made = service.create(api.context, api.asked(body), body)
    return reply(made, status=201, version=made.version, location=f"/v1/schools/{school_id}/events/{made.id}")


@api.route(
    "GET",
    f"{SCHOOL}/events",
    roles={"school_admin", "staff"},
    summary="The school's events by first day; staff see those they are allocated to",
    errors=(NotFound, Invalid),
)
def list_events(
    school_id: str,
    kind: EventKind | None = None,
    status: Annotated[bodies.Listed | None, Query(description="What is archived is left out unless asked for")] = None,
    since: Annotated[LocalDate | None, Query(alias="from", description="Only what starts on this day or later")] = None,
    until: Annotated[LocalDate | None, Query(alias="to", description="Only what starts on this day or earlier")] = None,
    staff: Annotated[str | None, Query(description="Only what this member of staff works at")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> Page[bodies.EventSummary]:
    return service.list_events(api.context, service.Wanted(kind, status, since, until, staff), limit, cursor)


@api.route(
    "GET",
    EVENT,
    roles={"school_admin", "staff", "parent"},
    summary="An event with its sessions; staff allocated to it, parents of children invited to it",
    errors=(NotFound,),
)
def read(school_id: str, event_id: str) -> Response[bodies.EventView]:
    event = service.read(api.context, event_id, look_at)
    return reply(event, version=event.version)


@api.route("PATCH", EVENT, roles={"school_admin"}, summary="Change an event; If-Match its ETag", errors=CHANGES)
def change(school_id: str, event_id: str, body: bodies.EventChanges) -> Response[bodies.EventView]:
    event = service.change(api.context, event_id, api.version_to_change(), body, follow)
    return reply(event, version=event.version)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
