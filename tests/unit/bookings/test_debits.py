"""Bacs Direct Debit: complete and unpaid for days; the place is held as long as the bank takes (scenario 19)."""

from datetime import datetime, timedelta

import pytest

from school_events.bookings import calling_off, cancelling, chores
from school_events.bookings.closing import close_booking
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.bookings.terms.service import preview
from school_events.core.errors import WrongState
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.payments import rules
from school_events.payments.model import PaymentState
from tests.support.booked_world import as_parent, as_system, book, booking_of, payment_of, place_states
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.attempts import debited
from tests.unit.bookings.paying import apply

pytestmark = pytest.mark.usefixtures("shop")

_SETTLED = NOW + timedelta(days=11)
"""When every debit begun at ``NOW`` is over."""


@pytest.fixture(autouse=True)
def _eleven_days_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trip of these tests begins in eleven days; so many would not do for families (test_rules)."""
    monkeypatch.setattr(rules, "DIRECT_DEBIT_UNTIL", timedelta(days=10))


def _debited(shop: Shop, event: SchoolEvent, number: str = "00012345") -> Booked:
    """A place whose family pays by direct debit; we have heard that they are done with the page."""
    booked = debited(shop, event, number)
    apply(booked)
    return booked


def _let_due_holds_go(now: datetime) -> int:
    return chores.let_due_holds_go(now, lambda school_id: as_system(now), lambda: True)


def test_it_is_offered_while_what_is_booked_is_far_enough_away(shop: Shop, event: SchoolEvent) -> None:
    early = shop.open(book(event))
    tomorrow_but_one = NOW + timedelta(days=2)
    shop.at(tomorrow_but_one)
    late = shop.open(book(event, "pupil-3", parent=3, now=tomorrow_but_one), tomorrow_but_one)
    offered = [one["payment_method_types"] for one in shop.all("checkout.session")]
    assert [early.checkout and early.checkout.direct_debit, late.checkout and late.checkout.direct_debit] == [
        True,
        False,
    ]
    assert offered == [["card"], ["card", "bacs_debit"]]


def test_a_school_that_takes_none_offers_cards(shop: Shop, event: SchoolEvent) -> None:
    shop.server.holders.restrict(shop.account_id, "bacs_debit_payments")
    shop.open(book(event))
    assert [one["payment_method_types"] for one in shop.all("checkout.session")] == [["card"]]


def test_the_place_is_held_while_the_bank_has_not_paid(shop: Shop, event: SchoolEvent) -> None:
    booked = _debited(shop, event)
    assert payment_of(booked).state is PaymentState.PROCESSING
    assert booking_of(booked).state is BookingState.PENDING
    for day in range(1, 8):
        shop.at(NOW + timedelta(days=day))
        _let_due_holds_go(NOW + timedelta(days=day, minutes=1))
    assert payment_of(booked).state is PaymentState.PROCESSING
    assert place_states(event).count("held") == 1
    assert ledger() == []
    assert not faults_of(event)


def test_who_is_paying_gets_no_second_page(shop: Shop, event: SchoolEvent) -> None:
    booked = _debited(shop, event)
    with pytest.raises(WrongState, match="paying this already"):
        shop.open(booked)
    assert len(shop.all("checkout.session")) == 1


def test_a_debit_that_came_confirms_the_place(shop: Shop, event: SchoolEvent) -> None:
    booked = _debited(shop, event)
    shop.at(_SETTLED)
    assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert ledger_balance() == shop.balance()
    assert not faults_of(event)


@pytest.mark.parametrize("number", ["22222227", "33333335"])
def test_a_debit_that_failed_lets_the_place_go(shop: Shop, event: SchoolEvent, number: str) -> None:
    booked = _debited(shop, event, number)
    shop.at(_SETTLED)
    assert apply(booked).state is PaymentState.FAILED
    assert booking_of(booked).state is BookingState.RELEASED
    assert set(place_states(event)) == {"free"}
    assert apply(booked).state is PaymentState.FAILED
    assert ledger() == []
    assert not faults_of(event)


def test_without_a_word_of_stripe_s_it_is_looked_at_every_day(shop: Shop, event: SchoolEvent) -> None:
    booked = _debited(shop, event)
    shop.at(_SETTLED)
    assert _let_due_holds_go(NOW + timedelta(hours=23)) == 0
    _let_due_holds_go(_SETTLED)
    assert payment_of(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED


def test_a_family_cannot_give_a_place_up_that_its_bank_is_paying_for(shop: Shop, event: SchoolEvent) -> None:
    booked = _debited(shop, event)
    with pytest.raises(WrongState, match="bank is paying"):
        cancelling.cancel(as_parent(), booking_of(booked))
    assert booking_of(booked).state is BookingState.PENDING
    shown = preview(as_parent(), booking_of(booked))
    assert (shown.possible, shown.words) == (False, "The bank is paying this; it can be cancelled once it has.")


@pytest.mark.parametrize(("number", "refunded"), [("00012345", [1250]), ("22222227", [])])
def test_an_event_that_is_called_off_meanwhile_gives_the_debit_back(
    shop: Shop, event: SchoolEvent, number: str, refunded: list[int]
) -> None:
    booked = _debited(shop, event, number)
    lifecycle.cancel(a_context(), event.id, close_booking)
    cancelled = find_event(SCHOOL, event.id)
    calling_off.call_off(as_system(), cancelled, lambda: True)
    _let_due_holds_go(NOW)
    assert payment_of(booked).state is PaymentState.PROCESSING
    shop.at(_SETTLED)
    _let_due_holds_go(_SETTLED)
    calling_off.call_off(as_system(_SETTLED), cancelled, lambda: True)
    chores.make_due_refunds(_SETTLED, lambda school_id: as_system(_SETTLED), lambda: True)
    assert booking_of(booked).state in {BookingState.CANCELLED, BookingState.RELEASED}
    assert [one["amount"] for one in shop.all("refund")] == refunded
    assert ledger_balance() == shop.balance()
