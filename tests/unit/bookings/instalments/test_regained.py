"""A place that was let go and is back: what of its instalments went back with it is owed again, to the penny."""

import pytest

from school_events.bookings import cancelling, chores, receiving, settlement
from school_events.bookings.instalments import family, together
from school_events.bookings.model import BookingState
from school_events.bookings.reading import show
from school_events.bookings.service import Booked
from school_events.core.context import Actor
from school_events.core.money import pounds
from school_events.core.requests import Request
from school_events.events.model import SchoolEvent
from school_events.payments.attention.store import open_ones
from school_events.payments.model import Payment, PaymentState
from school_events.payments.receipts.api import Mistake, NewReceipt, Recorded
from school_events.payments.refunds import service as refunds
from school_events.payments.refunds import staff
from school_events.payments.refunds.api import NewRefund
from school_events.payments.refunds.store import refunds_of_payment
from tests.support.booked_world import a_school_with_families, as_parent, as_system, book, booking_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.money_checker import Books, faults_in_the_end
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.instalments.owing import FIRST, SECOND, a_trip, housekeep, instalments, morning
from tests.unit.bookings.paying import HOLD_OVER, apply, let_go_unseen

_BY_HAND = Request(None, "")
_FINANCE = a_context(actor=Actor("staff", "staff-1"), roles=("finance",))


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip that is paid in three parts: £2.50 with the booking, £4 and £6 later."""
    a_school_with_families()
    return a_trip()


def _receive(payment_id: str, pence: int) -> Recorded:
    asked = NewReceipt(method="cash", amount=pounds(pence), reference="A 1", received_on=NOW.date())
    return receiving.receive(_FINANCE, payment_id, asked, _BY_HAND)


def _came_late(shop: Shop, booked: Booked, page: Payment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place is let go, then its page is paid after all, and the place is still free."""
    let_go_unseen(shop, booked, monkeypatch)
    shop.pay(page)
    apply(booked)
    assert booking_of(booked).state is BookingState.CONFIRMED


def _owed(booked: Booked) -> list[tuple[int, str]]:
    """What is to be paid yet, and by when."""
    due = [one for one in instalments(booked) if one.state is PaymentState.CREATED]
    return sorted((one.amount.amount, str(one.due_on)) for one in due)


def _handed_back(payment: Payment) -> list[int]:
    found = [one.record for one in refunds_of_payment(SCHOOL, payment.id)]
    return [one.amount.amount for one in found if one.through == "school"]


def _all_is_well(shop: Shop) -> None:
    """Once what is asked of Stripe is made, it is to the penny."""
    chores.make_due_refunds(HOLD_OVER, lambda _: as_system(HOLD_OVER), lambda: True)
    assert ledger_balance() == shop.balance()
    assert faults_in_the_end(Books(shop)) == []


@pytest.mark.parametrize("pence", [100, 400])
def test_what_was_received_for_an_instalment_and_handed_back_is_owed_again(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch, pence: int
) -> None:
    booked = book(trip)
    first = instalments(booked)[0]
    _receive(first.id, pence)
    _came_late(shop, booked, shop.open(booked), monkeypatch)
    assert _handed_back(first) == [pence]
    assert _owed(booked) == [(400, str(FIRST)), (600, str(SECOND))]
    [again] = [one for one in instalments(booked) if one.amount == pounds(400) and one.id != first.id]
    for _ in range(2):
        apply(booked)
    assert len(instalments(booked)) == 3
    shown = show(as_parent(), booking_of(booked)).due_later or []
    assert (shown[0].payment_id, shown[0].state) == (again.id, "created")
    opened = family.checkout(as_parent(), again.id)
    shop.pay(opened)
    assert settlement.apply_payment(as_system(), again.id).state is PaymentState.PAID
    assert sorted(one["amount"] for one in shop.all("charge")) == [250, 400]
    _all_is_well(shop)


def test_what_is_owed_again_is_reminded_of_and_overdue(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(trip)
    _receive(instalments(booked)[0].id, 400)
    _came_late(shop, booked, shop.open(booked), monkeypatch)
    housekeep(HOLD_OVER)
    late = morning(FIRST)
    housekeep(late)
    [again] = [one for one in instalments(booked) if one.amount == pounds(400) and one.state == "created"]
    assert again.told_at == late
    housekeep(morning(SECOND))
    assert ("overdue", again.id) in {(one.kind.value, one.thing_id) for one, _ in open_ones(SCHOOL, limit=9)}


def _held_again(booked: Booked, receipt: Recorded) -> None:
    """What had paid for the place was a mistake: it is a hold again."""
    receiving.reverse(_FINANCE, booked.payment_id or "", receipt.id, Mistake(reason="not his"), _BY_HAND)
    assert booking_of(booked).state is BookingState.PENDING


def test_instalments_paid_by_card_together_are_owed_again_without_what_was_remitted_before(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(trip)
    receipt = _receive(booked.payment_id or "", 250)
    basket = together.open_page(as_parent(), instalments(booked))
    shop.pay(basket)
    settlement.apply_payment(as_system(), basket.id)
    line = {"booking_id": booked.booking_ids[0], "part": "instalment-3", "amount": {"amount": 50}}
    less = NewRefund.model_validate({"lines": [line], "reason": "goodwill"})
    staff.ask(_FINANCE, basket.id, less, _BY_HAND)
    _held_again(booked, receipt)
    _came_late(shop, booked, shop.open(booked), monkeypatch)
    assert _owed(booked) == [(400, str(FIRST)), (550, str(SECOND))]
    _all_is_well(shop)


@pytest.mark.parametrize("is_paid", [False, True])
def test_an_instalment_whose_page_was_open_when_its_place_was_let_go_is_owed_again(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch, *, is_paid: bool
) -> None:
    booked = book(trip)
    receipt = _receive(booked.payment_id or "", 250)
    first = instalments(booked)[0]
    opened = family.checkout(as_parent(), first.id)
    _held_again(booked, receipt)
    _came_late(shop, booked, shop.open(booked), monkeypatch)
    if is_paid:
        shop.pay(opened)
        assert settlement.apply_payment(as_system(), first.id).state is PaymentState.REFUNDED
    else:
        shop.at(HOLD_OVER)
        housekeep(HOLD_OVER)
    assert _owed(booked) == [(400, str(FIRST)), (600, str(SECOND))]
    _all_is_well(shop)


def test_a_place_that_was_had_again_can_be_cancelled_though_what_went_back_before_did_not_arrive(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(trip)
    receipt = _receive(booked.payment_id or "", 250)
    first = instalments(booked)[0]
    shop.pay(family.checkout(as_parent(), first.id))
    settlement.apply_payment(as_system(), first.id)
    _held_again(booked, receipt)
    _came_late(shop, booked, shop.open(booked), monkeypatch)
    chores.make_due_refunds(HOLD_OVER, lambda _: as_system(HOLD_OVER), lambda: True)
    shop.server.dashboard.fail_refund(shop.all("refund")[0]["id"])
    refunds.catch_up(as_system(HOLD_OVER), first.id)
    assert [one.record.state.value for one in refunds_of_payment(SCHOOL, first.id)] == ["failed"]
    cancelled = cancelling.cancel(_FINANCE, booking_of(booked)).cancellation
    assert cancelled is not None
    assert cancelled.refund == pounds(650)
    assert _owed(booked) == []
    _all_is_well(shop)
