"""Money that comes when the place was let go: the place or the money back, never both (PAYMENTS.md 5)."""

from datetime import timedelta
from typing import Any

import pytest

from school_events.bookings import anonymising, late_money, places, settlement
from school_events.bookings.model import BookingState, PlaceState
from school_events.core.errors import TryAgain
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments import gateway
from school_events.payments.model import PaymentState
from school_events.payments.refunds import service as refunds
from school_events.payments.refunds.store import find_refund
from tests.support.booked_world import (
    CLOSES_AT,
    as_system,
    book,
    booking_of,
    close,
    payment_of,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL
from tests.support.event_checker import faults_of
from tests.support.people import PortalMessage, link_told, portal_message, tell
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.paying import apply, late_and_gone, let_go_unseen, once_before, paid, paid_too_late

pytestmark = pytest.mark.usefixtures("shop")


def test_a_fee_stripe_tells_of_later_is_entered_later(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid(shop, event)
    look = gateway.find_session
    without_fee = {"fee": 0, "balance_transaction_id": None}
    monkeypatch.setattr(gateway, "find_session", lambda *args: look(*args).model_copy(update=without_fee))
    assert apply(booked).state is PaymentState.PAID
    assert [one.kind for one in ledger()] == ["charge"]
    monkeypatch.setattr(gateway, "find_session", look)
    apply(booked)
    assert ledger_balance() == shop.balance()


def test_a_fee_is_entered_even_when_all_went_back_before_stripe_told_of_it(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = late_and_gone(shop, event, monkeypatch)
    look = gateway.find_session
    without_fee = {"fee": 0, "balance_transaction_id": None}
    monkeypatch.setattr(gateway, "find_session", lambda *args: look(*args).model_copy(update=without_fee))
    assert apply(booked).state is PaymentState.REFUNDED
    monkeypatch.setattr(gateway, "find_session", look)
    apply(booked)
    assert ledger_balance() == shop.balance()


def test_late_money_gets_the_place_if_it_is_still_free(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert place_states(event).count("taken") == 1
    assert shop.all("refund") == []
    assert not faults_of(event)


def test_late_money_for_a_place_that_is_gone_goes_back_once(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = late_and_gone(shop, event, monkeypatch)
    for _ in range(3):
        payment = apply(booked)
    assert (payment.state, payment.refunded) == (PaymentState.REFUNDED, pounds(1250))
    (refund,) = shop.all("refund")
    assert (refund["amount"], refund["metadata"]["refund_id"]) == (1250, f"late-{booked.booking_ids[0]}")
    row = find_refund(SCHOOL, payment.id, f"late-{booked.booking_ids[0]}")
    assert row is not None
    assert (row.idempotency_key, row.stripe_id) == (f"late:{booked.booking_ids[0]}", refund["id"])
    assert [one.kind for one in ledger()] == ["charge", "fee", "refund"]
    assert ledger_balance() == shop.balance()
    assert booking_of(booked).state is BookingState.RELEASED
    assert not faults_of(event)


@pytest.mark.parametrize("pence", [1250, 400])
def test_late_money_the_school_gave_back_in_the_dashboard_does_not_go_back_twice(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, pence: int
) -> None:
    """We hear of both after we were stopped between entering the money and looking at its place."""
    booked = late_and_gone(shop, event, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(late_money, "settle_lines", lambda *_: None)
        apply(booked)
    shop.server.dashboard.refund(payment_of(booked).charge_id or "", pence)
    refunds.catch_up(as_system(), booked.payment_id or "")
    for _ in range(2):
        payment = apply(booked)
    assert (payment.state, payment.refunded) == (PaymentState.REFUNDED, pounds(1250))
    assert sum(one["amount"] for one in shop.all("refund")) == 1250
    assert ledger_balance() == shop.balance()
    assert booking_of(booked).state is BookingState.RELEASED


def test_late_money_for_a_child_who_was_booked_anew_goes_back(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    payment = shop.open(booked)
    let_go_unseen(shop, booked, monkeypatch)
    again = book(event, parent=2)
    shop.pay(payment)
    assert apply(booked).state is PaymentState.REFUNDED
    assert booking_of(again).state is BookingState.PENDING
    assert not faults_of(event)


def test_of_a_late_basket_only_what_is_gone_goes_back(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event, "pupil-1", "pupil-2")
    payment = shop.open(booked)
    let_go_unseen(shop, booked, monkeypatch)
    book(event, "pupil-3", parent=3)
    book(event, "pupil-4", parent=4)
    shop.pay(payment)
    payment = apply(booked)
    assert (payment.state, payment.refunded) == (PaymentState.PART_REFUNDED, pounds(1250))
    states = sorted(booking_of(booked, position).state for position in (0, 1))
    assert states == [BookingState.CONFIRMED, BookingState.RELEASED]
    assert ledger_balance() == shop.balance()
    assert not faults_of(event)


def test_two_who_settle_late_money_at_once_give_the_place_and_refund_nothing(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    once_before(monkeypatch, late_money, "_regain", lambda: apply(booked))
    apply(booked)
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert shop.all("refund") == []
    assert not faults_of(event)


def test_who_decides_to_refund_while_another_gives_the_place_refunds_nothing(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    regain = late_money._regain
    once_before(monkeypatch, late_money, "_decide_to_refund", lambda: apply(booked))
    answers = iter([False])
    monkeypatch.setattr(late_money, "_regain", lambda *args: next(answers, None) is None and regain(*args))
    apply(booked)
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert shop.all("refund") == []
    assert not faults_of(event)


def test_who_gives_the_place_while_another_refunds_gives_nothing(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    free = places.free_places

    def refund_meanwhile() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(places, "free_places", lambda *_, **__: [])
            apply(booked)

    once_before(monkeypatch, late_money, "_regain", refund_meanwhile)
    apply(booked)
    assert places.free_places is free
    assert booking_of(booked).state is BookingState.RELEASED
    assert len(shop.all("refund")) == 1
    assert not faults_of(event)


@pytest.mark.parametrize("state", [PlaceState.RETURNED, PlaceState.OFFERED, PlaceState.RETIRED])
def test_late_money_never_takes_a_place_that_is_kept_for_somebody_or_is_no_more(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, state: PlaceState
) -> None:
    booked = book(event)
    payment = shop.open(booked)
    let_go_unseen(shop, booked, monkeypatch)
    for item in places.places_of(SCHOOL, event.id):
        item.update(actions=[places.PlaceItem.state.set(state.value)])
    shop.pay(payment)
    assert apply(booked).state is PaymentState.REFUNDED
    assert booking_of(booked).state is BookingState.RELEASED
    assert set(place_states(event)) == {state.value}


def test_late_money_gets_its_free_place_also_once_the_time_to_book_is_over(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    days_later = CLOSES_AT + timedelta(days=1)
    assert settlement.apply_payment(as_system(days_later), booked.payment_id or "").state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert shop.all("refund") == []
    assert not faults_of(event)


@pytest.mark.parametrize("reason", ["it has begun", "the school ended booking"])
def test_late_money_goes_back_when_nobody_can_have_a_place_any_more(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    if reason == "the school ended booking":
        close(event)
    moment = NOW + timedelta(days=20) if reason == "it has begun" else NOW + timedelta(hours=1)
    assert settlement.apply_payment(as_system(moment), booked.payment_id or "").state is PaymentState.REFUNDED
    assert booking_of(booked).state is BookingState.RELEASED
    assert ledger_balance() == shop.balance()


def test_late_money_takes_no_place_that_the_school_closed_just_now(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    look = places.free_places

    def look_and_be_closed(*args: Any, **named: Any) -> Any:
        found = look(*args, **named)
        monkeypatch.setattr(places, "free_places", look)
        close(event)
        return found

    monkeypatch.setattr(places, "free_places", look_and_be_closed)
    assert apply(booked).state is PaymentState.REFUNDED
    assert booking_of(booked).state is BookingState.RELEASED


def test_while_it_goes_back_as_a_whole_the_payment_says_so(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = late_and_gone(shop, event, monkeypatch)

    def not_now(*_: object) -> None:
        raise TryAgain

    with monkeypatch.context() as patch:
        patch.setattr(refunds, "make_refund", not_now)
        with pytest.raises(TryAgain):
            apply(booked)
    assert payment_of(booked).state is PaymentState.LATE_REFUNDING
    assert apply(booked).state is PaymentState.REFUNDED


_LEFT = portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-11-20"}, version=2)
_REMOVED = portal_message("PupilRemoved", {"pupil_id": "pupil-1"}, version=2)
_CUT = link_told(restricted=True, version=2)


@pytest.mark.parametrize("message", [_LEFT, _REMOVED, _CUT], ids=["left", "gone", "cut"])
def test_late_money_for_a_child_who_left_or_is_another_s_now_goes_back(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, message: PortalMessage
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    tell(message)
    assert apply(booked).state is PaymentState.REFUNDED
    assert booking_of(booked).state is BookingState.RELEASED
    assert set(place_states(event)) == {"free"}
    assert ledger_balance() == shop.balance()
    assert not faults_of(event)


def test_late_money_of_a_child_who_is_forgotten_goes_back(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    anonymising.forget_pupil(as_system(), "pupil-1", NOW + timedelta(days=1), lambda: "nobody_1")
    assert apply(booked).state is PaymentState.REFUNDED
    assert booking_of(booked).state is BookingState.RELEASED
    assert ledger_balance() == shop.balance()


def test_late_money_of_two_records_of_a_parent_who_are_one_by_now_has_its_place(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid_too_late(shop, event, monkeypatch)
    tell(portal_message("ContactRemoved", {"contact_id": "contact-1", "merged_into": "contact-2"}, version=2))
    assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
