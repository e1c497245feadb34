"""Reports on screen, and exports of them: asked for, followed, fetched."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.core.errors import Forbidden, Invalid, NotFound, TryAgain, WrongState
from school_events.core.http import LocalDate, SchoolApi, reply
from school_events.people import access
from school_events.reports import service
from school_events.reports.api import ExportView, NewExport, ReportFilters, ReportPage, export_path

api = SchoolApi("reports", access=access.check)
"""Which of these roles may read which report is decided by the report (``reports.definitions``)."""


@api.route(
    "GET",
    "/v1/schools/{school_id}/reports/{name}",
    roles={"school_admin", "finance", "staff"},
    summary="Read a report on screen",
    errors=(Forbidden, NotFound, Invalid),
)
def read_report(
    school_id: str,
    name: str,
    event_id: Annotated[str | None, Query(pattern="^[A-Za-z0-9_-]{1,64}$")] = None,
    since: Annotated[LocalDate | None, Query()] = None,
    until: Annotated[LocalDate | None, Query()] = None,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ReportPage:
    """Staff read `participation` of events they are allocated to, finance staff `payments`, administrators both."""
    filters = ReportFilters(event_id=event_id, since=since, until=until).filters()
    return service.read_page(api.context, name, filters, cursor, limit)


@api.route(
    "POST",
    "/v1/schools/{school_id}/reports",
    roles={"school_admin", "finance", "staff"},
    summary="Ask for a report as a file",
    status=202,
    errors=(Forbidden, NotFound, Invalid, TryAgain),
)
def ask_for_export(school_id: str, body: NewExport) -> Response[ExportView]:
    """The file is made in the background: follow the export at ``Location``."""
    export = service.ask(api.context, body.name, body.filters.filters("filters."), body.format, api.asked(body))
    return reply(export, status=202, location=export_path(school_id, export.id))


@api.route(
    "GET",
    "/v1/schools/{school_id}/report-exports/{export_id}",
    roles={"school_admin", "finance", "staff"},
    summary="See how far an export is",
    errors=(Forbidden, NotFound),
)
def read_export(school_id: str, export_id: str) -> ExportView:
    """Only for who asked for it, or an administrator; gone after 24 hours."""
    return service.find(api.context, export_id)


@api.route(
    "GET",
    "/v1/schools/{school_id}/report-exports/{export_id}/file",
    roles={"school_admin", "finance", "staff"},
    summary="Fetch the file of an export",
    status=303,
    errors=(Forbidden, NotFound, WrongState),
)
def fetch_file(school_id: str, export_id: str) -> Response[None]:
    """Leads to a link that works for at most 5 minutes; whether you may read the report is checked again."""
    link = service.link(api.context, export_id)
    return Response(status_code=303, headers={"Location": link, "Cache-Control": "no-store"})


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
