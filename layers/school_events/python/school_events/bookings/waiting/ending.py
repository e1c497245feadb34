"""The end of a turn, however it ends: its state, the children's guards and the places kept for it go together."""

from school_events.bookings.waiting import store
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from school_events.core import feed
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion


def end(ctx: Context, entry: WaitingEntry, state: WaitingState) -> bool:
    """End a turn as it was read; the places that were kept for it are the allocator's then.

    Args:
        ctx: the moment.
        entry: as it was read, waiting or offered.
        state: how it ends.

    Returns:
        Whether it was ended; not if it has moved on since it was read.
    """
    transaction = Transaction(ctx)
    add_end(transaction, ctx, entry, entry.model_copy(update={"state": state}))
    try:
        transaction.commit()
    except StaleVersion:
        return False
    return True


def add_end(transaction: Transaction, ctx: Context, entry: WaitingEntry, ended: WaitingEntry) -> None:
    """As :func:`end`, in a transaction of the caller's, which is refused with :class:`StaleVersion`."""
    store.replace(transaction, ctx.school_id, entry, ended, stamp(ctx, f"waiting.{ended.state}"))
    store.drop_turns(transaction, ctx.school_id, entry)
    if entry.state is WaitingState.OFFERED and entry.offer is not None:
        store.return_places(transaction, ctx, entry, entry.offer)
    transaction.put(tell_family(ctx, entry, "changed"))


def tell_family(ctx: Context, entry: WaitingEntry, what: str) -> feed.FeedRow:
    """The change-feed row of who joined, to be written with the turn's change."""
    return feed.row(ctx, "contact", entry.joined_by, thing="waiting", thing_id=entry.ref, what=what)
