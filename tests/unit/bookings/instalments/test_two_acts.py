"""Two acts on the money of one booking: whatever comes second, nothing is kept that pays for nothing."""

from datetime import datetime, timedelta

import pytest

from school_events.bookings import cancelling, receiving, settlement, strays
from school_events.bookings.contributions import service as contributions
from school_events.bookings.instalments import family, pages, settling, together
from school_events.bookings.model import BookingState
from school_events.core.context import Actor, Context
from school_events.core.errors import Invalid, WrongState
from school_events.core.money import pounds
from school_events.core.requests import Request
from school_events.events.model import SchoolEvent
from school_events.payments import gateway, store
from school_events.payments.attention.store import open_ones
from school_events.payments.model import Payment, PaymentState
from school_events.payments.receipts.api import Mistake, NewReceipt, Recorded
from school_events.payments.refunds.model import Refund
from school_events.payments.refunds.store import refunds_of_payment
from tests.support.booked_world import a_school_with_families, as_parent, as_system, book, booking_of, payment_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.instalments.owing import FIRST, a_trip, confirmed, housekeep, instalments, morning
from tests.unit.bookings.paying import once_before

_BY_HAND = Request(None, "")


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip that is paid in three parts."""
    a_school_with_families()
    return a_trip()


def _finance(now: datetime = NOW) -> Context:
    return a_context(actor=Actor("staff", "staff-1"), roles=("finance",), now=now)


def _receive(payment_id: str, pence: int, now: datetime = NOW) -> Recorded:
    asked = NewReceipt(method="cash", amount=pounds(pence), reference="A 1", received_on=now.date())
    return receiving.receive(_finance(now), payment_id, asked, _BY_HAND)


def _of(payment: Payment) -> Payment:
    return store.find_payment(SCHOOL, payment.id)


def _refunds(payment: Payment) -> list[Refund]:
    return [one.record for one in refunds_of_payment(SCHOOL, payment.id)]


def _comes_otherwise(shop: Shop, payment: Payment) -> None:
    """Another amount comes than the page asks."""
    assert payment.checkout is not None
    shop.all("checkout.session")[0]["amount_total"] = 333
    shop.pay(payment)
    assert settlement.apply_payment(as_system(), payment.id).state is PaymentState.QUARANTINED


def test_an_instalment_whose_wrong_money_went_back_can_be_paid(shop: Shop, trip: SchoolEvent) -> None:
    first = instalments(confirmed(shop, trip))[0]
    for _ in range(2):  # it may go wrong again
        _comes_otherwise(shop, family.checkout(as_parent(), first.id))
        for _ in range(2):
            assert strays.give_back(a_context(), first.id).state is PaymentState.CREATED
        strays.make_refunds(as_system(), first.id)
    assert sorted(one["amount"] for one in shop.all("refund")) == [333, 333]
    opened = family.checkout(as_parent(), first.id)
    shop.pay(opened)
    assert settlement.apply_payment(as_system(), first.id).state is PaymentState.PAID
    assert ledger_balance() == shop.balance()


def test_instalments_whose_wrong_money_went_back_come_apart(shop: Shop, trip: SchoolEvent) -> None:
    both = instalments(confirmed(shop, trip))
    basket = together.open_page(as_parent(), both)
    _comes_otherwise(shop, basket)
    assert strays.give_back(a_context(), basket.id).state is PaymentState.EXPIRED
    assert [_of(one).state for one in both] == [PaymentState.CREATED] * 2
    strays.make_refunds(as_system(), basket.id)
    assert ledger_balance() == shop.balance()


def test_what_was_received_goes_back_with_wrong_money(shop: Shop, trip: SchoolEvent) -> None:
    booked = book(trip)
    payment = payment_of(booked)
    _receive(payment.id, 100)
    _comes_otherwise(shop, shop.open(booked))
    strays.give_back(a_context(), payment.id)
    assert booking_of(booked).state is BookingState.RELEASED
    assert {(one.through.value, one.amount.amount) for one in _refunds(payment)} == {("stripe", 333), ("school", 100)}


def test_an_instalment_received_early_goes_back_when_its_place_is_let_go(shop: Shop, trip: SchoolEvent) -> None:
    booked = book(trip)
    first = instalments(booked)[0]
    _receive(first.id, 400)
    settlement.let_go(as_system(NOW + timedelta(days=4)), booked.payment_id or "")
    assert booking_of(booked).state is BookingState.RELEASED
    assert [(one.through.value, one.amount.amount) for one in _refunds(first)] == [("school", 400)]
    assert "to_pay_out" in {one.kind.value for one, _ in open_ones(SCHOOL, limit=9)}


def test_an_instalment_goes_back_when_what_paid_for_its_place_was_a_mistake(shop: Shop, trip: SchoolEvent) -> None:
    booked = book(trip)
    receipt = _receive(booked.payment_id or "", 250)
    both = instalments(booked)
    basket = together.open_page(as_parent(), both)
    shop.pay(basket)
    settlement.apply_payment(as_system(), basket.id)
    receiving.reverse(_finance(), booked.payment_id or "", receipt.id, Mistake(reason="not his"), _BY_HAND)
    settlement.let_go(as_system(NOW + timedelta(days=4)), booked.payment_id or "")
    assert booking_of(booked).state is BookingState.RELEASED
    assert sorted(one.amount.amount for one in _refunds(basket)) == [400, 600]


def test_what_is_received_just_before_payments_are_joined_is_not_in_two_of_them(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = instalments(confirmed(shop, trip))
    once_before(monkeypatch, pages, "require_payable", lambda: _receive(both[0].id, 100))
    with pytest.raises(Invalid):
        together.open_page(as_parent(), both)
    assert [_of(one).state for one in both] == [PaymentState.CREATED] * 2


def test_word_of_an_old_page_does_not_take_the_new_one_away(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = instalments(confirmed(shop, trip))[0]
    opened = family.checkout(as_parent(), first.id)

    def open_another() -> None:
        pages.close_page(a_context(), first.id)
        family.checkout(as_parent(), first.id)

    once_before(monkeypatch, settling, "page_came_to_nothing", open_another)
    assert opened.checkout is not None
    gateway.expire_session(as_system(), opened.checkout.account_id, opened.checkout.session_id or "")
    settlement.apply_payment(as_system(), first.id)
    assert _of(first).state is PaymentState.OPEN


def test_a_contribution_is_not_changed_below_what_was_received(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    given = contributions.give(as_parent(), booked.booking_ids[0], pounds(1000))
    _receive(given.id, 500)
    with pytest.raises(WrongState):
        contributions.give(as_parent(), booked.booking_ids[0], pounds(300))


def test_a_contribution_whose_page_was_closed_for_a_receipt_is_not_due_for_ever(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    given = contributions.give(as_parent(), booked.booking_ids[0], pounds(1000))
    family.checkout(as_parent(), given.id)
    _receive(given.id, 500)
    late = NOW + timedelta(hours=2)
    housekeep(late)
    assert given.id not in {one.id for _, one in store.due_payments(late)}


def test_money_for_a_basket_that_came_apart_pays_its_parts_once(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = instalments(confirmed(shop, trip))
    basket = together.open_page(as_parent(), both)
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "expire_session", lambda *_: None)
        pages.close_page(as_system(), basket.id)
    _receive(both[0].id, 400)
    shop.pay(basket)
    settlement.apply_payment(as_system(), basket.id)
    assert [_of(one).state for one in both] == [PaymentState.PAID, PaymentState.MERGED]
    assert [one.amount.amount for one in _refunds(basket)] == [400]
    assert ledger_balance() == shop.balance()


def test_a_part_that_its_basket_pays_after_all_does_not_go_back_as_well(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = instalments(confirmed(shop, trip))
    basket = together.open_page(as_parent(), both)
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "expire_session", lambda *_: None)
        pages.close_page(as_system(), basket.id)
    family.checkout(as_parent(), both[0].id)
    shop.pay(basket)

    def leave_the_page() -> None:
        pages.close_page(as_system(), both[0].id)
        settlement.apply_payment(as_system(), basket.id)

    once_before(monkeypatch, settling, "_give_back", leave_the_page)
    settlement.apply_payment(as_system(), basket.id)
    assert [_of(one).state for one in both] == [PaymentState.MERGED] * 2
    assert _refunds(basket) == []


def test_places_that_were_put_together_can_be_paid_at_the_desk(shop: Shop, trip: SchoolEvent) -> None:
    one, other = book(trip, "pupil-1"), book(trip, "pupil-2")
    basket = together.open_page(as_parent(), [payment_of(one), payment_of(other)])
    assert _receive(basket.id, 500).payment_state == PaymentState.PAID
    assert {booking_of(one).state, booking_of(other).state} == {BookingState.CONFIRMED}
    assert {session["status"] for session in shop.all("checkout.session")} == {"expired"}


def test_a_hold_that_was_given_up_ends_though_a_receipt_for_it_was_a_mistake(shop: Shop, trip: SchoolEvent) -> None:
    booked = book(trip)
    receipt = _receive(booked.payment_id or "", 100)
    shop.open(booked)
    assert cancelling.cancel(as_parent(), booking_of(booked)).state is BookingState.EXPIRING
    receiving.reverse(_finance(), booked.payment_id or "", receipt.id, Mistake(reason="not his"), _BY_HAND)
    assert booking_of(booked).state is BookingState.EXPIRING
    settlement.let_go(as_system(), booked.payment_id or "")
    assert booking_of(booked).state is BookingState.RELEASED
    assert _refunds(payment_of(booked)) == []


def test_an_instalment_is_overdue_again_when_its_receipt_was_a_mistake(shop: Shop, trip: SchoolEvent) -> None:
    first = instalments(confirmed(shop, trip))[0]
    late = morning(FIRST, timedelta(days=8))
    housekeep(late)
    receipt = _receive(first.id, 400, late)
    assert open_ones(SCHOOL, limit=9) == []
    receiving.reverse(_finance(late), first.id, receipt.id, Mistake(reason="not his"), _BY_HAND)
    housekeep(late)
    assert [(one.kind.value, one.thing_id) for one, _ in open_ones(SCHOOL, limit=9)] == [("overdue", first.id)]


def test_a_basket_whose_money_went_back_is_not_paid_a_second_time(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = instalments(confirmed(shop, trip))
    basket = together.open_page(as_parent(), both)
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "expire_session", lambda *_: None)
        pages.close_page(as_system(), basket.id)
    for one in both:
        family.checkout(as_parent(), one.id)
    shop.pay(basket)
    assert settlement.apply_payment(as_system(), basket.id).state is PaymentState.REFUNDED
    another = together.open_page(as_parent(), both)
    assert another.id != basket.id
    shop.pay(another)
    assert settlement.apply_payment(as_system(), another.id).state is PaymentState.PAID
    assert ledger_balance() == shop.balance()
