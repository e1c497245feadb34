"""Holds that are paid for become places."""

from collections.abc import Sequence

from school_events.bookings import places, store
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.service import tell_booker
from school_events.core.change import stamps
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction


def confirm_all(transaction: Transaction, ctx: Context, held: Sequence[Booking]) -> None:
    """Make holds places as they were read, in a transaction; families are told once of each child's.

    The commit raises :class:`StaleVersion` if one has changed meanwhile.
    """
    for booking, change in zip(held, stamps(ctx, "booking.confirmed", (one.concerns for one in held)), strict=True):
        confirmed = booking.model_copy(update={"state": BookingState.CONFIRMED, "hold_until": None})
        store.replace(transaction, ctx.school_id, booking, confirmed, change)
        places.take(transaction, ctx, booking)
        transaction.put(tell_booker(ctx, booking, "changed"))
