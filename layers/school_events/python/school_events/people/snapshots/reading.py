"""What the school's administrators read about snapshots: how far what we held had drifted from the Portal (A2)."""

from itertools import islice

from school_events.core import cursors
from school_events.core.context import Context
from school_events.core.errors import NotFound
from school_events.core.http import Page
from school_events.people.snapshots import api, store


def list_snapshots(ctx: Context, *, limit: int, cursor: str | None) -> Page[api.SnapshotSummary]:
    """A page of the school's snapshots, the latest taken first.

    Args:
        ctx: the moment.
        limit: at most so many.
        cursor: where the page before ended.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    scope = f"{ctx.school_id}/snapshots"
    before = cursors.open_cursor(cursor, scope)["before"] if cursor else None
    found = list(islice(store.reports(ctx.school_id, before), limit + 1))
    page = found[:limit]
    more = len(found) > limit
    position = store.name_of(page[-1].taken_at, page[-1].id) if more else ""
    return Page(
        items=[api.snapshot_summary(report) for report in page],
        next_cursor=cursors.seal({"before": position}, scope) if more else None,
    )


def read_snapshot(ctx: Context, snapshot_id: str) -> api.SnapshotView:
    """One snapshot, with what differed.

    Raises:
        NotFound: the school had none of that id.
    """
    report = store.find_report(ctx.school_id, api.name_in(snapshot_id))
    if report is None:
        raise NotFound
    return api.snapshot_view(report)
