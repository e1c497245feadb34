"""Staff of events: who works at one, and when somebody works."""

from datetime import date
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.core.errors import Invalid, NotFound, StaleVersion, TryAgain, WrongState
from school_events.core.http import Page, SchoolApi, reply
from school_events.events import staffing
from school_events.events.api import StaffBody, StaffView, TimetableEntry
from school_events.people import access

api = SchoolApi("event_staff", access=access.check)
SCHOOL = "/v1/schools/{school_id}"
STAFF = f"{SCHOOL}/events/{{event_id}}/staff"


@api.route(
    "PUT",
    STAFF,
    roles={"school_admin"},
    summary="Staff an event; If-Match its ETag",
    errors=(NotFound, WrongState, StaleVersion, Invalid, TryAgain),
)
def allocate(school_id: str, event_id: str, body: StaffBody) -> Response[StaffView]:
    staff, version = staffing.allocate(api.context, event_id, api.version_to_change(), body.staff)
    return reply(staff, version=version)


@api.route("GET", STAFF, roles={"school_admin", "staff"}, summary="Who works at an event", errors=(NotFound,))
def staff_of(school_id: str, event_id: str) -> Response[StaffView]:
    staff, version = staffing.staff_of(api.context, event_id)
    return reply(staff, version=version)


@api.route(
    "GET",
    f"{SCHOOL}/staff/{{staff_id}}/timetable",
    roles={"school_admin", "staff"},
    summary="When a member of staff works; staff see their own",
    errors=(NotFound, Invalid),
)
def timetable(
    school_id: str, staff_id: str, first: Annotated[date, Query(alias="from")], last: Annotated[date, Query(alias="to")]
) -> Page[TimetableEntry]:
    return staffing.timetable(api.context, staff_id, first, last)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
