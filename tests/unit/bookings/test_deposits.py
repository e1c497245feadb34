"""A deposit is what is paid with a booking: it confirms the place, and it is what goes back (B8)."""

from datetime import timedelta

import pytest

from school_events.bookings import calling_off, cancelling, chores
from school_events.bookings.api import booking_view
from school_events.bookings.model import BookingState
from school_events.core.money import pounds
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.payments import store
from school_events.payments.model import PaymentState
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book, booking_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.paying import apply, paid

PARTS = {"deposit": {"amount": 250}, "instalments": [{"amount": {"amount": 1000}, "due_on": "2026-12-01"}]}


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip at £12.50, £2.50 of it with the booking."""
    a_school_with_families()
    return an_event(charging=PARTS)


def test_a_paid_deposit_confirms_the_place_and_the_rest_is_shown_as_owed(shop: Shop, trip: SchoolEvent) -> None:
    booked = paid(shop, trip)
    assert apply(booked).amount == pounds(250)
    booking = booking_of(booked)
    shown = booking_view(booking, answers=False, money=True, mine=True)
    assert (booking.state, shown.price) == (BookingState.CONFIRMED, pounds(1250))
    assert [(one.due_on.isoformat(), one.amount) for one in shown.due_later or ()] == [("2026-12-01", pounds(1000))]
    assert ledger_balance() == shop.balance()
    assert not faults_of(trip)


def test_of_a_trip_called_off_the_deposit_goes_back_and_nothing_is_owed(shop: Shop, trip: SchoolEvent) -> None:
    booked = paid(shop, trip)
    apply(booked)
    lifecycle.cancel(a_context(), trip.id, lambda *_: None)
    assert calling_off.call_off(as_system(), find_event(SCHOOL, trip.id), lambda: True)
    later = NOW + timedelta(minutes=2)
    chores.make_due_refunds(later, lambda _: as_system(later), lambda: True)
    assert [one["amount"] for one in shop.all("refund")] == [250]
    payment = store.find_payment(SCHOOL, booked.payment_id or "")
    assert (payment.state, payment.refunded) == (PaymentState.REFUNDED, pounds(250))
    assert booking_view(booking_of(booked), answers=False, money=True, mine=True).due_later == []
    assert ledger_balance() == shop.balance()


def test_a_deposit_that_is_not_paid_gives_the_place_up_and_nothing_is_owed(shop: Shop, trip: SchoolEvent) -> None:
    booked = book(trip)
    cancelling.cancel(as_parent(), booking_of(booked))
    assert booking_of(booked).state is BookingState.RELEASED
    assert booking_view(booking_of(booked), answers=False, money=True, mine=True).due_later == []
