"""What staff are shown at their next refresh: the events they work at (F3)."""

from typing import Literal

from school_events.core import feed
from school_events.core.context import Context
from school_events.core.dynamodb import create_all
from school_events.core.feed import FeedRow
from school_events.events import store


def row(ctx: Context, event_id: str, staff_id: str, what: Literal["created", "changed", "removed"]) -> FeedRow:
    """The row that says that somebody now works at an event, that it changed, or that they no longer do."""
    return feed.row(ctx, "staff", staff_id, thing="event", thing_id=event_id, what=what)


def show(ctx: Context, event_id: str, what: Literal["created", "changed"]) -> None:
    """Put a row into the feed of everybody who works at an event now; doing it again shows it again, which is no harm.

    Whoever is allocated from now on has a row of their own with it.
    """
    rows = [row(ctx, event_id, one.staff_id, what) for one in store.allocations_of(ctx.school_id, event_id)]
    if rows:
        create_all(rows)
