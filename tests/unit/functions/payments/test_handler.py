"""The routes of payments: who may pay, who may look, and what Stripe says at that moment."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import time_machine

from functions.payments.handler import lambda_handler
from school_events.bookings.disputed import apply_dispute
from school_events.events.model import SchoolEvent
from school_events.payments.accounts import store
from school_events.payments.store import find_payment
from tests.support.booked_world import a_school_with_families, an_event, book
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import link_told, tell
from tests.support.shop import Shop
from tests.support.tables import everything

ROUTE = "/v1/schools/{school_id}"
CHECKOUT = f"POST {ROUTE}/bookings/{{booking_id}}/checkout"
ONE, LIST = f"GET {ROUTE}/payments/{{payment_id}}", f"GET {ROUTE}/payments"
CONNECT, CONNECTION = f"POST {ROUTE}/school/stripe-account", f"GET {ROUTE}/school/stripe-account"

ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}
FINANCE: Mapping[str, Any] = {"person": "staff-finance", "roles": ["finance"]}
STAFF: Mapping[str, Any] = {"person": "staff-1", "roles": ["staff"]}


def parent(number: int = 1) -> dict[str, Any]:
    """The caller ``contact-{number}``."""
    return {"person": f"contact-{number}", "roles": ["parent"]}


@pytest.fixture(autouse=True)
def event(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip at £12.50; it is the moment of the tests."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield an_event()


def ask(route: str, caller: Mapping[str, Any], **others: Any) -> tuple[int, Any]:
    """The status and body of an answer."""
    parameters: dict[str, str] = {name: others.pop(name) for name in ("booking_id", "payment_id") if name in others}
    answer = lambda_handler(http_event(route, parameters, None, **caller, **others), LambdaContext())
    return answer["statusCode"], json_of(answer)


def test_a_parent_opens_pays_and_sees_it_paid(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event, "pupil-1", "pupil-2")
    status, opened = ask(CHECKOUT, parent(), booking_id=booked.booking_ids[1])
    assert (status, opened["state"], opened["amount"]) == (200, "open", {"amount": 2500, "currency": "gbp"})
    assert opened["checkout_url"].startswith(shop.server.url)
    assert [line["booking_id"] for line in opened["lines"]] == booked.booking_ids
    assert ask(ONE, parent(), payment_id=opened["id"])[1]["state"] == "open"
    shop.pay(find_payment(SCHOOL, opened["id"]))
    status, paid = ask(ONE, parent(), payment_id=opened["id"])
    assert (status, paid["state"], paid["checkout_url"], paid["pay_by"]) == (200, "paid", None, None)
    assert ask(CHECKOUT, parent(), booking_id=booked.booking_ids[0])[0] == 409


@pytest.mark.parametrize(
    ("caller", "status"), [(parent(2), 404), (parent(3), 404), (STAFF, 403), (FINANCE, 403), (ADMIN, 403)]
)
def test_only_who_booked_opens_the_page(shop: Shop, event: SchoolEvent, caller: Mapping[str, Any], status: int) -> None:
    booked = book(event)
    before = everything()
    assert ask(CHECKOUT, caller, booking_id=booked.booking_ids[0])[0] == status
    assert everything() == before
    assert shop.all("checkout.session") == []


def test_with_the_link_cut_no_page_is_opened(event: SchoolEvent) -> None:
    booked = book(event)
    tell(link_told(restricted=True, version=2))
    assert ask(CHECKOUT, parent(), booking_id=booked.booking_ids[0])[0] == 404


def test_what_costs_nothing_has_no_page() -> None:
    booked = book(an_event(price=0))
    assert ask(CHECKOUT, parent(), booking_id=booked.booking_ids[0])[0] == 409


@pytest.mark.parametrize(
    ("caller", "status"), [(parent(1), 200), (parent(2), 404), (STAFF, 403), (FINANCE, 200), (ADMIN, 200)]
)
def test_a_payment_is_its_payers_and_the_schools(event: SchoolEvent, caller: Mapping[str, Any], status: int) -> None:
    assert ask(ONE, caller, payment_id=book(event).payment_id)[0] == status


def test_anothers_payment_answers_like_one_that_does_not_exist(event: SchoolEvent) -> None:
    payment_id = book(event).payment_id
    assert ask(ONE, parent(3), payment_id=payment_id) == ask(ONE, parent(3), payment_id="payment_none")


def test_while_stripe_is_out_nothing_is_said_to_be_paid(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.pay(shop.open(booked))
    shop.server.faults.outage(2)
    status, problem = ask(ONE, parent(), payment_id=booked.payment_id)
    assert (status, problem["type"]) == (503, "urn:school-events:problem:try-again")
    assert ask(ONE, parent(), payment_id=booked.payment_id)[1]["state"] == "paid"


@pytest.mark.parametrize(("caller", "status"), [(parent(), 403), (STAFF, 403), (FINANCE, 200), (ADMIN, 200)])
def test_the_schools_payments_are_for_who_counts(event: SchoolEvent, caller: Mapping[str, Any], status: int) -> None:
    booked = book(event)
    answer = ask(LIST, caller)
    assert answer[0] == status
    if status == 200:
        assert [one["id"] for one in answer[1]["items"]] == [booked.payment_id]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"state": "created"}, True),
        ({"state": "paid"}, False),
        ({"state": "overdue"}, False),
        ({"payer_id": "contact-1", "purpose": "place"}, True),
        ({"payer_id": "contact-2"}, False),
        ({"event_id": "event-nobody"}, False),
        ({"from": "2026-11-23", "to": "2026-11-23"}, True),
        ({"to": "2026-11-22"}, False),
    ],
)
def test_the_list_is_narrowed_down(event: SchoolEvent, wanted: dict[str, str], *, found: bool) -> None:
    book(event)
    status, listed = ask(LIST, FINANCE, query=wanted)
    assert (status, len(listed["items"])) == (200, int(found))


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("state", {"state": "rich"}),
        ("purpose", {"purpose": "fun"}),
        ("payer_id", {"payer_id": "a b"}),
        ("from", {"from": "yesterday"}),
        ("to", {"from": "2026-11-23", "to": "2026-11-22"}),
    ],
)
def test_what_cannot_be_asked_of_the_list_is_refused_by_name(field: str, wanted: dict[str, str]) -> None:
    status, problem = ask(LIST, FINANCE, query=wanted)
    assert (status, problem["errors"][0]["field"]) == (422, field)


def test_a_cursor_that_is_none_of_this_list_is_refused_by_name() -> None:
    status, problem = ask(LIST, FINANCE, query={"cursor": "abc"})
    assert (status, problem["errors"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize("ready", [True, False])
def test_the_connection_is_shown_as_stripe_sees_it_now(shop: Shop, ready: bool) -> None:
    shop.server.world.book(shop.account_id).account["charges_enabled"] = ready
    status, shown = ask(CONNECTION, FINANCE)
    assert (status, shown["account_id"], shown["ready"]) == (200, shop.account_id, ready)
    assert shown["state"] == ("ready" if ready else "restricted")
    assert shown["onboarding_url"] is None


def test_connecting_again_goes_on_with_the_same_account(shop: Shop) -> None:
    status, shown = ask(CONNECT, ADMIN)
    assert (status, shown["account_id"]) == (200, shop.account_id)
    assert shown["onboarding_url"].startswith(shop.server.url)


@pytest.mark.parametrize("route", [CONNECT, CONNECTION])
@pytest.mark.parametrize("caller", [parent(), STAFF])
def test_the_connection_is_the_schools_business(route: str, caller: Mapping[str, Any]) -> None:
    before = everything()
    assert ask(route, caller)[0] == 403
    assert everything() == before


def test_a_school_without_an_account_is_told_so(event: SchoolEvent) -> None:
    key = store.account_key(SCHOOL)
    store.StripeAccountItem.get(key.pk, key.sk).delete()
    booked = book(event)
    for route, caller in ((CONNECTION, FINANCE), (CHECKOUT, parent())):
        parameters = {"booking_id": booked.booking_ids[0]} if route == CHECKOUT else {}
        status, problem = ask(route, caller, **parameters)
        assert (status, problem["type"]) == (409, "urn:school-events:problem:payments-not-ready")


def test_what_a_bank_disputes_is_shown_to_finance_staff_only(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.pay(shop.open(booked))
    assert booked.payment_id is not None
    assert ask(ONE, parent(), payment_id=booked.payment_id)[1]["state"] == "paid"
    (charge,) = shop.all("charge")
    dispute = shop.server.dashboard.dispute(charge["id"])
    apply_dispute(a_context(), shop.account_id, dispute["id"])
    for caller in (FINANCE, ADMIN):
        status, seen = ask(ONE, caller, payment_id=booked.payment_id)
        assert (status, seen["state"]) == (200, "disputed")
        (shown,) = seen["disputes"]
        assert (shown["id"], shown["state"], shown["reason"]) == (dispute["id"], "open", "fraudulent")
        assert shown["amount"] == {"amount": 1250, "currency": "gbp"}
        assert shown["respond_by"] == "2026-12-13T09:00:00Z"
        assert ask(LIST, caller)[1]["items"][0]["state"] == "disputed"
    _, seen = ask(ONE, parent(), payment_id=booked.payment_id)
    assert (seen["state"], seen["disputes"]) == ("paid", None)
