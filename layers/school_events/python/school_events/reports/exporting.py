"""Making the file of an export, in the background.

The same export may be handed over again at any time (a queue delivers at least once): the file goes to the same
place and the state only moves forward, so nothing happens twice that anybody could see.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from school_events.core import audit, logs
from school_events.core.context import Context
from school_events.core.errors import NotFound
from school_events.reports import gateway, rules, store
from school_events.reports.definitions import REPORTS
from school_events.reports.files import WRITERS
from school_events.reports.model import Export, ExportState, FailureReason, Row

ROWS_BETWEEN_PROGRESS = 5000
_ROWS_BETWEEN_LOOKS = 500


class OutOfTime(Exception):
    """The function would be ended before the file is complete, and every further attempt likewise."""


def make(ctx: Context, export_id: str, *, is_last_chance: bool, is_out_of_time: Callable[[], bool]) -> None:
    """Make the file of an export and say that it is there, or why it never will be.

    Args:
        ctx: the moment; the actor is the worker.
        export_id: which export.
        is_last_chance: whether the queue gives up after this attempt.
        is_out_of_time: says whether the function will soon be ended.

    Raises:
        Exception: what may pass by itself; the queue tries again, and the last time keeps the message aside.
    """
    export = _find(ctx, export_id)
    if export is None:
        return
    if not store.begin(ctx.school_id, export_id):
        _note_finished(ctx, export_id)
        return
    try:
        rows = _write(ctx, export, is_out_of_time)
    except NotFound:
        _give_up(ctx, export_id, FailureReason.EVENT_GONE)
    except OutOfTime:
        _give_up(ctx, export_id, FailureReason.TOO_LARGE)
    except Exception:
        if is_last_chance:
            _give_up(ctx, export_id, FailureReason.INTERNAL)
        raise
    else:
        store.finish(ctx.school_id, export_id, rows, ctx.now)
        _note_finished(ctx, export_id)
        logs.count("ExportsMade")


def _find(ctx: Context, export_id: str) -> Export | None:
    """The export; none once it has expired, when nobody can fetch it any more."""
    try:
        export = store.find_export(ctx.school_id, export_id)
    except NotFound:
        return None
    return export if ctx.now < export.expires_at else None


def _write(ctx: Context, export: Export, is_out_of_time: Callable[[], bool]) -> int:
    definition = REPORTS[export.order.report]
    tally = rules.Tally(definition)

    def rows() -> Iterator[Row]:
        for looked_at, step in enumerate(definition.steps(ctx.school_id, export.order.filters, None)):
            if looked_at % _ROWS_BETWEEN_LOOKS == 0 and is_out_of_time():
                raise OutOfTime
            if step.row is None:
                continue
            tally.add(step.row)
            if tally.rows % ROWS_BETWEEN_PROGRESS == 0:
                store.note_progress(ctx.school_id, export.order.id, tally.rows)
            yield step.row

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        WRITERS[export.order.format](path, definition.title, definition.columns, rows(), tally.totals)
        gateway.keep_file(ctx.school_id, export, path)
    return tally.rows


def _give_up(ctx: Context, export_id: str, reason: FailureReason) -> None:
    store.fail(ctx.school_id, export_id, reason)
    logs.logger.warning("export failed", export_id=export_id, reason=reason.value)
    logs.count("ExportsFailed")


def _note_finished(ctx: Context, export_id: str) -> None:
    """Note that the file was made, at the time it was: the same line however often it is noted."""
    export = store.find_export(ctx.school_id, export_id)
    if export.state is not ExportState.READY or export.ready_at is None:
        return
    audit.append(
        audit.AuditLine(
            school_id=ctx.school_id,
            change_id=f"{export_id}.finished",
            action="report.finished",
            at=export.ready_at,
            actor_kind=ctx.actor.kind,
            actor=ctx.actor.id,
            subject_kind="report_export",
            subject=export_id,
            request_id=ctx.request_id,
            origin=ctx.origin,
        )
    )
