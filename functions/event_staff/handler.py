"""Staff of events: who works at one, when somebody works, and who is to be at two at once."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.core.errors import Invalid, NotFound, StaleVersion, TryAgain, WrongState
from school_events.core.http import LocalDate, Page, SchoolApi, reply
from school_events.events.staffing import clashes, service, timetable
from school_events.events.staffing.api import StaffBody, StaffClash, StaffView, TimetableEntry
from school_events.people import access

api = SchoolApi("event_staff", access=access.check)
SCHOOL = "/v1/schools/{school_id}"
STAFF = f"{SCHOOL}/events/{{event_id}}/staff"
First = Annotated[LocalDate, Query(alias="from", description="A local day")]
Last = Annotated[LocalDate, Query(alias="to", description="A local day, included")]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = str | None


@api.route(
    "PUT",
    STAFF,
    roles={"school_admin"},
    summary="Staff an event; If-Match its ETag",
    errors=(NotFound, WrongState, StaleVersion, Invalid, TryAgain),
)
def allocate(school_id: str, event_id: str, body: StaffBody) -> Response[StaffView]:
    staff, version = service.allocate(api.context, event_id, api.version_to_change(), body.staff)
    return reply(staff, version=version)


@api.route("GET", STAFF, roles={"school_admin", "staff"}, summary="Who works at an event", errors=(NotFound,))
def staff_of(school_id: str, event_id: str) -> Response[StaffView]:
    staff, version = service.staff_of(api.context, event_id)
    return reply(staff, version=version)


@api.route(
    "GET",
    f"{SCHOOL}/staff/{{staff_id}}/timetable",
    roles={"school_admin", "staff"},
    summary="When a member of staff works, over a year at most; staff see their own",
    errors=(NotFound, Invalid),
)
def timetable_of(
    school_id: str, staff_id: str, first: First, last: Last, limit: Limit = 100, cursor: Cursor = None
) -> Page[TimetableEntry]:
    return timetable.timetable(api.context, staff_id, first, last, limit, cursor)


@api.route(
    "GET",
    f"{SCHOOL}/staff-clashes",
    roles={"school_admin"},
    summary="Who is to be at two events at once, over a term at most",
    errors=(Invalid,),
)
def staff_clashes(
    school_id: str, first: First, last: Last, limit: Limit = 100, cursor: Cursor = None
) -> Page[StaffClash]:
    return clashes.of_school(api.context, first, last, limit, cursor)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
