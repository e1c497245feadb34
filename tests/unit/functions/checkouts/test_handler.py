"""The routes of what is due later and of what is given: who may pay what, and what families and staff see of it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import time_machine

from functions.bookings.handler import lambda_handler as bookings
from functions.checkouts.handler import lambda_handler as checkouts
from functions.events.handler import lambda_handler as events
from functions.family.handler import lambda_handler as family
from functions.payments.handler import lambda_handler as payments
from school_events.bookings import settlement
from school_events.bookings.service import Booked
from school_events.events.model import SchoolEvent
from school_events.payments.store import find_payment
from tests.support.booked_world import a_school_with_families, an_event, as_system, book
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.shop import Shop
from tests.support.tables import everything
from tests.unit.bookings.instalments.owing import DUE, confirmed, instalments

ROUTE = "/v1/schools/{school_id}"
ONE, TOGETHER = f"POST {ROUTE}/payments/{{payment_id}}/checkout", f"POST {ROUTE}/checkouts"
GIVE = f"POST {ROUTE}/bookings/{{booking_id}}/contribution"
MINE, BOOKINGS, SYNC = (f"GET {ROUTE}/me/{one}" for one in ("payments", "bookings", "sync"))
PAYMENT, PAYMENTS = f"GET {ROUTE}/payments/{{payment_id}}", f"GET {ROUTE}/payments"
BOOKING = f"GET {ROUTE}/bookings/{{booking_id}}"
EVENTS, EVENT = f"POST {ROUTE}/events", f"GET {ROUTE}/events/{{event_id}}"

MOTHER: Mapping[str, Any] = {"person": "contact-1", "roles": ["parent"]}
FATHER: Mapping[str, Any] = {"person": "contact-2", "roles": ["parent"]}
ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}
FINANCE: Mapping[str, Any] = {"person": "staff-finance", "roles": ["finance"]}

type Function = Callable[[dict[str, Any], Any], dict[str, Any]]


@pytest.fixture(autouse=True)
def trip(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip at £12.50 in three parts, with a contribution asked for; it is the moment of the tests."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield an_event(charging=DUE | {"voluntary_contribution": {"amount": 500}})


def ask(
    function: Function, route: str, caller: Mapping[str, Any], body: Any = None, **parameters: str
) -> tuple[int, Any]:
    """The status and body of an answer."""
    answer = function(http_event(route, parameters, body, **caller), LambdaContext())
    return answer["statusCode"], json_of(answer)


def pay(shop: Shop, payment_id: str) -> None:
    """Pay on Stripe's page, and hear of it."""
    shop.pay(find_payment(SCHOOL, payment_id))
    settlement.apply_payment(as_system(), payment_id)


@pytest.fixture
def booked(shop: Shop, trip: SchoolEvent) -> Booked:
    """A place whose deposit is paid."""
    return confirmed(shop, trip)


def test_a_parent_sees_what_is_due_when_pays_it_and_sees_it_paid(shop: Shop, booked: Booked) -> None:
    status, mine = ask(family, MINE, MOTHER)
    owed = [(one["purpose"], one["due_on"], one["amount"]["amount"], one["state"]) for one in mine["items"]]
    assert (status, owed) == (
        200,
        [
            ("instalment", "2026-11-26", 400, "created"),
            ("instalment", "2026-12-01", 600, "created"),
            ("place", None, 250, "paid"),
        ],
    )
    first = mine["items"][0]
    status, opened = ask(checkouts, ONE, MOTHER, payment_id=first["id"])
    assert (status, opened["state"], opened["lines"][0]["part"]) == (200, "open", "instalment-2")
    assert opened["checkout_url"].startswith(shop.server.url)
    pay(shop, first["id"])
    later = ask(bookings, BOOKING, MOTHER, booking_id=booked.booking_ids[0])[1]["due_later"]
    assert [(one["due_on"], one["payment_id"], one["state"]) for one in later] == [
        ("2026-11-26", first["id"], "paid"),
        ("2026-12-01", mine["items"][1]["id"], "created"),
    ]


def test_one_page_pays_for_several_and_the_family_sees_each_as_paid(shop: Shop, booked: Booked) -> None:
    ids = [one.id for one in instalments(booked)]
    status, opened = ask(checkouts, TOGETHER, MOTHER, {"payment_ids": ids})
    assert (status, opened["amount"]["amount"]) == (200, 1000)
    pay(shop, opened["id"])
    [shown] = ask(family, BOOKINGS, MOTHER)[1]["items"]
    assert [one["state"] for one in shown["due_later"]] == ["paid", "paid"]
    assert {one["id"] for one in ask(family, MINE, MOTHER)[1]["items"]} == {opened["id"], booked.payment_id}
    assert ask(checkouts, ONE, MOTHER, payment_id=ids[0])[0] == 409


def test_a_refresh_shows_what_is_due_later_with_the_booking(booked: Booked, trip: SchoolEvent) -> None:
    start = ask(family, SYNC, MOTHER)[1]
    known = {one["id"] for one in start["changes"] if one["thing"] == "payment"}
    assert known == {booked.payment_id, *(one.id for one in instalments(booked))}
    other = book(trip, "pupil-2")
    event = http_event(SYNC, {}, None, query={"cursor": start["cursor"]}, **MOTHER)
    news = {one["id"] for one in json_of(family(event, LambdaContext()))["changes"] if one["thing"] == "payment"}
    assert {other.payment_id, *(one.id for one in instalments(other))} <= news


def test_the_other_parent_sees_nothing_of_it_and_pays_none_of_it(booked: Booked) -> None:
    first, second = instalments(booked)
    before = everything()
    assert ask(checkouts, ONE, FATHER, payment_id=first.id)[0] == 404
    assert ask(checkouts, TOGETHER, FATHER, {"payment_ids": [first.id, second.id]})[0] == 404
    assert ask(checkouts, GIVE, FATHER, booking_id=booked.booking_ids[0])[0] == 404
    assert ask(family, MINE, FATHER) == (200, {"items": [], "next_cursor": None})
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "payment_ids"),
        ({"payment_ids": []}, "payment_ids"),
        ({"payment_ids": ["x y"]}, "payment_ids.0"),
        ({"payment_ids": ["payment"] * 13}, "payment_ids"),
    ],
)
def test_bad_input_is_refused_with_its_field(booked: Booked, body: Any, field: str) -> None:
    before = everything()
    status, problem = ask(checkouts, TOGETHER, MOTHER, body)
    assert (status, [one["field"] for one in problem["errors"]]) == (422, [field])
    assert everything() == before


def test_a_contribution_is_given_and_of_the_staff_only_finance_sees_who_gave(shop: Shop, booked: Booked) -> None:
    status, offered = ask(checkouts, GIVE, MOTHER, booking_id=booked.booking_ids[0])
    assert (status, offered["purpose"], offered["amount"]["amount"]) == (200, "contribution", 500)
    ask(checkouts, ONE, MOTHER, payment_id=offered["id"])
    pay(shop, offered["id"])
    seen = {
        name: (
            ask(payments, PAYMENT, caller, payment_id=offered["id"])[0],
            offered["id"] in {one["id"] for one in ask(payments, PAYMENTS, caller)[1]["items"]},
        )
        for name, caller in (("finance", FINANCE), ("admin", ADMIN))
    }
    assert seen == {"finance": (200, True), "admin": (404, False)}


def test_a_booking_looks_the_same_to_staff_whether_something_was_given_or_not(shop: Shop, trip: SchoolEvent) -> None:
    one, other = confirmed(shop, trip, "pupil-1"), confirmed(shop, trip, "pupil-2")
    offered = ask(checkouts, GIVE, MOTHER, booking_id=one.booking_ids[0])[1]
    ask(checkouts, ONE, MOTHER, payment_id=offered["id"])
    pay(shop, offered["id"])
    shown = [ask(bookings, BOOKING, ADMIN, booking_id=each.booking_ids[0])[1] for each in (one, other)]
    left_out = {"id", "pupil_id"}
    assert len({str({name: view[name] for name in sorted(view.keys() - left_out)}) for view in shown}) == 1


def test_an_unpaid_instalment_may_cost_the_place_only_where_there_are_instalments(trip: SchoolEvent) -> None:
    asked = {
        "kind": "trip",
        "title": "Zoo",
        "takes_place": {"starts_at": "2026-12-14T08:30", "ends_at": "2026-12-14T16:00"},
        "capacity": 3,
        "price": {"amount": 1250},
        "booking_window": {"opens_at": "2026-11-20T09:00:00Z", "closes_at": "2026-12-01T09:00:00Z"},
    }
    ends = {"unpaid_instalment": {"then": "cancel", "after_days": 8}}
    status, made = ask(events, EVENTS, ADMIN, asked | {"charging": DUE | ends})
    kept = ask(events, EVENT, ADMIN, event_id=made["id"])[1]["charging"]["unpaid_instalment"]
    assert (status, kept) == (201, {"then": "cancel", "after_days": 8})
    for charging, field in (
        (ends, "charging.unpaid_instalment.then"),
        (DUE | {"unpaid_instalment": {"then": "cancel", "after_days": 7}}, "charging.unpaid_instalment.after_days"),
        (DUE | {"unpaid_instalment": {"then": "sue"}}, "charging.unpaid_instalment.then"),
    ):
        status, problem = ask(events, EVENTS, ADMIN, asked | {"charging": charging})
        assert (status, [one["field"] for one in problem["errors"]]) == (422, [field])
