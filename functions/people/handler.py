"""People, teaching groups and the Portal's snapshots, as administrators read them; nobody edits them here (A3)."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from school_events.core.errors import Invalid, NotFound
from school_events.core.http import Page, SchoolApi
from school_events.people import access, service
from school_events.people.api import ContactView, PupilSummary, PupilView, StaffSummary, TeachingGroupView
from school_events.people.snapshots import reading
from school_events.people.snapshots.api import SnapshotSummary, SnapshotView

api = SchoolApi("people", access=access.check)
SCHOOL = "/v1/schools/{school_id}"

Name = Annotated[str, Query(max_length=100, description="The beginning of a last name, or of `last name, first name`")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=512, description="`next_cursor` of the page before")]
PortalId = Annotated[str, Path(pattern="^[A-Za-z0-9_-]{1,64}$")]


@api.route(
    "GET", f"{SCHOOL}/pupils", roles={"school_admin"}, summary="Pupils by name, leavers included", errors=(Invalid,)
)
def list_pupils(
    school_id: str,
    name: Name = "",
    year: Annotated[str | None, Query(max_length=40, description="`8`, `Year 8`, `R`, `Reception` …")] = None,
    form: Annotated[str | None, Query(max_length=40, description="Registration group")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PupilSummary]:
    return service.list_pupils(api.context, name=name, year=year, form=form, limit=limit, cursor=cursor)


@api.route(
    "GET",
    f"{SCHOOL}/pupils/{{pupil_id}}",
    roles={"school_admin"},
    summary="A pupil with characteristics and contacts; audited",
    errors=(NotFound,),
)
def read_pupil(school_id: str, pupil_id: PortalId) -> PupilView:
    return service.read_pupil(api.context, pupil_id)


@api.route(
    "GET",
    f"{SCHOOL}/contacts/{{contact_id}}",
    roles={"school_admin"},
    summary="A parent or guardian with contact details and children; audited",
    errors=(NotFound,),
)
def read_contact(school_id: str, contact_id: PortalId) -> ContactView:
    return service.read_contact(api.context, contact_id)


@api.route("GET", f"{SCHOOL}/staff", roles={"school_admin"}, summary="Members of staff by name", errors=(Invalid,))
def list_staff(school_id: str, name: Name = "", limit: Limit = 50, cursor: Cursor = None) -> Page[StaffSummary]:
    return service.list_staff(api.context, name=name, limit=limit, cursor=cursor)


@api.route(
    "GET",
    f"{SCHOOL}/teaching-groups",
    roles={"school_admin"},
    summary="Who teaches whom: the Portal's teaching groups by name",
    errors=(Invalid,),
)
def list_teaching_groups(
    school_id: str,
    name: Annotated[str, Query(max_length=100, description="The beginning of a group's name")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TeachingGroupView]:
    return service.list_groups(api.context, name=name, limit=limit, cursor=cursor)


@api.route(
    "GET",
    f"{SCHOOL}/snapshots",
    roles={"school_admin"},
    summary="The Portal's daily snapshots, the latest first: how far what we held had drifted",
    errors=(Invalid,),
)
def list_snapshots(school_id: str, limit: Limit = 50, cursor: Cursor = None) -> Page[SnapshotSummary]:
    return reading.list_snapshots(api.context, limit=limit, cursor=cursor)


@api.route(
    "GET",
    f"{SCHOOL}/snapshots/{{snapshot_id}}",
    roles={"school_admin"},
    summary="One snapshot: which things were missing, wrong or extra, by id and field name",
    errors=(NotFound,),
)
def read_snapshot(school_id: str, snapshot_id: str) -> SnapshotView:
    return reading.read_snapshot(api.context, snapshot_id)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One HTTP request."""
    return api.handle(event, context)
