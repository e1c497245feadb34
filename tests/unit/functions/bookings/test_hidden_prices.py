"""No parent and no screen outside finance can tell a remitted place from one that was paid for (B8)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from functions.bookings.handler import lambda_handler as bookings
from functions.family.handler import lambda_handler as family
from functions.registers.handler import lambda_handler as registers
from school_events.bookings import consequences, settlement, store
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.family.reading import invitation_views
from school_events.invitations.store import find_invitations
from tests.support.booked_world import a_school_with_families, an_event, as_parent, book
from tests.support.contexts import NOW
from tests.support.contexts import SCHOOL as HERE
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import pupil_told, staff_told, tell
from tests.support.shop import Shop

SCHOOL = "/v1/schools/{school_id}"
FREE_MEALS = {"free_school_meals": {"eligible": True}}
CHARGING = {
    "remissions": [{"applies_to": "free_school_meals", "percent": 100}],
    "sibling_discount": 20,
    "voluntary_contribution": {"amount": 150},
}
STAFF = ({"person": "staff-1", "roles": ["staff"]}, {"person": "staff-admin", "roles": ["school_admin"]})
OF_THE_CHILD = {"id", "booking_id", "pupil_id", "first_name", "last_name", "booked_by"}


@pytest.fixture(autouse=True)
def event(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip at £12.50 that ``pupil-3`` has for nothing; it and ``pupil-4`` have a place, paid for where it costs."""
    a_school_with_families()
    tell(
        pupil_told("pupil-3", "Name3", characteristics=FREE_MEALS, version=2),
        staff_told("staff-money", ("school_admin", "finance")),
    )
    with time_machine.travel(NOW, tick=False):
        trip = an_event(charging=CHARGING, capacity=5)
        book(trip, "pupil-3", parent=3)
        paid = shop.open(book(trip, "pupil-4", parent=4))
        shop.pay(paid)
        settlement.apply_payment(as_parent(4), paid.id)
        yield trip


def ask(handler: Any, route: str, caller: dict[str, Any], **path: str) -> Any:
    """The body of a good answer."""
    answer = handler(http_event(f"GET {SCHOOL}{route}", path, **caller), LambdaContext())
    assert answer["statusCode"] == 200, answer["body"]
    return json_of(answer)


def without_the_child(shown: dict[str, Any]) -> dict[str, Any]:
    """What is left of a view that could tell two children's places apart."""
    return {name: value for name, value in shown.items() if name not in OF_THE_CHILD}


@pytest.mark.parametrize("caller", STAFF, ids=["allocated", "administrator"])
def test_staff_see_no_difference(event: SchoolEvent, caller: dict[str, Any]) -> None:
    remitted, paid = ask(registers, "/events/{event_id}/bookings", caller, event_id=event.id)["items"]
    assert without_the_child(remitted) == without_the_child(paid)
    one, other = (
        ask(bookings, "/bookings/{booking_id}", caller, booking_id=entry["booking_id"]) for entry in (remitted, paid)
    )
    assert without_the_child(one) == without_the_child(other)
    assert (one["price"], one["payment_id"], one["due_later"]) == (None, None, None)


def test_cancelling_says_the_same_of_both_and_cannot_be_made_to_tell_what_was_paid(event: SchoolEvent) -> None:
    caller: dict[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}
    listed = ask(registers, "/events/{event_id}/bookings", caller, event_id=event.id)["items"]
    ids = [entry["booking_id"] for entry in listed]
    one, other = (ask(bookings, "/bookings/{booking_id}/cancellation", caller, booking_id=each) for each in ids)
    assert without_the_child(one) == without_the_child(other)
    route, body = f"POST {SCHOOL}/bookings/{{booking_id}}/cancel", {"expected_refund": {"amount": 1251}}
    asked = [bookings(http_event(route, {"booking_id": each}, body, **caller), LambdaContext()) for each in ids]
    assert [(answer["statusCode"], json_of(answer)["errors"][0]["field"]) for answer in asked] == [
        (422, "expected_refund")
    ] * 2


def test_finance_staff_see_what_a_place_costs(event: SchoolEvent) -> None:
    caller = {"person": "staff-money", "roles": ["school_admin", "finance"]}
    listed = ask(registers, "/events/{event_id}/bookings", caller, event_id=event.id)["items"]
    shown = [ask(bookings, "/bookings/{booking_id}", caller, booking_id=one["booking_id"]) for one in listed]
    assert [one["price"]["amount"] for one in shown] == [0, 1250]


def test_others_are_told_of_a_booking_without_a_price(event: SchoolEvent) -> None:
    items = store.booking_items_of_event(HERE, event.id)
    told = [message for item in items if (found := consequences.of(item)) for message in found.messages]
    assert [message.type for message in told] == ["BookingConfirmed.v2"] * 2
    assert {frozenset(message.detail) for message in told} == {
        frozenset({"version", "booking_id", "event_id", "pupil_id", "confirmed_at"})
    }


def test_a_parent_sees_their_own_childs_price_and_no_rule(event: SchoolEvent) -> None:
    for number, price in ((3, 0), (4, 1250)):
        caller = {"person": f"contact-{number}", "roles": ["parent"]}
        [shown] = ask(family, "/me/invitations", caller)["items"]
        assert shown["cost"] == {
            "price": {"amount": price, "currency": "gbp"},
            "due_now": {"amount": price, "currency": "gbp"},
            "due_later": [],
            "as_further_child": {"amount": price and 1000, "currency": "gbp"},
            "voluntary_contribution": {"amount": 150, "currency": "gbp"},
        }
        assert [word for word in ("free_school_meals", "remission", "percent") if word in json.dumps(shown)] == []


def test_a_siblings_place_lowers_the_price_that_is_shown(event: SchoolEvent) -> None:
    book(event, "pupil-1")
    caller = {"person": "contact-1", "roles": ["parent"]}
    shown = {one["pupil_id"]: one["cost"]["price"]["amount"] for one in ask(family, "/me/invitations", caller)["items"]}
    assert shown["pupil-2"] == 1000


def test_a_siblings_place_counts_also_where_only_one_childs_invitation_is_shown(event: SchoolEvent) -> None:
    book(event, "pupil-1")
    [invitation] = find_invitations(HERE, event.id, ["pupil-2"]).values()
    [shown] = invitation_views(as_parent(1), [invitation], frozenset({"pupil-1", "pupil-2"}))
    assert shown.cost.price == pounds(1000)
