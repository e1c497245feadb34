"""What staff are shown at their next refresh: the events they work at (F3).

Whoever is allocated, or no longer is, has a row with it. Of everything else that happens to an event its staff have
rows by way of the outbox: who that is, is read then, so that nobody is missed who was allocated meanwhile.
"""

from itertools import batched
from typing import Literal

from school_events.core import feed
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.feed import FeedRow
from school_events.events import store

_AT_ONCE = 50
"""So many people in one transaction, with two writes each at most."""


def row(ctx: Context, event_id: str, staff_id: str, what: Literal["created", "changed", "removed"]) -> FeedRow:
    """The row that says that somebody now works at an event, that it changed, or that they no longer do."""
    return feed.row(ctx, "staff", staff_id, thing="event", thing_id=event_id, what=what)


def show(ctx: Context, event_id: str, what: Literal["created", "changed"]) -> None:
    """Put a row into the feed of everybody who works at an event now; doing it again shows it again, which is no harm.

    Raises:
        TryAgain: too busy until the deadline.
    """
    for some in batched(store.allocations_of(ctx.school_id, event_id), _AT_ONCE, strict=False):
        transaction = Transaction(ctx)
        for one in some:
            transaction.put(row(ctx, event_id, one.staff_id, what))
        transaction.commit()


def let_go(ctx: Context, event_id: str) -> None:
    """Let nobody work at an event that is about to be deleted, and each of them see it; doing it again changes nothing.

    Raises:
        TryAgain: too busy until the deadline.
    """
    for some in batched(store.allocations_of(ctx.school_id, event_id), _AT_ONCE, strict=False):
        transaction = Transaction(ctx)
        for one in some:
            transaction.delete(store.allocation_key(ctx.school_id, event_id, one.staff_id))
            transaction.put(row(ctx, event_id, one.staff_id, "removed"))
        transaction.commit()
