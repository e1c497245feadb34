"""Use cases of reports: read one on screen, ask for a file, follow it, fetch it."""

from dataclasses import dataclass
from datetime import datetime

from school_events.core import audit, cursors
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import NotFound, WrongState
from school_events.core.requests import AnsweredMeanwhile, Request, find_earlier_answer, remember
from school_events.events.store import find_event
from school_events.people.aliases import alias_of
from school_events.reports import gateway, rules, store
from school_events.reports.api import (
    ExportView,
    ReportPage,
    column_view,
    export_view,
    row_view,
    total_view,
)
from school_events.reports.definitions import REPORTS, find_report, require_reader
from school_events.reports.model import (
    Definition,
    Export,
    ExportFormat,
    ExportMessage,
    ExportOrder,
    ExportState,
    Filters,
    Position,
    ReportName,
    Row,
)

MOST_LOOKED_AT = 1000
"""A page looks at so many lines at most: one that filters leave out costs as much as one that is shown."""

_TOTAL = "total."


@dataclass(frozen=True)
class Page:
    """Lines of a report, the tally up to here, and where the next page starts, if there is one."""

    rows: list[Row]
    tally: rules.Tally
    position: Position | None


def read_page(ctx: Context, name: str, filters: Filters, cursor: str | None, limit: int) -> ReportPage:
    """A page of a report on screen; that it was read is noted before anything of it is given out.

    Args:
        ctx: the moment.
        name: of the report.
        filters: what it is narrowed to.
        cursor: where to go on, from the page before.
        limit: how many lines at most.

    Raises:
        NotFound: no such report, or no such event of the caller's.
        Forbidden: the caller's role may not read it.
        Invalid: the cursor is not one of this list.
    """
    definition = find_report(name)
    require_reader(ctx, definition, filters)
    scope = f"{ctx.school_id}/reports/{definition.name.value}/{filters.model_dump_json()}"
    start = cursors.open_cursor(cursor, scope) if cursor else None
    page = _page(ctx.school_id, definition, filters, start, limit)
    subject = filters.event_id or definition.name.value
    _note(ctx, f"report.{definition.name.value}_read", "report", subject, ctx.new_id("read"), ctx.now)
    return ReportPage(
        name=definition.name,
        title=definition.title,
        columns=[column_view(column) for column in definition.columns],
        items=[row_view(definition.columns, row) for row in page.rows],
        totals=[total_view(total) for total in page.tally.totals()],
        next_cursor=cursors.seal(_sealed(page), scope) if page.position else None,
    )


def ask(ctx: Context, name: ReportName, filters: Filters, file_format: ExportFormat, request: Request) -> ExportView:
    """Ask for a report as a file; the same request asked again is the same export.

    Raises:
        Forbidden: the caller's role may not read the report.
        NotFound: no such event of the caller's.
        KeyReused: the Idempotency-Key belongs to another request.
        TryAgain: the queue did not take it.
    """
    require_reader(ctx, REPORTS[name], filters)
    earlier = find_earlier_answer(ctx, request, ExportView)
    if earlier is None:
        earlier = _write(ctx, name, filters, file_format, request)
    _set_going(ctx, store.find_export(ctx.school_id, earlier.id))
    return earlier


def find(ctx: Context, export_id: str) -> ExportView:
    """How far an export is.

    Raises:
        NotFound: there is none, it has expired, or it is somebody else's.
    """
    return export_view(ctx.school_id, _visible(ctx, export_id))


def link(ctx: Context, export_id: str) -> str:
    """A short-lived link to the file of an export; who may read the report is asked again, now.

    Raises:
        NotFound: there is no such export, it has expired, or it is somebody else's.
        Forbidden: the caller may no longer read the report.
        WrongState: the file is not ready.
    """
    export = _visible(ctx, export_id)
    require_reader(ctx, REPORTS[export.order.report], export.order.filters)
    if export.state is not ExportState.READY:
        raise WrongState(f"The export is {export.state.value}")
    _note(ctx, "report.downloaded", "report_export", export_id, ctx.new_id("download"), ctx.now)
    return gateway.link_to_file(ctx.school_id, export, rules.link_life(export, ctx.now))


def _page(school_id: str, definition: Definition, filters: Filters, start: Position | None, limit: int) -> Page:
    so_far = {key.removeprefix(_TOTAL): text for key, text in (start or {}).items() if key.startswith(_TOTAL)}
    tally, rows = rules.Tally(definition, so_far), list[Row]()
    last: Position | None = None
    for looked_at, step in enumerate(definition.steps(school_id, filters, start)):
        if len(rows) == limit or looked_at == MOST_LOOKED_AT:
            return Page(rows, tally, last)
        last = step.position
        if step.row is not None:
            rows.append(step.row)
            tally.add(step.row)
    return Page(rows, tally, None)


def _sealed(page: Page) -> dict[str, str]:
    return dict(page.position or {}) | {_TOTAL + label: text for label, text in page.tally.state().items()}


def _write(ctx: Context, name: ReportName, filters: Filters, file_format: ExportFormat, request: Request) -> ExportView:
    if filters.event_id is not None:
        # Refused now, not minutes later in the background.
        find_event(ctx.school_id, filters.event_id)
    export = Export(
        order=ExportOrder(
            id=ctx.new_id("export"),
            report=name,
            filters=filters,
            format=file_format,
            asked_by=ctx.actor.id,
            asked_at=ctx.now,
        ),
        state=ExportState.QUEUED,
        expires_at=rules.end_of_life(ctx.now),
    )
    view = export_view(ctx.school_id, export)
    transaction = Transaction(ctx)
    store.create(transaction, ctx, export)
    remember(ctx, transaction, request, view)
    try:
        transaction.commit()
    except AnsweredMeanwhile:
        return find_earlier_answer(ctx, request, ExportView) or view
    return view


def _set_going(ctx: Context, export: Export) -> None:
    """Note that it was asked for and queue it; both again if an earlier attempt broke off in between."""
    if export.state is ExportState.QUEUED:
        order = export.order
        _note(ctx, "report.requested", "report_export", order.id, f"{order.id}.requested", order.asked_at)
        gateway.ask_worker(ExportMessage(school_id=ctx.school_id, export_id=order.id))


def _visible(ctx: Context, export_id: str) -> Export:
    export = store.find_export(ctx.school_id, export_id)
    if not rules.may_see_export(ctx, export):
        raise NotFound
    return export


def _note(ctx: Context, action: str, subject_kind: str, subject: str, change_id: str, at: datetime) -> None:
    alias = alias_of(ctx.school_id, ctx.actor.kind, ctx.actor.id)
    audit.append(
        audit.AuditLine(
            school_id=ctx.school_id,
            change_id=change_id,
            action=action,
            at=at,
            actor_kind=ctx.actor.kind,
            actor=alias or audit.UNKNOWN_ALIAS,
            subject_kind=subject_kind,
            subject=subject,
            request_id=ctx.request_id,
            origin=ctx.origin,
        )
    )
