"""The morning's run, with the role it has: what no webhook told is caught up with, places and all."""

from datetime import timedelta

import pytest
import time_machine

from functions.money_check.handler import lambda_handler
from school_events.bookings.model import BookingState
from school_events.core import logs
from school_events.core.context import Context
from school_events.payments.model import PaymentState
from tests.support.booked_world import a_school_with_families, an_event, book, booking_of, payment_of
from tests.support.http_events import LambdaContext
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.paying import let_go_unseen, paid
from tests.unit.payments.reconciliation.mornings import differences, morning


def run(shop: Shop, day: int, remaining_ms: int = 280_000) -> dict[str, int]:
    shop.at(morning(day))
    with time_machine.travel(morning(day), tick=False):
        return lambda_handler({}, LambdaContext(remaining_ms=remaining_ms))


def test_a_payment_nobody_told_us_of_is_found_its_place_confirmed_and_its_payout_followed(shop: Shop) -> None:
    a_school_with_families()
    booked = paid(shop, an_event())
    shop.server.dashboard.sell(shop.account_id, 900)
    for day in range(1, 7):
        assert run(shop, day) == {"checked": 1, "failed": 0, "differences": 0}
        assert ledger_balance() == shop.balance()
    assert payment_of(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert not differences()


def test_money_nobody_told_us_of_for_a_place_let_go_is_given_one_that_is_free(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_school_with_families()
    booked = book(an_event())
    payment = shop.open(booked)
    let_go_unseen(shop, booked, monkeypatch)
    shop.pay(payment)
    assert run(shop, 1) == {"checked": 1, "failed": 0, "differences": 0}
    assert booking_of(booked).state is BookingState.CONFIRMED


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is counted, in order."""
    counted: list[str] = []
    monkeypatch.setattr(logs, "count", lambda name, value=1: counted.append(name))
    return counted


def test_without_time_for_one_nothing_is_begun_and_should_that_last_somebody_is_told(
    shop: Shop, counted: list[str]
) -> None:
    assert run(shop, 1, remaining_ms=50_000) == {"checked": 0, "failed": 0, "differences": 0}
    assert counted == ["MoneyCheckFailed"]
    assert run(shop, 1) == {"checked": 1, "failed": 0, "differences": 0}


def test_each_account_that_was_compared_is_counted_so_that_a_day_without_any_is_seen(
    shop: Shop, counted: list[str]
) -> None:
    run(shop, 1)
    assert counted == ["MoneyChecked"]


def test_what_stripe_has_no_time_to_answer_is_not_asked_and_the_account_tried_again(
    shop: Shop, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catching up takes several calls: none is begun that could not end before the function does."""
    a_school_with_families()
    booked = paid(shop, an_event())
    left = iter([timedelta(minutes=4), *[timedelta(seconds=16)] * 9])
    with monkeypatch.context() as late:
        late.setattr(Context, "time_left", lambda _: next(left))
        assert run(shop, 1) == {"checked": 0, "failed": 1, "differences": 0}
    assert "NoTimeForStripe" in counted
    assert payment_of(booked).state is PaymentState.OPEN
    shop.at(morning(1) + timedelta(minutes=15))
    with time_machine.travel(morning(1) + timedelta(minutes=15), tick=False):
        assert lambda_handler({}, LambdaContext(remaining_ms=280_000))["checked"] == 1
    assert payment_of(booked).state is PaymentState.PAID
