"""Who paid a part at the school has three days for the rest, whatever pages they open and leave meanwhile."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine

from school_events.bookings import chores, settlement
from school_events.bookings.service import Booked
from school_events.events.model import SchoolEvent
from school_events.payments.model import Payment
from school_events.payments.receipts.rules import HOLD_FOR_THE_REST
from school_events.payments.rules import CHECKOUT_LIFE
from tests.support.booked_world import a_school_with_families, an_event, as_system, book, booking_of, payment_of
from tests.support.contexts import NOW
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.paying import once_before
from tests.unit.functions.receipts.asking import MISTAKE, on, pence, receive

_OVER = NOW + HOLD_FOR_THE_REST
_MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def event(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip at £12.50; it is the moment of the tests."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield an_event()


@pytest.fixture
def booked(event: SchoolEvent) -> Booked:
    """A place of which £5 were received in cash."""
    found = book(event)
    receive(found, amount=pence(500))
    return found


def _left(shop: Shop, booked: Booked, now: datetime) -> Payment:
    """A page is opened and left; Stripe has closed it, and we have not heard of it."""
    shop.at(now)
    opened = shop.open(booked, now)
    shop.at(now + CHECKOUT_LIFE + _MINUTE)
    return opened


def _hear(booked: Booked, now: datetime) -> Payment:
    return settlement.apply_payment(as_system(now), booked.payment_id or "")


def _housekeep(now: datetime) -> None:
    chores.let_due_holds_go(now, lambda _: as_system(now), lambda: True)


@pytest.mark.parametrize("is_heard", [True, False])
def test_a_page_that_was_left_leaves_the_rest_payable_until_the_three_days_are_over(
    shop: Shop, event: SchoolEvent, booked: Booked, *, is_heard: bool
) -> None:
    _left(shop, booked, NOW)
    later = NOW + timedelta(hours=1)
    if is_heard:
        assert _hear(booked, later).state == "created"
    _housekeep(later)
    assert (booking_of(booked).state, booking_of(booked).hold_until) == ("pending", _OVER)
    shop.pay(shop.open(booked, later))
    assert _hear(booked, later).state == "paid"
    assert booking_of(booked).state == "confirmed"
    assert [one["amount"] for one in shop.all("charge")] == [750]
    assert ledger_balance() == shop.balance()
    assert faults_of(event) == []


def test_the_place_goes_when_the_three_days_are_over(shop: Shop, booked: Booked) -> None:
    _left(shop, booked, NOW)
    _hear(booked, NOW + timedelta(hours=1))
    _housekeep(_OVER + _MINUTE)
    assert booking_of(booked).state == "released"
    assert [line.back.amount for line in payment_of(booked).lines] == [500]


def test_a_page_that_is_open_then_is_waited_for_and_no_further_one(shop: Shop, booked: Booked) -> None:
    late = _OVER - _MINUTE
    _left(shop, booked, late)
    _housekeep(_OVER + _MINUTE)
    assert booking_of(booked).state == "pending"
    assert _hear(booked, late + CHECKOUT_LIFE + _MINUTE).state == "expired"
    assert booking_of(booked).state == "released"


def test_a_place_that_a_mistake_made_a_hold_again_waits_three_days_as_well(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    _, receipt = receive(booked)
    on(booked, receipt, "reverse", MISTAKE)
    _left(shop, booked, NOW)
    assert _hear(booked, NOW + timedelta(hours=1)).state == "created"
    assert (booking_of(booked).state, booking_of(booked).hold_until) == ("pending", _OVER)


def test_word_of_a_page_that_closed_does_not_take_the_next_one_away(
    shop: Shop, booked: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    _left(shop, booked, NOW)
    later = NOW + timedelta(hours=1)
    once_before(monkeypatch, settlement, "_nothing_came", lambda: shop.open(booked, later))
    assert _hear(booked, later).state == "open"
    assert booking_of(booked).state == "pending"


def test_who_hears_of_the_same_page_a_second_time_takes_nothing_away(
    shop: Shop, booked: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    _left(shop, booked, NOW)
    later = NOW + timedelta(hours=1)
    once_before(monkeypatch, settlement, "_nothing_came", lambda: _hear(booked, later))
    assert _hear(booked, later).state == "created"
    assert booking_of(booked).state == "pending"


def test_the_rest_can_be_paid_to_another_account_when_the_school_has_left_the_page_s(
    shop: Shop, booked: Booked
) -> None:
    _left(shop, booked, NOW)
    shop.server.holders.deauthorise(shop.account_id)
    shop.account_id = shop.connect()
    later = NOW + timedelta(hours=1)
    shop.pay(shop.open(booked, later))
    assert _hear(booked, later).state == "paid"
    assert booking_of(booked).state == "confirmed"
