"""The end of a booking, whoever ends it and why: its state, guard, place, time and what is unpaid go together."""

from collections.abc import Sequence

from school_events.bookings import places, store
from school_events.bookings.appointments import diaries
from school_events.bookings.instalments.ending import end_unpaid, give_back_paid
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.service import tell_booker
from school_events.core import feed
from school_events.core.change import Change, stamps
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction


def end(transaction: Transaction, ctx: Context, booking: Booking, ended: Booking, change: Change) -> Booking:
    """End a booking as it was read, in a transaction: its guard goes, its place is returned, its time is free.

    What was to be paid for it later is not owed any more.

    The commit raises :class:`StaleVersion` if the booking has changed meanwhile. Once it is committed, the place is the
    allocator's.

    Args:
        transaction: the caller's, with what else belongs to the end.
        ctx: the moment.
        booking: as it was read, live.
        ended: as it is to be.
        change: what is done, for the audit log and for whom it concerns.

    Returns:
        The booking with its new version.
    """
    after = _end(transaction, ctx, booking, ended, change)
    end_unpaid(transaction, ctx, [booking])
    return after


def release_all(transaction: Transaction, ctx: Context, held: Sequence[Booking]) -> None:
    """Let holds go as they were read, in a transaction; families are told once of each child's (:func:`end`).

    What was paid for them already goes back, and what is to be paid later for several of them ends once.
    """
    for booking, change in zip(held, stamps(ctx, "booking.released", (one.concerns for one in held)), strict=True):
        released = booking.model_copy(update={"state": BookingState.RELEASED, "hold_until": None})
        _end(transaction, ctx, booking, released, change)
    end_unpaid(transaction, ctx, held)
    give_back_paid(transaction, ctx, held)


def _end(transaction: Transaction, ctx: Context, booking: Booking, ended: Booking, change: Change) -> Booking:
    after = store.replace(transaction, ctx.school_id, booking, ended, change)
    store.unguard(transaction, ctx.school_id, booking)
    places.give_up(transaction, ctx, booking)
    diaries.take_out(transaction, ctx, booking)
    transaction.put(tell_booker(ctx, booking, "changed"))
    if ctx.actor.kind == "contact" and ctx.actor.id != booking.booked_by:
        # Whose place it is by now gives it up (A8): they read their own writes.
        row = feed.row(ctx, "contact", ctx.actor.id, thing="booking", thing_id=booking.id, what="changed")
        transaction.put(row)
    return after
