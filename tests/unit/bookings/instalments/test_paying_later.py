"""An instalment can be paid from the day of the booking on, and again and again until it is (PAYMENTS.md 7)."""

from datetime import timedelta

import pytest

from school_events.bookings import cancelling, settlement
from school_events.bookings.instalments import family
from school_events.bookings.model import BookingState
from school_events.core.errors import Invalid, NotFound, WrongState
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments import store
from school_events.payments.model import Payment, PaymentPurpose, PaymentState
from tests.support.booked_world import a_school_with_families, as_parent, as_system, book, booking_of
from tests.support.contexts import NOW, SCHOOL
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.instalments.owing import FIRST, SECOND, a_trip, confirmed, housekeep, instalments


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip that is paid in three parts."""
    a_school_with_families()
    return a_trip()


def _again(payment: Payment) -> Payment:
    return store.find_payment(SCHOOL, payment.id)


def _hear(payment: Payment) -> Payment:
    return settlement.apply_payment(as_system(name="stripe_events"), payment.id)


def test_a_booking_writes_a_payment_for_each_part_that_is_due_later(trip: SchoolEvent) -> None:
    first, second = instalments(book(trip))
    assert [(one.amount, one.due_on, one.state) for one in (first, second)] == [
        (pounds(400), FIRST, PaymentState.CREATED),
        (pounds(600), SECOND, PaymentState.CREATED),
    ]
    assert {one.purpose for one in (first, second)} == {PaymentPurpose.INSTALMENT}
    assert [one.lines[0].part for one in (first, second)] == ["instalment-2", "instalment-3"]


def test_an_instalment_is_paid_before_it_is_due(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    first, second = instalments(booked)
    opened = family.checkout(as_parent(), first.id)
    assert opened.checkout is not None
    assert opened.checkout.url
    shop.pay(opened)
    assert _hear(first).state is PaymentState.PAID
    assert _again(second).state is PaymentState.CREATED
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert [
        (one.kind, one.amount.amount) for one in ledger() if one.payment_id == first.id and one.kind == "charge"
    ] == [("charge", 400)]
    assert ledger_balance() == shop.balance()
    assert not faults_of(trip)


def test_who_opens_the_page_twice_has_one_page(shop: Shop, trip: SchoolEvent) -> None:
    first, _ = instalments(confirmed(shop, trip))
    opened = [family.checkout(as_parent(), first.id) for _ in range(2)]
    assert len({one.checkout.url for one in opened if one.checkout}) == 1
    assert len(shop.all("checkout.session")) == 2  # the deposit's, and this


def test_a_page_that_closes_unpaid_can_be_opened_again_and_the_place_stays(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    first, _ = instalments(booked)
    family.checkout(as_parent(), first.id)
    after = NOW + timedelta(minutes=40)
    shop.at(after)
    assert _hear(first).state is PaymentState.CREATED
    assert booking_of(booked).state is BookingState.CONFIRMED
    shop.pay(family.checkout(as_parent(now=after), first.id))
    assert _hear(first).state is PaymentState.PAID
    assert len(shop.all("charge")) == 2


def test_a_page_whose_end_nobody_told_us_is_found_by_housekeeping(shop: Shop, trip: SchoolEvent) -> None:
    first, _ = instalments(confirmed(shop, trip))
    family.checkout(as_parent(), first.id)
    after = NOW + timedelta(minutes=40)
    shop.at(after)
    assert housekeep(after) >= 1
    assert _again(first).state is PaymentState.CREATED


def test_before_the_place_is_confirmed_no_instalment_can_be_paid(trip: SchoolEvent) -> None:
    first, _ = instalments(book(trip))
    with pytest.raises(WrongState, match="not confirmed"):
        family.checkout(as_parent(), first.id)
    assert _again(first).state is PaymentState.CREATED


def test_nobody_else_opens_it(shop: Shop, trip: SchoolEvent) -> None:
    first, _ = instalments(confirmed(shop, trip))
    with pytest.raises(NotFound):
        family.checkout(as_parent(2), first.id)


def test_a_paid_one_cannot_be_paid_again(shop: Shop, trip: SchoolEvent) -> None:
    first, _ = instalments(confirmed(shop, trip))
    shop.pay(family.checkout(as_parent(), first.id))
    _hear(first)
    with pytest.raises(WrongState, match="paid"):
        family.checkout(as_parent(), first.id)


def test_a_hold_that_is_let_go_owes_nothing(trip: SchoolEvent) -> None:
    booked = book(trip)
    cancelling.cancel(as_parent(), booking_of(booked))
    assert {one.state for one in instalments(booked)} == {PaymentState.EXPIRED}


def test_several_are_paid_with_one_page(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip, "pupil-1", "pupil-2")
    parts = [*instalments(booked), *instalments(booked, 1)]
    basket = family.checkout_together(as_parent(), [one.id for one in parts])
    assert (basket.amount, len(basket.lines)) == (pounds(2000), 4)
    assert family.checkout_together(as_parent(), [one.id for one in reversed(parts)]).id == basket.id
    shop.pay(basket)
    assert _hear(basket).state is PaymentState.PAID
    assert {_again(one).state for one in parts} == {PaymentState.MERGED}
    assert sorted(one["amount"] for one in shop.all("charge")) == [500, 2000]
    with pytest.raises(WrongState):
        family.checkout(as_parent(), parts[0].id)
    assert ledger_balance() == shop.balance()


def test_a_basket_that_is_left_comes_apart_and_is_taken_up_again(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    ids = [one.id for one in instalments(booked)]
    basket = family.checkout_together(as_parent(), ids)
    after = NOW + timedelta(minutes=40)
    shop.at(after)
    assert _hear(basket).state is PaymentState.EXPIRED
    assert {one.state for one in instalments(booked)[:2]} == {PaymentState.CREATED}
    again = family.checkout_together(as_parent(now=after), ids)
    assert (again.id, again.state) == (basket.id, PaymentState.OPEN)
    shop.pay(again)
    assert _hear(basket).state is PaymentState.PAID


def test_one_of_a_basket_is_paid_alone_once_its_page_is_closed(shop: Shop, trip: SchoolEvent) -> None:
    first, second = instalments(confirmed(shop, trip))
    basket = family.checkout_together(as_parent(), [first.id, second.id])
    alone = family.checkout(as_parent(), first.id)
    assert (alone.id, alone.state, shop.status_of(basket)) == (first.id, PaymentState.OPEN, "expired")
    assert (_again(basket).state, _again(second).state) == (PaymentState.EXPIRED, PaymentState.CREATED)


def test_another_choice_closes_the_page_of_the_one_before(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip, "pupil-1", "pupil-2")
    (first, second), (third, _) = instalments(booked), instalments(booked, 1)
    before = family.checkout_together(as_parent(), [first.id, second.id])
    after = family.checkout_together(as_parent(), [first.id, third.id])
    assert (shop.status_of(before), _again(second).state) == ("expired", PaymentState.CREATED)
    assert [line.key for line in after.lines] == [first.lines[0].key, third.lines[0].key]


def test_a_basket_that_was_paid_a_moment_ago_is_not_paid_again_by_parts(shop: Shop, trip: SchoolEvent) -> None:
    first, second = instalments(confirmed(shop, trip))
    basket = family.checkout_together(as_parent(), [first.id, second.id])
    shop.pay(basket)
    with pytest.raises(WrongState):
        family.checkout(as_parent(), first.id)
    assert _again(basket).state is PaymentState.PAID
    assert len(shop.all("charge")) == 2


def test_places_and_instalments_are_not_mixed(shop: Shop, trip: SchoolEvent) -> None:
    first, _ = instalments(confirmed(shop, trip))
    other = book(trip, "pupil-2")
    with pytest.raises(Invalid):
        family.checkout_together(as_parent(), [first.id, other.payment_id or ""])


def test_holds_of_several_bookings_are_paid_with_one_page_and_let_go_together(shop: Shop, trip: SchoolEvent) -> None:
    booked = [book(trip, "pupil-1"), book(trip, "pupil-2")]
    ids = [one.payment_id or "" for one in booked]
    basket = family.checkout_together(as_parent(), ids)
    assert basket.amount == pounds(500)
    assert family.checkout_together(as_parent(), ids).id == basket.id
    assert family.checkout(as_parent(), ids[0]).id == basket.id
    other = book(a_trip(), "pupil-1")
    before, basket = basket, family.checkout_together(as_parent(), [ids[0], other.payment_id or ""])
    assert (shop.status_of(before), basket.amount) == ("expired", pounds(750))
    assert {family.checkout(as_parent(), one).id for one in (*ids, other.payment_id or "")} == {basket.id}
    booked.append(other)
    shop.pay(basket)
    assert _hear(basket).state is PaymentState.PAID
    assert {booking_of(one).state for one in booked} == {BookingState.CONFIRMED}
    assert not faults_of(trip)


def test_holds_paid_together_and_left_are_let_go_together(shop: Shop, trip: SchoolEvent) -> None:
    booked = [book(trip, "pupil-1"), book(trip, "pupil-2")]
    basket = family.checkout_together(as_parent(), [one.payment_id or "" for one in booked])
    shop.at(NOW + timedelta(minutes=40))
    assert _hear(basket).state is PaymentState.EXPIRED
    assert {booking_of(one).state for one in booked} == {BookingState.RELEASED}
    assert not faults_of(trip)
