"""Ending every booking of an event that was cancelled: the families are told, what was paid goes back (B2).

The event is cancelled already and nobody can claim a place once its gate is shut; so who has a place then is everybody
there is. Each booking is ended in a transaction of its own: breaking off anywhere and calling again ends the others.
Stripe is not asked here, so that no family waits for it to be told: refunds are written down and due, and so are holds
whose payment page is open.
"""

from collections.abc import Callable, Iterator
from itertools import batched

from school_events.bookings import allocating, cancelling, endings, places, store
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion
from school_events.events.model import SchoolEvent
from school_events.payments import service as payments
from school_events.payments import store as payment_store

_MOST_KEYS = 100


def call_off(ctx: Context, event: SchoolEvent, may_go_on: Callable[[], bool]) -> bool:
    """End the live bookings of a cancelled event: free ones, holds with their payments, paid ones with a refund.

    Args:
        ctx: the moment.
        event: cancelled.
        may_go_on: whether there is time for one more.

    Returns:
        Whether all are ended. Holds that end once Stripe's page has closed are not: money that arrives until then
        makes a paid booking of one, which is to be ended too. Those that wait for a person to decide about their
        money (quarantine) count as ended.

    Raises:
        TryAgain: too busy; calling again goes on.
    """
    places.close_places(ctx, event)
    all_ended = True
    for booking in _live_bookings(ctx.school_id, event):
        if not may_go_on():
            return False
        all_ended = _end(ctx, booking) and all_ended
    return all_ended


def _live_bookings(school_id: str, event: SchoolEvent) -> Iterator[Booking]:
    """Who has a place, read strongly by the places: an index might not know yet who came last."""
    there = places.places_of(school_id, event.id, places.pool_of(event))
    had = [item.booking_id for item in there if item.booking_id is not None]
    for some in batched(had, _MOST_KEYS, strict=False):
        yield from (one for one in store.find_bookings(school_id, some).values() if one.state in LIVE)


def _end(ctx: Context, booking: Booking) -> bool:
    if booking.state is not BookingState.CONFIRMED and booking.hold_until is None:
        return True
    if booking.state is BookingState.EXPIRING:
        return False
    if booking.state is BookingState.CONFIRMED and booking.price.amount > 0:
        return _cancel_paid(ctx, booking, booking.payment_id or "")
    return cancelling.cancel(ctx, booking).state not in LIVE


def _cancel_paid(ctx: Context, booking: Booking, payment_id: str) -> bool:
    """Cancel a paid booking and write its refund down, together; not if somebody else was faster with it."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    line = next(line for line in payment.lines if line.reference == booking.id)
    cancelled = booking.model_copy(update={"state": BookingState.CANCELLED})
    transaction = Transaction(ctx)
    endings.end(transaction, ctx, booking, cancelled, "booking.cancelled")
    payments.ask_refund(transaction, ctx, payment_id, line, "called_off")
    try:
        transaction.commit()
    except StaleVersion:
        return False
    allocating.move_on(ctx, booking.place)
    return True
