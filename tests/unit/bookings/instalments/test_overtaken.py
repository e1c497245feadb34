"""Paid between what was looked at and what is written: nothing is decided on what is no longer so."""

import pytest

from school_events.bookings import cancelling, endings, settlement, store
from school_events.bookings.instalments import family, looking
from school_events.bookings.model import BookingState
from school_events.core.errors import StaleVersion
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments.model import Payment, PaymentState
from school_events.payments.store import find_payment
from tests.support.booked_world import a_school_with_families, as_parent, as_system, booking_of
from tests.support.contexts import SCHOOL, a_context
from tests.support.shop import Shop
from tests.unit.bookings.instalments.owing import FIRST, a_trip, confirmed, instalments, morning
from tests.unit.bookings.paying import once_before


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip that is paid in three parts."""
    a_school_with_families()
    return a_trip()


def _pay(shop: Shop, payment: Payment) -> None:
    shop.pay(payment)
    settlement.apply_payment(as_system(), payment.id)


def test_what_is_paid_just_before_a_booking_is_ended_goes_back_with_the_rest(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = confirmed(shop, trip)
    opened = family.checkout(as_parent(), instalments(booked)[0].id)
    once_before(monkeypatch, endings, "end", lambda: _pay(shop, opened))
    ended = cancelling.cancel(a_context(), booking_of(booked))
    assert ended.cancellation is not None
    assert ended.cancellation.refund == pounds(650)


def test_what_is_paid_just_before_its_place_would_end_keeps_the_place(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    opened = family.checkout(as_parent(), instalments(booked)[0].id)
    seen = find_payment(SCHOOL, opened.id)
    _pay(shop, opened)
    with pytest.raises(StaleVersion):
        cancelling.end_unpaid(as_system(morning(FIRST)), store.find_booking(SCHOOL, booked.booking_ids[0]), seen)
    assert booking_of(booked).state is BookingState.CONFIRMED


def test_who_is_paying_or_has_paid_is_not_reminded(shop: Shop, trip: SchoolEvent) -> None:
    first = instalments(confirmed(shop, trip))[0]
    opened = family.checkout(as_parent(), first.id)
    shop.at(morning(FIRST))
    looking.look_after(as_system(morning(FIRST)), opened)  # its page is over
    paying = family.checkout(as_parent(now=morning(FIRST)), first.id)
    looking.look_after(as_system(morning(FIRST)), paying)  # its page is open: nobody is reminded
    assert find_payment(SCHOOL, first.id).told_at is None
    _pay(shop, paying)
    looking.look_after(as_system(morning(FIRST)), paying)
    assert (find_payment(SCHOOL, first.id).state, find_payment(SCHOOL, first.id).told_at) == (PaymentState.PAID, None)
