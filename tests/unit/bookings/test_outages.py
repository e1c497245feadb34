"""Stripe out of reach at every call: told to try again, nothing lost, and the next try completes it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from school_events.bookings import cancelling, settlement
from school_events.bookings.model import BookingState
from school_events.core.errors import TryAgain
from school_events.events.model import SchoolEvent
from school_events.payments.accounts import service as accounts
from school_events.payments.model import PaymentState
from school_events.payments.refunds import gateway
from school_events.payments.refunds.model import StripeRefund
from tests.support.booked_world import as_parent, as_system, book, booking_of, payment_of, place_states
from tests.support.contexts import NOW, a_context
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger_balance
from tests.support.tables import everything
from tests.unit.bookings.paying import HOLD_OVER, apply, late_and_gone, let_go, paid

pytestmark = pytest.mark.usefixtures("shop")

_TRIES = 2
"""The SDK asks again once."""


def _out(shop: Shop) -> None:
    shop.server.faults.outage(_TRIES)


def _answer_lost(shop: Shop) -> None:
    shop.server.faults.lose_answers(_TRIES)


TROUBLE = pytest.mark.parametrize("trouble", [_out, _answer_lost])


@TROUBLE
def test_opening_a_page(shop: Shop, event: SchoolEvent, trouble: Callable[[Shop], None]) -> None:
    booked = book(event)
    trouble(shop)
    with pytest.raises(TryAgain):
        shop.open(booked)
    payment = shop.open(booked, NOW + timedelta(minutes=2))
    assert payment.checkout is not None
    assert payment.checkout.attempt == 1
    assert len(shop.all("checkout.session")) == 1
    assert booking_of(booked).hold_until == HOLD_OVER


def test_a_page_that_stripe_never_heard_of_in_time_is_asked_for_anew(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    _out(shop)
    with pytest.raises(TryAgain):
        shop.open(booked)
    later = NOW + timedelta(minutes=10)
    shop.at(later)
    payment = shop.open(booked, later)
    assert payment.checkout is not None
    assert payment.checkout.attempt == 2
    assert booking_of(booked).hold_until == HOLD_OVER + timedelta(minutes=10)
    shop.pay(payment)
    assert apply(booked).state is PaymentState.PAID


@TROUBLE
@pytest.mark.parametrize("minutes", [5, 20, 36, 2000])
def test_a_hold_whose_page_was_never_known_is_let_go(
    shop: Shop, event: SchoolEvent, trouble: Callable[[Shop], None], minutes: int
) -> None:
    booked = book(event)
    trouble(shop)
    with pytest.raises(TryAgain):
        shop.open(booked)
    later = NOW + timedelta(minutes=minutes)
    shop.at(later)
    assert settlement.let_go(as_system(later), booked.payment_id or "").state is PaymentState.EXPIRED
    assert {one["status"] for one in shop.all("checkout.session")} <= {"expired"}
    assert set(place_states(event)) == {"free"}


def test_a_hold_is_let_go_even_of_a_school_that_can_take_no_money_any_more(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    _out(shop)
    with pytest.raises(TryAgain):
        shop.open(booked)
    shop.cannot_charge()
    assert let_go(booked).state is PaymentState.EXPIRED
    assert set(place_states(event)) == {"free"}


@TROUBLE
def test_closing_a_page(shop: Shop, event: SchoolEvent, trouble: Callable[[Shop], None]) -> None:
    booked = book(event)
    shop.open(booked)
    trouble(shop)
    with pytest.raises(TryAgain):
        let_go(booked)
    assert place_states(event).count("held") == 1
    assert let_go(booked).state is PaymentState.EXPIRED
    assert set(place_states(event)) == {"free"}


def test_looking_at_a_page(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event)
    before = everything()
    _out(shop)
    with pytest.raises(TryAgain):
        apply(booked)
    assert everything() == before
    assert apply(booked).state is PaymentState.PAID


@TROUBLE
def test_giving_late_money_back(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[Shop], None]
) -> None:
    booked = late_and_gone(shop, event, monkeypatch)
    make = gateway.create_refund

    def make_in_trouble(*args: Any) -> StripeRefund:
        monkeypatch.setattr(gateway, "create_refund", make)
        trouble(shop)
        return make(*args)

    monkeypatch.setattr(gateway, "create_refund", make_in_trouble)
    with pytest.raises(TryAgain):
        apply(booked)
    assert payment_of(booked).state is PaymentState.LATE_REFUNDING
    assert apply(booked).state is PaymentState.REFUNDED
    assert len(shop.all("refund")) == 1
    assert ledger_balance() == shop.balance()
    assert not faults_of(event)


@TROUBLE
def test_connecting_a_school(shop: Shop, trouble: Callable[[Shop], None]) -> None:
    trouble(shop)
    other = a_context("school-2")
    with pytest.raises(TryAgain):
        accounts.connect_school(other)
    account, url = accounts.connect_school(other)
    assert url
    assert set(shop.server.world.books) - {shop.account_id, "acct_platform"} == {account.account_id}


def test_nothing_is_cancelled_while_stripe_cannot_close_the_page(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.open(booked)
    _out(shop)
    assert cancelling.cancel(as_parent(), booking_of(booked)).state is BookingState.EXPIRING
    with pytest.raises(TryAgain):
        settlement.let_go(as_system(), booked.payment_id or "")
    assert place_states(event).count("held") == 1
