"""Holds that go together, with all that was to be paid later for them: each thing once, and however much it is."""

from datetime import date, timedelta
from typing import Any

import pytest

from school_events.bookings import cancelling, chores, receiving, releasing, settlement, strays
from school_events.bookings.contributions import service as contributions
from school_events.bookings.instalments import family, together
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.core.context import Actor
from school_events.core.errors import Invalid
from school_events.core.money import pounds
from school_events.core.requests import Request
from school_events.events.model import SchoolEvent
from school_events.payments import gateway, store
from school_events.payments.model import Payment, PaymentState
from school_events.payments.receipts.api import Mistake, NewReceipt
from school_events.payments.refunds.store import refunds_of_payment
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    payment_of,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.event_checker import place_faults_of
from tests.support.people import link_told, pupil_told, tell
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.instalments.owing import a_trip, instalments
from tests.unit.bookings.paying import HOLD_OVER

_BY_HAND = Request(None, "")
_FINANCE = a_context(actor=Actor("staff", "staff-1"), roles=("finance",))
_LATER = NOW + timedelta(days=4)
_CHILDREN = ("pupil-1", "pupil-2", "pupil-5", "pupil-6", "pupil-7", "pupil-8")


def _receive(payment_id: str, pence: int) -> str:
    asked = NewReceipt(method="cash", amount=pounds(pence), reference="A 1", received_on=NOW.date())
    return receiving.receive(_FINANCE, payment_id, asked, _BY_HAND).id


def _held_again(booked: Booked, receipt_id: str) -> None:
    """What had paid for the places was a mistake: they are holds again."""
    receiving.reverse(_FINANCE, booked.payment_id or "", receipt_id, Mistake(reason="not his"), _BY_HAND)


def _basket(booked: Booked) -> Payment:
    """The first instalments of two children, about to be paid together."""
    return together.open_page(as_parent(), [instalments(booked, one)[0] for one in (0, 1)])


@pytest.mark.usefixtures("shop")
def test_two_holds_whose_instalments_are_about_to_be_paid_together_are_let_go() -> None:
    a_school_with_families()
    booked = book(a_trip(), "pupil-1", "pupil-2")
    receipt = _receive(booked.payment_id or "", 500)
    basket = _basket(booked)
    _held_again(booked, receipt)
    assert cancelling.cancel(as_parent(), booking_of(booked)).state is BookingState.RELEASED
    assert all(line.over for line in store.find_payment(SCHOOL, basket.id).lines)
    chores.look_after_unpaid(HOLD_OVER, lambda _: as_system(HOLD_OVER), lambda: True)
    unpaid = [one for child in (0, 1) for one in instalments(booked, child)]
    assert {one.state for one in unpaid} == {PaymentState.EXPIRED}


def test_two_holds_whose_instalments_wait_together_for_a_person_are_let_go(shop: Shop) -> None:
    a_school_with_families()
    booked = book(a_trip(), "pupil-1", "pupil-2")
    receipt = _receive(booked.payment_id or "", 500)
    basket = _basket(booked)
    shop.all("checkout.session")[0]["amount_total"] = 333
    shop.pay(basket)
    assert settlement.apply_payment(as_system(), basket.id).state is PaymentState.QUARANTINED
    _held_again(booked, receipt)
    settlement.let_go(as_system(_LATER), booked.payment_id or "")
    assert {booking_of(booked, one).state for one in (0, 1)} == {BookingState.RELEASED}
    strays.give_back(a_context(), basket.id)
    strays.make_refunds(as_system(), basket.id)
    assert [one["amount"] for one in shop.all("refund")] == [333]
    assert ledger_balance() == shop.balance()


def _a_year() -> SchoolEvent:
    """A trip in thirteen parts of £1, for a family of six."""
    a_school_with_families()
    new = _CHILDREN[2:]
    tell(*(pupil_told(one, f"Name{one}") for one in new), *(link_told("contact-1", one) for one in new))
    days = [date(2026, 11, 24) + timedelta(days=number) for number in range(12)]
    parts: dict[str, Any] = {
        "deposit": {"amount": 100},
        "instalments": [{"amount": {"amount": 100}, "due_on": one.isoformat()} for one in days],
    }
    return an_event(price=1300, capacity=8, invited=_CHILDREN, charging=parts, on="2027-01-08")


def _most_that_can_be_booked(event: SchoolEvent) -> Booked:
    with pytest.raises(Invalid):
        book(event, *_CHILDREN)
    return book(event, *_CHILDREN[:-1])


def _further(booked: Booked) -> list[Payment]:
    return [one for child in range(len(booked.booking_ids)) for one in instalments(booked, child)]


def _handed_back(payment_id: str) -> int:
    found = [one.record for one in refunds_of_payment(SCHOOL, payment_id)]
    return sum(one.amount.amount for one in found if one.through == "school")


def _housekeep(booked: Booked) -> None:
    """Do what is due about holds, until nothing is."""
    while any(booking_of(booked, one).state is not BookingState.RELEASED for one in range(5)):
        assert chores.let_due_holds_go(_LATER, lambda _: as_system(_LATER), lambda: True)


def test_the_largest_basket_is_let_go_with_all_that_was_received_for_it(shop: Shop) -> None:
    event = _a_year()
    booked = _most_that_can_be_booked(event)
    further = _further(booked)
    assert len(further) == 60
    for one in further:
        _receive(one.id, 100)
    _receive(booked.payment_id or "", 250)
    assert settlement.let_go(as_system(_LATER), booked.payment_id or "").state is PaymentState.EXPIRED
    assert {booking_of(booked, one).state for one in range(5)} == {BookingState.RELEASED}
    assert sum(_handed_back(one.id) for one in further) == 6000
    assert _handed_back(booked.payment_id or "") == 250
    assert not place_faults_of(event)


def test_a_family_that_gives_the_largest_basket_up_hears_the_same_again(shop: Shop) -> None:
    booked = _most_that_can_be_booked(_a_year())
    for one in _further(booked):
        _receive(one.id, 100)
    asked = cancelling.Asked(request=Request("key-1", "a booking"))
    first = cancelling.cancel(as_parent(), booking_of(booked), asked)
    assert cancelling.cancel(as_parent(), booking_of(booked), asked).state is first.state
    _housekeep(booked)
    assert payment_of(booked).state is PaymentState.EXPIRED


def test_a_large_basket_whose_letting_go_broke_off_is_let_go_by_housekeeping(shop: Shop) -> None:
    event = _a_year()
    booked = _most_that_can_be_booked(event)
    for one in _further(booked):
        _receive(one.id, 50)
    _receive(booked.payment_id or "", 250)
    go_back = bookmark(shop)
    with watched(Calls()) as whole:
        settlement.let_go(as_system(_LATER), booked.payment_id or "")
    points = whole.points()
    for point in points[:: max(len(points) // 6, 1)]:
        go_back()
        with pytest.raises(Killed), watched(Calls(point or 1)):
            settlement.let_go(as_system(_LATER), booked.payment_id or "")
        _housekeep(booked)
        assert sum(_handed_back(one.id) for one in _further(booked)) == 3000
        assert _handed_back(booked.payment_id or "") == 250
        assert not place_faults_of(event)


def test_money_that_comes_in_the_midst_of_it_has_the_places_that_are_left(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = _a_year()
    booked = _most_that_can_be_booked(event)
    for one in _further(booked):
        _receive(one.id, 100)
    page = shop.open(booked)
    with monkeypatch.context() as patch:
        # Stripe says that the page is closed, and then it is paid.
        patch.setattr(gateway, "expire_session", lambda *_: None)
        release_one, left = releasing._release_one, iter((True, True))

        def killed_at_the_third(*args: Any) -> None:
            if not next(left, False):
                raise Killed
            release_one(*args)

        patch.setattr(releasing, "_release_one", killed_at_the_third)
        with pytest.raises(Killed):
            settlement.let_go(as_system(_LATER), booked.payment_id or "")
    shop.pay(page)
    assert settlement.apply_payment(as_system(), booked.payment_id or "").state is PaymentState.PAID
    assert {booking_of(booked, one).state for one in range(5)} == {BookingState.CONFIRMED}
    assert [one["amount"] for one in shop.all("charge")] == [500]
    assert shop.all("refund") == []
    owed = [one for one in _further(booked) if one.state is PaymentState.CREATED]
    had = [one for one in _further(booked) if one.state is PaymentState.PAID and not _handed_back(one.id)]
    assert (len(owed), len(had)) == (24, 36)
    assert not place_faults_of(event)
    assert ledger_balance() == shop.balance()


def test_a_place_with_as_many_payments_as_it_can_have_ends_in_one_transaction(shop: Shop) -> None:
    booked = book(_a_year())
    for one in (payment_of(booked), *_further(booked)[:12]):
        _receive(one.id, 50)
    shop.pay(shop.open(booked))
    settlement.apply_payment(as_system(), booked.payment_id or "")
    for one in _further(booked):
        shop.pay(family.checkout(as_parent(), one.id))
        settlement.apply_payment(as_system(), one.id)
    for _ in range(10):
        _receive(contributions.give(as_parent(), booked.booking_ids[0], pounds(100)).id, 100)
    with pytest.raises(Invalid):
        contributions.give(as_parent(), booked.booking_ids[0], pounds(100))
    assert cancelling.cancel(a_context(), booking_of(booked)).state is BookingState.CANCELLED
    assert sum(_handed_back(one.id) for one in (payment_of(booked), *_further(booked))) == 13 * 50 + 1000
