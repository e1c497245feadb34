"""The routes of cancelling: who is shown what it brings, who decides what goes back, and errors that name the field."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from functions.bookings.handler import lambda_handler
from school_events.bookings import settlement, store
from school_events.bookings.model import Booking
from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event, as_system, book, booking_of
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import staff_told, tell
from tests.support.shop import Shop, shop
from tests.support.tables import everything

__all__ = ["shop"]

ONE = "/v1/schools/{school_id}/bookings/{booking_id}"
CANCEL, TERMS = f"POST {ONE}/cancel", f"GET {ONE}/cancellation"
MOTHER: Mapping[str, Any] = {"person": "contact-1", "roles": ["parent"]}
FATHER: Mapping[str, Any] = {"person": "contact-2", "roles": ["parent"]}
ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}
BURSAR: Mapping[str, Any] = {"person": "staff-bursar", "roles": ["school_admin", "finance"]}
POLICY = [{"until": "2026-12-01", "refund_percent": 50}]
BEGUN = datetime(2026, 12, 4, 8, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def event(shop: Shop) -> SchoolEvent:
    """A trip at £12.50, of which half comes back."""
    a_school_with_families()
    return an_event(cancellation=POLICY)


@pytest.fixture
def booking(shop: Shop, event: SchoolEvent) -> Booking:
    """The mother's, paid."""
    booked = book(event)
    shop.pay(shop.open(booked))
    settlement.apply_payment(as_system(), booked.payment_id or "")
    return booking_of(booked)


def ask(
    route: str, caller: Mapping[str, Any], booking: Booking, body: Any = None, at: datetime = NOW, **others: Any
) -> tuple[int, Any]:
    """The status and body of an answer."""
    with time_machine.travel(at, tick=False):
        asked = http_event(route, {"booking_id": booking.id}, body, **caller, **others)
        answer = lambda_handler(asked, LambdaContext())
    return answer["statusCode"], json_of(answer)


def test_a_family_is_shown_what_it_brings_and_gives_the_place_up(booking: Booking) -> None:
    status, shown = ask(TERMS, MOTHER, booking)
    assert (status, shown["possible"], shown["refund"]) == (200, True, {"amount": 625, "currency": "gbp"})
    assert shown["until"] == "2026-12-04T08:30:00Z"
    status, ended = ask(CANCEL, MOTHER, booking, {"expected_refund": shown["refund"]})
    assert (status, ended["state"], ended["refund"]) == (200, "cancelled", shown["refund"])
    assert ask(CANCEL, MOTHER, booking)[0] == 409
    assert ask(TERMS, MOTHER, booking)[1]["possible"] is False


def test_the_same_key_and_body_give_the_same_answer(booking: Booking) -> None:
    key = {"Idempotency-Key": "key-1"}
    first = ask(CANCEL, MOTHER, booking, headers=key)
    before = everything()
    assert ask(CANCEL, MOTHER, booking, headers=key) == first
    status, problem = ask(CANCEL, MOTHER, booking, {"expected_refund": {"amount": 1}}, headers=key)
    assert (status, problem["type"]) == (422, "urn:school-events:problem:idempotency-key-reused")
    assert everything() == before


def test_the_other_parent_neither_sees_the_terms_nor_cancels(booking: Booking) -> None:
    before = everything()
    assert [ask(route, FATHER, booking)[0] for route in (TERMS, CANCEL)] == [404, 404]
    assert everything() == before


def test_an_administrator_decides_and_sees_no_money_unless_they_are_finance_too(booking: Booking) -> None:
    shown = ask(TERMS, ADMIN, booking)[1]
    assert (shown["refund_percent"], shown["refund"], shown["paid"]) == (50, None, None)
    status, ended = ask(CANCEL, ADMIN, booking, {"refund": "none"})
    assert (status, ended["state"], ended["refund"]) == (200, "cancelled", None)
    kept = store.find_booking(SCHOOL, booking.id).cancellation
    assert kept is not None
    assert (kept.by, kept.decided, kept.refund.amount) == ("school", "none", 0)


def test_finance_staff_see_what_goes_back(booking: Booking) -> None:
    tell(staff_told("staff-bursar", ("school_admin", "finance")))
    assert ask(TERMS, BURSAR, booking)[1]["refund"] == {"amount": 625, "currency": "gbp"}
    assert ask(CANCEL, BURSAR, booking)[1]["refund"] == {"amount": 1250, "currency": "gbp"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"refund": "full"}, "refund"),
        ({"refund": "half"}, "refund"),
        ({"expected_refund": 625}, "expected_refund"),
        ({"expected_refund": {"amount": "625"}}, "expected_refund.amount"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_what_makes_no_sense_or_is_the_schools_is_refused_by_field_and_changes_nothing(
    booking: Booking, body: Any, field: str
) -> None:
    before = everything()
    status, problem = ask(CANCEL, MOTHER, booking, body)
    assert (status, [one["field"] for one in problem["errors"]]) == (422, [field])
    assert everything() == before


@pytest.mark.parametrize(
    ("at", "body", "slug", "blamed"),
    [
        (BEGUN, None, "too-late-to-cancel", []),
        (NOW, {"expected_refund": {"amount": 626}}, "refund-is-less", ["expected_refund"]),
    ],
)
def test_what_cannot_be_cancelled_now_is_a_conflict_and_changes_nothing(
    booking: Booking, at: datetime, body: Any, slug: str, blamed: list[str]
) -> None:
    before = everything()
    status, problem = ask(CANCEL, MOTHER, booking, body, at)
    assert (status, problem["type"]) == (409, f"urn:school-events:problem:{slug}")
    assert [one["field"] for one in problem["errors"]] == blamed
    assert everything() == before


def test_a_cancelled_booking_says_what_goes_back_to_who_sees_money(booking: Booking) -> None:
    tell(staff_told("staff-bursar", ("school_admin", "finance")))
    ask(CANCEL, MOTHER, booking)
    seen = [ask(f"GET {ONE}", caller, booking)[1].get("refund") for caller in (MOTHER, BURSAR, FATHER, ADMIN)]
    assert seen == [{"amount": 625, "currency": "gbp"}] * 2 + [None] * 2


def test_who_gives_up_a_hold_that_was_paid_a_moment_ago_is_told_where_it_stands_and_what_to_do(
    booking: Booking,
) -> None:
    before = everything()
    status, problem = ask(CANCEL, MOTHER, booking, {"expected_state": "pending"})
    assert (status, problem["type"]) == (409, "urn:school-events:problem:not-as-seen")
    assert problem["errors"] == [{"field": "expected_state", "message": "It is confirmed now"}]
    assert "ask again with that state" in problem["detail"]
    assert everything() == before
    seen = ask(TERMS, MOTHER, booking)[1]["state"]
    status, ended = ask(CANCEL, MOTHER, booking, {"expected_state": seen})
    assert (status, ended["state"], ended["refund"]["amount"]) == (200, "cancelled", 625)


def test_who_gives_up_a_place_that_is_owed_again_is_told_that_it_is_a_hold(event: SchoolEvent) -> None:
    held = booking_of(book(event))
    status, problem = ask(CANCEL, MOTHER, held, {"expected_state": "confirmed"})
    assert (status, problem["errors"][0]["message"]) == (409, "It is pending now")
    assert ask(CANCEL, MOTHER, held, {"expected_state": "pending"})[0] == 200
