"""The end of a turn, however it ends: its state, the children's guards and the places kept for it go together."""

from school_events.bookings.waiting import store
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from school_events.core import feed
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion


def end(ctx: Context, entry: WaitingEntry, state: WaitingState, *, by_family: bool = False) -> bool:
    """End a turn as it was read; the places that were kept for it are the allocator's then.

    Args:
        ctx: the moment.
        entry: as it was read, waiting or offered.
        state: how it ends.
        by_family: whether a parent of its children asks for it, who may be another than who joined.

    Returns:
        Whether it was ended; not if it has moved on since it was read.
    """
    transaction = Transaction(ctx)
    add_end(transaction, ctx, entry, entry.model_copy(update={"state": state}), by_family=by_family)
    try:
        transaction.commit()
    except StaleVersion:
        return False
    return True


def add_end(
    transaction: Transaction, ctx: Context, entry: WaitingEntry, ended: WaitingEntry, *, by_family: bool = False
) -> None:
    """As :func:`end`, in a transaction of the caller's, which is refused with :class:`StaleVersion`."""
    store.replace(transaction, ctx.school_id, entry, ended, stamp(ctx, f"waiting.{ended.state}"))
    store.drop_turns(transaction, ctx.school_id, entry)
    if entry.state is WaitingState.OFFERED and entry.offer is not None:
        store.return_places(transaction, ctx, entry, entry.offer)
    tell_family(transaction, ctx, entry, "changed", by_family=by_family)


def tell_family(
    transaction: Transaction, ctx: Context, entry: WaitingEntry, what: str, *, by_family: bool = False
) -> None:
    """The change-feed row of who joined, and of the parent who acts, in the transaction of the turn's change."""
    told = {entry.joined_by} | ({ctx.actor.id} if by_family and ctx.actor.kind == "contact" else set())
    for contact_id in sorted(told):
        transaction.put(feed.row(ctx, "contact", contact_id, thing="waiting", thing_id=entry.ref, what=what))
