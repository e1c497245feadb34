"""What a booking costs is what the database says of child and household, whatever is asked; nobody else can tell."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from school_events.bookings import cancelling, pricing, service
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments import store as payments
from tests.support.booked_world import (
    UNASKED,
    a_school_with_families,
    an_event,
    as_parent,
    book,
    booking_of,
    payment_of,
)
from tests.support.contexts import NOW, SCHOOL
from tests.support.people import pupil_told, tell
from tests.support.tables import rows

pytestmark = pytest.mark.usefixtures("tables")

FREE_MEALS = {"free_school_meals": {"eligible": True, "starts_on": "2026-09-01"}}
REMISSION = {"remissions": [{"applies_to": "free_school_meals", "percent": 100}]}
HALF_FOR_SIBLINGS = {"sibling_discount": 50}
PARTS = {
    "deposit": {"amount": 250},
    "instalments": [
        {"amount": {"amount": 400}, "due_on": "2026-11-25"},
        {"amount": {"amount": 600}, "due_on": "2026-12-01"},
    ],
}


@pytest.fixture(autouse=True)
def _families(tables: None) -> None:
    """``pupil-1`` has free school meals, their sibling ``pupil-2`` has not."""
    a_school_with_families()
    tell(pupil_told("pupil-1", "Name1", characteristics=FREE_MEALS, version=2))


def priced(*rules: dict[str, Any], price: int = 1250) -> SchoolEvent:
    """The trip with these rules of its price."""
    charging: dict[str, Any] = {}
    for one in rules:
        charging |= one
    return an_event(price=price, charging=charging)


def all_of(booked: Booked) -> list[Booking]:
    """The bookings, in the order asked."""
    return [booking_of(booked, position) for position in range(len(booked.booking_ids))]


def prices_of(booked: Booked) -> list[int]:
    """What each booking costs, in pence."""
    return [booking.price.amount for booking in all_of(booked)]


def test_a_remitted_place_is_confirmed_at_once_and_asks_for_nothing() -> None:
    booked = book(priced(REMISSION))
    assert (prices_of(booked), booked.state, booked.payment_id) == ([0], "confirmed", None)
    assert rows("Payments") == []


def test_a_remission_ends_with_the_characteristic() -> None:
    event = priced(REMISSION)
    ended = {"free_school_meals": {"eligible": True, "ends_on": "2026-11-22"}}
    tell(pupil_told("pupil-1", "Name1", characteristics=ended, version=3))
    assert prices_of(book(event)) == [1250]


def test_of_one_household_each_child_has_its_own_price_and_only_what_costs_waits() -> None:
    booked = book(priced(REMISSION), "pupil-1", "pupil-2")
    first, second = all_of(booked)
    assert (first.state, first.payment_id, first.hold_until) == (BookingState.CONFIRMED, None, None)
    assert (second.state, second.payment_id) == (BookingState.PENDING, booked.payment_id)
    assert booked.state == "pending"
    assert [(line.reference, line.amount) for line in payment_of(booked).lines] == [(second.id, pounds(1250))]


def test_a_second_child_of_the_household_has_the_discount_booked_together_or_later_by_either_parent() -> None:
    event = priced(HALF_FOR_SIBLINGS)
    assert sorted(prices_of(book(event, "pupil-1", "pupil-2"))) == [625, 1250]
    other = priced(HALF_FOR_SIBLINGS)
    assert prices_of(book(other, "pupil-1", parent=1)) == [1250]
    assert prices_of(book(other, "pupil-2", parent=2)) == [625]


def test_another_familys_child_is_no_sibling() -> None:
    event = priced(HALF_FOR_SIBLINGS)
    book(event, "pupil-3", parent=3)
    assert prices_of(book(event, "pupil-1")) == [1250]


def test_a_sibling_whose_place_was_given_up_counts_no_more() -> None:
    event = priced(HALF_FOR_SIBLINGS)
    cancelling.cancel(as_parent(), booking_of(book(event, "pupil-1")))
    assert prices_of(book(event, "pupil-2")) == [1250]


def test_of_two_siblings_booked_in_the_same_moment_the_second_has_the_discount(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = priced(HALF_FOR_SIBLINGS)
    # Of chance of his own, so that the two do not meet at the same place and look again for its sake.
    father = replace(as_parent(2), random=Random(7))  # noqa: S311 - chance that repeats
    wish = [Wish("pupil-2")]
    look, between = pricing.household, [lambda: service.book(father, "contact-2", event.id, wish, UNASKED)]

    def looked(*given: Any) -> pricing.Household:
        seen = look(*given)
        if between:
            between.pop()()
        return seen

    monkeypatch.setattr(pricing, "household", looked)
    assert prices_of(book(event, "pupil-1")) == [625]


def test_only_the_deposit_is_asked_for_with_the_booking() -> None:
    booked = book(priced(PARTS), "pupil-1", "pupil-2")
    assert prices_of(booked) == [1250, 1250]
    assert payment_of(booked).amount == pounds(500)
    for booking in all_of(booked):
        assert booking.due_now == pounds(250)
        assert [(part.due_on.isoformat(), part.amount.amount) for part in booking.due_later] == [
            ("2026-11-25", 400),
            ("2026-12-01", 600),
        ]


def test_a_lowered_price_is_due_in_lowered_parts() -> None:
    half = {"remissions": [{"applies_to": "free_school_meals", "percent": 50}]}
    [booking] = all_of(book(priced(PARTS, half)))
    assert (booking.price.amount, booking.due_now.amount) == (625, 125)
    assert [part.amount.amount for part in booking.due_later] == [200, 300]


def test_a_voluntary_contribution_never_costs_the_place() -> None:
    booked = book(priced({"voluntary_contribution": {"amount": 1250}}, price=0), "pupil-1", "pupil-2")
    assert (prices_of(booked), booked.state, booked.payment_id) == ([0, 0], "confirmed", None)


def test_payment_and_booking_carry_no_trace_of_why_a_price_is_lower() -> None:
    booked = book(priced({"remissions": [{"applies_to": "free_school_meals", "percent": 50}]}))
    assert booked.payment_id is not None
    payment = payments.find_payment(SCHOOL, booked.payment_id)
    assert payment.amount == pounds(625)
    kept = str(rows("Payments")) + str(rows("Bookings"))
    assert [word for word in ("free_school_meals", "remi", "percent", "1250") if word in kept] == []
    assert booking_of(booked).created_at == NOW
