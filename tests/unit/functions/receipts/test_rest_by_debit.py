"""A debit that fails is one attempt at paying the rest: the place waits until its three days are over all the same."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from local.stripe.bacs import Outcome
from school_events.bookings import chores, settlement
from school_events.bookings.instalments import together
from school_events.bookings.service import Booked
from school_events.events.model import SchoolEvent
from school_events.payments import consequences
from school_events.payments.model import Payment
from school_events.payments.receipts.rules import HOLD_FOR_THE_REST
from school_events.payments.store import PaymentItem, payment_key
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    payment_of,
)
from tests.support.contexts import NOW, SCHOOL
from tests.support.event_checker import faults_of
from tests.support.people import portal_message, tell
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.paying import once_before, overtaken_by
from tests.unit.functions.receipts.asking import MISTAKE, on, pence, receive

_OVER = NOW + HOLD_FOR_THE_REST
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def event(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip at £12.50 that begins late enough for debits; it is the moment of the tests."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield an_event(on="2027-01-22")


@pytest.fixture
def booked(event: SchoolEvent) -> Booked:
    """A place of which £5 were received in cash."""
    found = book(event)
    receive(found, amount=pence(500))
    return found


def _debited(shop: Shop, booked: Booked) -> str:
    """The rest is on its way from a bank that will not pay it."""
    opened = shop.open(booked)
    assert opened.checkout is not None
    session_id = opened.checkout.session_id or ""
    shop.server.payers.debit(session_id)
    return session_id


def _fails(shop: Shop, session_id: str) -> None:
    """The bank says so now, and not in days."""
    shop.server.payers.settle_debit(session_id, Outcome.FAILS)


def _hear(booked: Booked, later: timedelta = _HOUR) -> Payment:
    return settlement.apply_payment(as_system(NOW + later), booked.payment_id or "")


def _housekeep(later: timedelta) -> None:
    chores.let_due_holds_go(NOW + later, lambda _: as_system(NOW + later), lambda: True)


@pytest.mark.parametrize("is_heard", [True, False])
def test_the_rest_can_be_paid_by_card_after_a_debit_that_failed(
    shop: Shop, event: SchoolEvent, booked: Booked, *, is_heard: bool
) -> None:
    session_id = _debited(shop, booked)
    if is_heard:
        assert _hear(booked, _MINUTE).state == "processing"
    _fails(shop, session_id)
    assert _hear(booked).state == "created"
    assert (booking_of(booked).state, booking_of(booked).hold_until) == ("pending", _OVER)
    _housekeep(timedelta(days=2))
    shop.pay(shop.open(booked, NOW + 2 * _HOUR))
    assert _hear(booked, 3 * _HOUR).state == "paid"
    assert booking_of(booked).state == "confirmed"
    assert ledger_balance() == shop.balance()
    assert faults_of(event) == []


def test_the_family_is_told_that_its_bank_did_not_pay(shop: Shop, booked: Booked) -> None:
    session_id = _debited(shop, booked)
    _fails(shop, session_id)
    _hear(booked)
    key = payment_key(SCHOOL, booked.payment_id or "")
    followed = consequences.of(PaymentItem.get(key.pk, key.sk))
    assert followed is not None
    assert [one.kind for one in followed.tellings] == ["payment_failed"]


def test_the_place_goes_when_the_three_days_are_over(shop: Shop, booked: Booked) -> None:
    _fails(shop, _debited(shop, booked))
    _hear(booked)
    _housekeep(HOLD_FOR_THE_REST + _MINUTE)
    assert booking_of(booked).state == "released"
    assert [line.back.amount for line in payment_of(booked).lines] == [500]


def test_a_debit_that_fails_later_than_that_lets_the_place_go_at_once(shop: Shop, booked: Booked) -> None:
    session_id = _debited(shop, booked)
    _hear(booked, _MINUTE)
    for day in (1, 2, 3):
        _housekeep(day * _DAY + 2 * _MINUTE)
    _fails(shop, session_id)
    assert _hear(booked, HOLD_FOR_THE_REST + _HOUR).state == "failed"
    assert booking_of(booked).state == "released"


def test_a_place_that_a_mistake_made_a_hold_again_waits_as_well(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    _, receipt = receive(booked)
    on(booked, receipt, "reverse", MISTAKE)
    _fails(shop, _debited(shop, booked))
    assert _hear(booked).state == "created"
    assert (booking_of(booked).state, booking_of(booked).hold_until) == ("pending", _OVER)


@pytest.mark.parametrize("is_paid_anew", [True, False])
def test_who_hears_of_it_a_second_time_takes_nothing_away(
    shop: Shop, booked: Booked, monkeypatch: pytest.MonkeyPatch, *, is_paid_anew: bool
) -> None:
    _fails(shop, _debited(shop, booked))

    def somebody_else_heard_first() -> None:
        _hear(booked)
        if is_paid_anew:
            shop.open(booked, NOW + _HOUR)

    once_before(monkeypatch, settlement, "_nothing_came", somebody_else_heard_first)
    assert _hear(booked).state == ("open" if is_paid_anew else "created")
    assert booking_of(booked).state == "pending"


def test_a_hold_that_is_being_let_go_goes_all_the_same(shop: Shop, booked: Booked) -> None:
    _fails(shop, _debited(shop, booked))
    settlement.begin_letting_go(as_system(NOW + _HOUR), booked.payment_id or "")
    assert _hear(booked).state == "failed"
    assert booking_of(booked).state == "released"


@pytest.mark.parametrize("is_paid_anew", [True, False])
def test_news_that_a_bank_is_paying_is_none_once_it_is_known_that_it_did_not(
    shop: Shop, booked: Booked, monkeypatch: pytest.MonkeyPatch, *, is_paid_anew: bool
) -> None:
    session_id = _debited(shop, booked)

    def it_fails_and_is_heard() -> None:
        _fails(shop, session_id)
        _hear(booked)
        if is_paid_anew:
            shop.open(booked, NOW + _HOUR)

    overtaken_by(it_fails_and_is_heard, monkeypatch)
    assert _hear(booked).state == ("open" if is_paid_anew else "created")
    shop.pay(shop.open(booked, NOW + _HOUR))
    assert _hear(booked).state == "paid"


def test_the_place_of_a_child_who_has_left_meanwhile_goes(shop: Shop, booked: Booked) -> None:
    session_id = _debited(shop, booked)
    _hear(booked, _MINUTE)
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-11-20"}, version=2))
    _fails(shop, session_id)
    assert _hear(booked).state == "failed"
    assert booking_of(booked).state == "released"


def test_of_several_places_in_one_checkout_the_days_of_one_are_those_of_all(shop: Shop, event: SchoolEvent) -> None:
    both = [book(event), book(event, "pupil-2")]
    _, receipt = receive(both[0])
    on(both[0], receipt, "reverse", MISTAKE)
    opened = together.open_page(as_parent(), [payment_of(one) for one in both])
    assert opened.checkout is not None
    session_id = opened.checkout.session_id or ""
    shop.server.payers.debit(session_id)
    _fails(shop, session_id)
    later = as_system(NOW + _HOUR)
    assert settlement.apply_payment(later, opened.id).state == "created"
    assert [(booking_of(one).state, booking_of(one).hold_until) for one in both] == [("pending", _OVER)] * 2
