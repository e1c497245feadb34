"""A contribution is given of a family's own will, and the place never depends on it (B8)."""

from datetime import timedelta

import pytest

from school_events.bookings import calling_off, cancelling, chores, settlement
from school_events.bookings.contributions import service
from school_events.bookings.instalments import family
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.core.errors import Invalid, NotFound, WrongState
from school_events.core.money import Money, pounds
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.payments import store
from school_events.payments.model import Payment, PaymentPurpose, PaymentState
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book, booking_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.instalments.owing import housekeep


@pytest.fixture
def walk(shop: Shop) -> SchoolEvent:
    """A walk that is free, for which families are asked to give £5."""
    a_school_with_families()
    return an_event(price=0, charging={"voluntary_contribution": {"amount": 500}})


def _give(booked: Booked, amount: Money | None = None, parent: int = 1) -> Payment:
    return service.give(as_parent(parent), booked.booking_ids[0], amount)


def _given(shop: Shop, booked: Booked, amount: Money | None = None) -> Payment:
    """Give and pay."""
    offered = _give(booked, amount)
    shop.pay(family.checkout(as_parent(), offered.id))
    return settlement.apply_payment(as_system(), offered.id)


def test_a_family_gives_what_is_asked_for_or_what_it_wants(shop: Shop, walk: SchoolEvent) -> None:
    booked = book(walk)
    assert (_give(booked).amount, _give(booked).purpose) == (pounds(500), PaymentPurpose.CONTRIBUTION)
    paid = _given(shop, booked, pounds(30))
    assert (paid.state, paid.amount) == (PaymentState.PAID, pounds(30))
    assert len(booking_of(booked).further_payments) == 1
    assert ledger_balance() == shop.balance()


def test_the_place_is_as_it_was_given_or_not(shop: Shop, walk: SchoolEvent) -> None:
    booked = book(walk)
    before = booking_of(booked)
    _given(shop, booked)
    after = booking_of(booked)
    same = {"further_payments": (), "version": 0}
    assert after.model_copy(update=same) == before.model_copy(update=same)
    offered = _give(booked, pounds(200))
    for days in range(60):
        housekeep(NOW + timedelta(days=days))
    assert store.find_payment(SCHOOL, offered.id).told_at is None
    assert booking_of(booked).state is BookingState.CONFIRMED


def test_who_changes_their_mind_pays_the_new_amount_once(shop: Shop, walk: SchoolEvent) -> None:
    booked = book(walk)
    opened = family.checkout(as_parent(), _give(booked).id)
    changed = _give(booked, pounds(750))
    assert (changed.id, changed.amount) == (opened.id, pounds(750))
    assert shop.status_of(opened) == "expired"
    shop.pay(family.checkout(as_parent(), changed.id))
    assert settlement.apply_payment(as_system(), changed.id).state is PaymentState.PAID
    assert [one["amount"] for one in shop.all("charge")] == [750]


def test_a_family_may_give_again(shop: Shop, walk: SchoolEvent) -> None:
    booked = book(walk)
    keys = {_given(shop, booked).lines[0].key for _ in range(2)}
    assert len(keys) == 2
    assert [one["amount"] for one in shop.all("charge")] == [500, 500]


def test_a_contribution_goes_back_when_the_event_is_called_off(shop: Shop, walk: SchoolEvent) -> None:
    booked = book(walk)
    for _ in range(2):
        _given(shop, booked)
    lifecycle.cancel(a_context(), walk.id, lambda *_: None)
    assert calling_off.call_off(as_system(), find_event(SCHOOL, walk.id), lambda: True)
    later = NOW + timedelta(minutes=2)
    chores.make_due_refunds(later, lambda _: as_system(later), lambda: True)
    assert [one["amount"] for one in shop.all("refund")] == [500, 500]
    assert ledger_balance() == shop.balance()


@pytest.mark.parametrize("pence", [-5, 0, 29, 100_001])
def test_too_little_and_too_much_are_refused(walk: SchoolEvent, pence: int) -> None:
    booked = book(walk)
    with pytest.raises(Invalid) as refused:
        _give(booked, pounds(pence))
    assert [one.field for one in refused.value.fields] == ["amount.amount"]
    assert booking_of(booked).further_payments == ()


def test_only_who_booked_gives_and_only_for_a_place_that_is_confirmed(walk: SchoolEvent) -> None:
    booked = book(walk)
    with pytest.raises(NotFound):
        _give(booked, parent=2)
    cancelling.cancel(as_parent(), booking_of(booked))
    with pytest.raises(WrongState):
        _give(booked)


def test_where_nothing_is_asked_an_amount_is_to_be_named(shop: Shop) -> None:
    a_school_with_families()
    booked = book(an_event(price=0))
    with pytest.raises(WrongState, match="asks for no contribution"):
        _give(booked)
    assert _give(booked, pounds(300)).amount == pounds(300)
