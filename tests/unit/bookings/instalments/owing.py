"""Families that owe instalments, and what time does to them."""

from datetime import date, datetime, timedelta
from typing import Any

from school_events.bookings import chores
from school_events.bookings.model import Booking
from school_events.bookings.service import Booked
from school_events.core.clock import LONDON
from school_events.events.model import SchoolEvent
from school_events.payments import store
from school_events.payments.model import Payment
from tests.support.booked_world import an_event, as_system, booking_of
from tests.support.contexts import SCHOOL
from tests.support.shop import Shop
from tests.unit.bookings.paying import apply, paid

FIRST, SECOND = date(2026, 11, 26), date(2026, 12, 1)
DUE: dict[str, Any] = {
    "deposit": {"amount": 250},
    "instalments": [
        {"amount": {"amount": 400}, "due_on": FIRST.isoformat()},
        {"amount": {"amount": 600}, "due_on": SECOND.isoformat()},
    ],
}
"""£2.50 with the booking, £4 and £6 later."""


def a_trip(**charging: Any) -> SchoolEvent:
    """The trip of 4 December at £12.50, in three parts, half of it back for who cancels until the day before."""
    back = [{"until": "2026-12-03", "refund_percent": 50}]
    return an_event(charging=DUE | charging, cancellation=back)


def confirmed(shop: Shop, event: SchoolEvent, *pupils: str) -> Booked:
    """Pupils of ``contact-1`` whose deposits are paid."""
    booked = paid(shop, event, *pupils)
    apply(booked)
    return booked


def later(booking: Booking) -> list[Payment]:
    """The further payments of a booking, as they are now."""
    found = store.find_payments(SCHOOL, booking.further_payments)
    return [found[one] for one in booking.further_payments]


def instalments(booked: Booked, position: int = 0) -> list[Payment]:
    """The payments of what is due later of what was booked, as they are now."""
    return later(booking_of(booked, position))


def morning(day: date, after: timedelta = timedelta(0)) -> datetime:
    """A minute past nine on a local day, when families are reminded."""
    return datetime(day.year, day.month, day.day, 9, 1, tzinfo=LONDON) + after


def housekeep(now: datetime) -> int:
    """What housekeeping does about what is unpaid; says how many payments that concerned."""
    return chores.look_after_unpaid(now, lambda _: as_system(now), lambda: True)
