"""Ending every booking of an event that was cancelled: the families are told, what was paid goes back (B2).

The event is cancelled already and nobody can claim a place once its gate is shut; so who has a place then is everybody
there is. Each booking is ended in a transaction of its own: breaking off anywhere and calling again ends the others.
Stripe is not asked here, so that no family waits for it to be told: refunds are written down and due, and so are holds
whose payment page is open.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import batched

from school_events.bookings import cancelling, places, store
from school_events.bookings.closing import close_booking
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.bookings.rules import extra_pool, pool_for, session_of, session_pool
from school_events.core.context import Context
from school_events.core.errors import StaleVersion
from school_events.events import store as events
from school_events.events.model import SchoolEvent
from school_events.payments import store as payments

_MOST_KEYS = 100


def call_off(ctx: Context, event: SchoolEvent, may_go_on: Callable[[], bool]) -> bool:
    """End the live bookings of a cancelled event: free ones, holds with their payments, paid ones with a refund.

    Its gates are shut first and its waiting list is woken, in case the request that cancelled it broke off there.

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
    close_booking(ctx, event)
    return _end_all(_live_bookings(ctx.school_id, event), lambda booking: _end(ctx, booking), may_go_on)


def call_sessions_off(ctx: Context, event_id: str, may_go_on: Callable[[], bool]) -> bool:
    """End the live bookings of a club's cancelled sessions, likewise; their gates are shut already.

    A hold that is to be paid together with other sessions waits: once it is paid it is ended with a refund, so that a
    family need not book the other sessions anew.

    Args:
        ctx: the moment.
        event_id: which club.
        may_go_on: whether there is time for one more.

    Returns:
        Whether all are ended, or are to be ended with the whole event.

    Raises:
        TryAgain: too busy; calling again goes on.
    """
    event = events.find_event(ctx.school_id, event_id)
    if event.places == "series" or event.status == "cancelled":
        return True
    pools = [session_pool(one.id) for one in events.sessions_of(ctx.school_id, event_id) if one.cancelled]
    having = _having(ctx.school_id, event_id, [one for pool in pools for one in (pool, extra_pool(pool))])
    return _end_all(
        having, lambda booking: not _is_paid_with_others(ctx, booking, pools) and _end(ctx, booking), may_go_on
    )


def _end_all(bookings: Iterable[Booking], end: Callable[[Booking], bool], may_go_on: Callable[[], bool]) -> bool:
    """Whether all are ended. One that cannot be keeps no other family waiting: what is wrong is raised after them."""
    all_ended, wrong = True, None
    for booking in bookings:
        if not may_go_on():
            return False
        try:
            all_ended = end(booking) and all_ended
        except Exception as error:  # noqa: BLE001 - one bad booking never blocks the others
            wrong = error
    if wrong is not None:
        raise wrong
    return all_ended


def _is_paid_with_others(ctx: Context, booking: Booking, called_off: Collection[str]) -> bool:
    """Whether a hold waits for a payment that is for sessions that take place as well."""
    if booking.state is not BookingState.PENDING or booking.hold_until is None or booking.payment_id is None:
        return False
    payment = payments.find_payment(ctx.school_id, booking.payment_id)
    together = store.find_bookings(ctx.school_id, [line.reference for line in payment.lines]).values()
    return any(one.state in LIVE and pool_for(session_of(one.place)) not in called_off for one in together)


def _live_bookings(school_id: str, event: SchoolEvent) -> Iterator[Booking]:
    return _having(school_id, event.id, places.pools_of(school_id, event))


def _having(school_id: str, event_id: str, pools: Iterable[str]) -> Iterator[Booking]:
    """Who has a place, read strongly by the places: an index might not know yet who came last."""
    there = (item for pool in pools for item in places.places_of(school_id, event_id, pool))
    had = [item.booking_id for item in there if item.booking_id is not None]
    for some in batched(had, _MOST_KEYS, strict=False):
        yield from (one for one in store.find_bookings(school_id, some).values() if one.state in LIVE)


def _end(ctx: Context, booking: Booking) -> bool:
    if booking.state is not BookingState.CONFIRMED and booking.hold_until is None:
        return True
    if booking.state is BookingState.EXPIRING:
        return False
    end = cancelling.call_off if booking.state is BookingState.CONFIRMED else cancelling.end_hold
    try:
        return end(ctx, booking).state not in LIVE
    except StaleVersion:
        return False
