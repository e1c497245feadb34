"""Several attempts at paying, money that came twice, and money that is not what was asked for (11, 15, 22)."""

from datetime import timedelta

import pytest

from school_events.bookings import chores, settlement, strays
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.core import logs
from school_events.core.errors import StaleVersion, TryAgain, WrongState
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments import gateway, service, store
from school_events.payments.attention.store import open_ones
from school_events.payments.ledger.model import LedgerAccount
from school_events.payments.model import PaymentState
from school_events.payments.refunds import service as refunds
from school_events.payments.refunds.store import RefundItem, refunds_of_payment
from tests.support.booked_world import as_system, book, booking_of, payment_of, place_states
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.attempts import costs, pay_twice, quarantined, two_open_pages
from tests.unit.bookings.paying import apply, let_go, once_before

pytestmark = pytest.mark.usefixtures("shop")


def _on_account(account: LedgerAccount) -> int:
    """What an account of the ledger holds, in pence."""
    entries = ledger()
    came = sum(one.amount.amount for one in entries if one.debit is account)
    return came - sum(one.amount.amount for one in entries if one.credit is account)


def test_another_price_is_another_attempt_and_the_old_page_is_closed_first(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    first = shop.open(booked)
    assert shop.open(booked) == first
    costs(booked, 900)
    second = shop.open(booked)
    assert [(one["status"], one["amount_total"]) for one in shop.all("checkout.session")] == [
        ("open", 900),
        ("expired", 1250),
    ]
    assert second.checkout is not None
    assert (second.checkout.attempt, [one.attempt for one in second.earlier]) == (2, [1])
    shop.pay(second)
    assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert ledger_balance() == shop.balance()


def test_a_page_that_was_paid_is_not_closed(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    first = shop.open(booked)
    shop.pay(first)
    with pytest.raises(service.PaidMeanwhile):
        service.close_page(a_context(), first)
    costs(booked, 900)
    with pytest.raises(service.PaidMeanwhile):
        shop.open(booked)
    assert len(shop.all("checkout.session")) == 1


def test_a_page_that_somebody_else_opened_meanwhile_is_not_taken_for_the_closed_one(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    first = shop.open(booked)

    def open_another() -> None:
        service.close_page(a_context(), payment_of(booked))
        shop.open(booked)

    once_before(monkeypatch, store, "find_payment", open_another)
    with pytest.raises(StaleVersion):
        service.close_page(a_context(), first)
    assert payment_of(booked).state is PaymentState.OPEN
    assert [one["status"] for one in shop.all("checkout.session")] == ["open", "expired"]


def test_money_for_a_former_price_waits_for_a_person(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    first = shop.open(booked)
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "expire_session", lambda *_: None)
        costs(booked, 900)
        shop.open(booked)
    shop.pay(first)
    assert apply(booked).state is PaymentState.QUARANTINED
    assert _on_account(LedgerAccount.SUSPENSE) == -1250


@pytest.mark.parametrize("which", [0, 1], ids=["the former page", "the present page"])
def test_money_is_found_whichever_page_it_came_through(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    booked = book(event)
    pages = two_open_pages(shop, booked, monkeypatch)
    shop.pay(pages[which])
    assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert ledger_balance() == shop.balance()
    assert not faults_of(event)


def test_of_what_was_paid_twice_one_goes_back_and_the_booking_stays(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    pay_twice(shop, booked, monkeypatch)
    for _ in range(3):
        assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    (refund,) = shop.all("refund")
    assert refund["amount"] == 1250
    assert refund["charge"] != payment_of(booked).charge_id
    assert payment_of(booked).refunded == pounds(0)
    assert (_on_account(LedgerAccount.SUSPENSE), _on_account(LedgerAccount.EVENT_INCOME)) == (0, -1250)
    assert ledger_balance() == shop.balance()
    assert not faults_of(event)


def test_what_was_paid_a_second_time_after_the_first_was_known_goes_back_too(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    first, second = two_open_pages(shop, booked, monkeypatch)
    shop.pay(second)
    apply(booked)
    shop.pay(first)
    apply(booked)
    assert [one["amount"] for one in shop.all("refund")] == [1250]
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert ledger_balance() == shop.balance()


def test_what_stripe_would_not_give_back_at_once_is_due(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    pay_twice(shop, booked, monkeypatch)

    def not_now(*_: object) -> None:
        raise TryAgain

    with monkeypatch.context() as patch:
        patch.setattr(refunds, "make_refund", not_now)
        with pytest.raises(TryAgain):
            apply(booked)
    assert payment_of(booked).state is PaymentState.PAID
    (asked,) = refunds_of_payment(SCHOOL, booked.payment_id or "")
    assert (asked.state, asked.due_pk is not None) == ("asked", True)
    apply(booked)
    assert len(shop.all("refund")) == 1


def test_what_came_twice_and_went_back_in_the_dashboard_before_is_not_said_to_not_arrive(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    pay_twice(shop, booked, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(refunds, "make_refund", lambda *_: None)
        apply(booked)
    (stray,) = payment_of(booked).strays
    shop.server.dashboard.refund(stray.charge_id)
    chores.make_due_refunds(later := NOW + timedelta(minutes=2), lambda _: as_system(later), lambda: True)
    assert {(item.record.why, item.record.state.value, item.record.trouble) for item in _refunds_of(booked)} == {
        ("dashboard", "made", None),
        ("paid_twice", "failed", "gone_otherwise"),
    }
    assert ledger_balance() == shop.balance()


def _refunds_of(booked: Booked) -> list[RefundItem]:
    return list(refunds_of_payment(SCHOOL, booked.payment_id or ""))


def test_the_school_is_shown_what_is_not_what_was_asked_for(shop: Shop, event: SchoolEvent) -> None:
    booked = quarantined(shop, event)
    assert [(one.kind.value, one.thing_id) for one, _ in open_ones(SCHOOL, limit=9)] == [
        ("quarantined", booked.payment_id)
    ]
    assert _on_account(LedgerAccount.SUSPENSE) == -999
    assert ledger_balance() == shop.balance()


def test_it_raises_an_alarm_wherever_it_was_seen_first(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = quarantined(shop, event)
    counted: list[str] = []
    monkeypatch.setattr(logs, "count", lambda name, value=1: counted.append(name))
    apply(booked)
    assert "PaymentQuarantined" in counted
    strays.give_back(a_context(), booked.payment_id or "")
    counted.clear()
    apply(booked)
    assert counted == []


def test_given_back_as_a_whole_the_place_goes_and_nothing_is_left(shop: Shop, event: SchoolEvent) -> None:
    booked = quarantined(shop, event)
    for _ in range(2):
        assert strays.give_back(a_context(), booked.payment_id or "").state is PaymentState.FAILED
    assert booking_of(booked).state is BookingState.RELEASED
    assert set(place_states(event)) == {"free"}
    strays.make_refunds(as_system(), booked.payment_id or "")
    assert [one["amount"] for one in shop.all("refund")] == [999]
    assert (_on_account(LedgerAccount.SUSPENSE), _on_account(LedgerAccount.EVENT_INCOME)) == (0, 0)
    assert ledger_balance() == shop.balance()
    assert open_ones(SCHOOL, limit=9) == []
    assert apply(booked).state is PaymentState.FAILED
    assert len(shop.all("refund")) == 1
    assert not faults_of(event)


@pytest.mark.parametrize("pence", [999, 400])
def test_what_went_back_in_the_dashboard_is_not_given_back_again(shop: Shop, event: SchoolEvent, pence: int) -> None:
    booked = quarantined(shop, event)
    shop.server.dashboard.refund(shop.all("charge")[0]["id"], pence)
    refunds.catch_up(as_system(), booked.payment_id or "")
    assert ledger_balance() == shop.balance()
    strays.give_back(a_context(), booked.payment_id or "")
    strays.make_refunds(as_system(), booked.payment_id or "")
    assert sum(one["amount"] for one in shop.all("refund")) == 999
    assert _on_account(LedgerAccount.SUSPENSE) == 0
    assert ledger_balance() == shop.balance()


def test_a_place_does_not_wait_for_an_account_that_left_to_be_told_whose_it_is(shop: Shop, event: SchoolEvent) -> None:
    booked = quarantined(shop, event)
    shop.server.holders.deauthorise(shop.account_id)
    assert strays.give_back(a_context(), booked.payment_id or "").state is PaymentState.FAILED
    assert booking_of(booked).state is BookingState.RELEASED
    strays.make_refunds(as_system(), booked.payment_id or "")
    assert [one.kind.value for one, _ in open_ones(SCHOOL, limit=9)] == ["refund_stuck"]
    shop.server.holders.reauthorise(shop.account_id)
    strays.make_refunds(as_system(), booked.payment_id or "")
    assert [one["amount"] for one in shop.all("refund")] == [999]
    assert ledger_balance() == shop.balance()


def test_only_what_is_in_quarantine_is_given_back_so(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    with pytest.raises(WrongState):
        strays.give_back(a_context(), booked.payment_id or "")
    shop.pay(shop.open(booked))
    apply(booked)
    with pytest.raises(WrongState):
        strays.give_back(a_context(), booked.payment_id or "")


def test_what_came_in_another_currency_is_given_back_in_the_dashboard(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    shop.pay(shop.open(booked))
    look = gateway.find_session
    monkeypatch.setattr(gateway, "find_session", lambda *args: look(*args).model_copy(update={"currency": "eur"}))
    assert apply(booked).state is PaymentState.QUARANTINED
    with pytest.raises(WrongState, match="dashboard"):
        strays.give_back(a_context(), booked.payment_id or "")


def test_of_foreign_money_the_ledger_knows_once_stripe_says_how_much_it_was(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    shop.pay(shop.open(booked))
    look, unknown = gateway.find_session, {"received": None, "fee": 0, "balance_transaction_id": None}
    foreign = {"currency": "eur"}
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "find_session", lambda *args: look(*args).model_copy(update=foreign | unknown))
        assert apply(booked).state is PaymentState.QUARANTINED
        assert ledger() == []
        with pytest.raises(TryAgain):
            strays.give_back(a_context(), booked.payment_id or "")
    monkeypatch.setattr(gateway, "find_session", lambda *args: look(*args).model_copy(update=foreign))
    assert apply(booked).state is PaymentState.QUARANTINED
    assert shop.all("refund") == []
    assert ledger_balance() == shop.balance()


def test_a_quarantined_hold_is_not_let_go(shop: Shop, event: SchoolEvent) -> None:
    booked = quarantined(shop, event)
    assert let_go(booked).state is PaymentState.QUARANTINED
    assert settlement.apply_payment(as_system(), booked.payment_id or "").state is PaymentState.QUARANTINED
    assert place_states(event).count("held") == 1
