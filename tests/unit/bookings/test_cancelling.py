"""A parent gives up a place, or a hold."""

import pytest

from school_events.bookings import cancelling, settlement
from school_events.bookings.model import BookingState
from school_events.core.errors import NoFreePlace, WrongState
from school_events.events.model import SchoolEvent
from school_events.payments.model import PaymentState
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    payment_of,
    place_states,
)
from tests.support.contexts import NOW
from tests.support.event_checker import faults_of
from tests.support.shop import Shop
from tests.unit.bookings.paying import apply, once_before

pytestmark = pytest.mark.usefixtures("shop")


def test_a_parent_ends_a_hold_that_has_no_page(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event, "pupil-1", "pupil-2")
    assert cancelling.cancel(as_parent(), booking_of(booked)).state is BookingState.RELEASED
    assert booking_of(booked, 1).state is BookingState.RELEASED
    assert set(place_states(event)) == {"free"}
    assert payment_of(booked).state is PaymentState.EXPIRED


def test_a_parent_ends_a_hold_with_an_open_page_which_closes_first(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    payment = shop.open(booked)
    cancelled = cancelling.cancel(as_parent(), booking_of(booked))
    assert (cancelled.state, cancelled.hold_until) == (BookingState.EXPIRING, NOW)
    assert place_states(event).count("held") == 1
    with pytest.raises(WrongState):
        shop.open(booked)
    assert settlement.let_go(as_system(), booked.payment_id or "").state is PaymentState.EXPIRED
    assert shop.status_of(payment) == "expired"
    assert set(place_states(event)) == {"free"}


def test_who_pays_after_cancelling_a_hold_has_the_place(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    payment = shop.open(booked)
    cancelling.cancel(as_parent(), booking_of(booked))
    shop.pay(payment)
    assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert not faults_of(event)


def test_a_free_place_is_given_up_at_once_and_once(shop: Shop) -> None:
    a_school_with_families()
    event = an_event(price=0, capacity=1)
    booked = book(event)
    with pytest.raises(NoFreePlace):
        book(event, "pupil-3", parent=3)
    assert cancelling.cancel(as_parent(), booking_of(booked)).state is BookingState.CANCELLED
    with pytest.raises(WrongState):
        cancelling.cancel(as_parent(), booking_of(booked))
    assert book(event, "pupil-3", parent=3).state == "confirmed"
    assert not faults_of(event)


def test_a_page_opened_while_its_hold_is_cancelled_is_left_to_housekeeping(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    once_before(monkeypatch, settlement, "_release", lambda: shop.open(booked))
    assert cancelling.cancel(as_parent(), booking_of(booked)).state is BookingState.EXPIRING
    payment = payment_of(booked)
    assert (payment.state, shop.status_of(payment)) == (PaymentState.OPEN, "open")
    assert settlement.let_go(as_system(), payment.id).state is PaymentState.EXPIRED
    assert shop.status_of(payment) == "expired"
