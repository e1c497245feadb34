"""The routes of refunds: who may give back, how much, and what they are shown (PAYMENTS.md 6)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from functions.refunds.handler import lambda_handler
from school_events.bookings import chores, places
from school_events.bookings.service import Booked
from school_events.core.money import pounds
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from school_events.payments.refunds import store
from tests.support.booked_world import a_school_with_families, an_event, as_system, book, payment_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.shop import Shop, ledger, ledger_balance
from tests.support.tables import everything
from tests.unit.bookings.paying import apply, paid

REFUNDS = "/v1/schools/{school_id}/payments/{payment_id}/refunds"
RETRY, PAID_OUT = f"POST {REFUNDS}/{{refund_id}}/retry", f"POST {REFUNDS}/{{refund_id}}/paid-out"
OF_EVENT = "GET /v1/schools/{school_id}/events/{event_id}/refunds"
ALL = {"reason": "asked_for"}

ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}
FINANCE: Mapping[str, Any] = {"person": "staff-finance", "roles": ["finance"]}
STAFF: Mapping[str, Any] = {"person": "staff-1", "roles": ["staff"]}
PARENT: Mapping[str, Any] = {"person": "contact-1", "roles": ["parent"]}


@pytest.fixture(autouse=True)
def event(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip at £12.50; it is the moment of the tests."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield an_event()


@pytest.fixture
def bought(shop: Shop, event: SchoolEvent) -> Booked:
    """Two places, paid for."""
    apply(booked := paid(shop, event, "pupil-1", "pupil-2"))
    return booked


def ask(
    route: str, caller: Mapping[str, Any], body: Any = None, *, key: str | None = None, **parameters: str | None
) -> tuple[int, Any]:
    """The status and body of an answer."""
    given = {name: value or "" for name, value in parameters.items()}
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = lambda_handler(http_event(route, given, body, headers=headers, **caller), LambdaContext())
    return answer["statusCode"], json_of(answer)


def give_back(booked: Booked, body: Any = None, caller: Mapping[str, Any] = FINANCE, **others: Any) -> tuple[int, Any]:
    """Ask for a refund of what was booked."""
    return ask(f"POST {REFUNDS}", caller, ALL if body is None else body, payment_id=booked.payment_id, **others)


def listed(booked: Booked) -> list[dict[str, Any]]:
    """The refunds of what was booked."""
    items: list[dict[str, Any]] = ask(f"GET {REFUNDS}", FINANCE, payment_id=booked.payment_id)[1]["items"]
    return items


def _a_line(booked: Booked, pence: Any = None, number: int = 0, **more: Any) -> dict[str, Any]:
    line: dict[str, Any] = {"booking_id": booked.booking_ids[number], **more}
    return line if pence is None else line | {"amount": {"amount": pence, "currency": "gbp"}}


def test_a_part_of_a_basket_goes_back_to_who_paid(shop: Shop, bought: Booked) -> None:
    status, asked = give_back(bought, {"reason": "goodwill", "lines": [_a_line(bought, 300, 1)]})
    assert status == 201
    (refund,) = asked["items"]
    assert (refund["booking_id"], refund["amount"]["amount"], refund["state"]) == (bought.booking_ids[1], 300, "made")
    assert (refund["why"], refund["through"], refund["part"]) == ("goodwill", "stripe", "")
    assert listed(bought) == asked["items"]
    assert [one["amount"] for one in shop.all("refund")] == [300]
    assert payment_of(bought).state == "part_refunded"


def test_everything_goes_back_and_then_nothing_is_left(shop: Shop, bought: Booked) -> None:
    assert give_back(bought)[0] == 201
    status, problem = give_back(bought)
    assert (status, problem["type"]) == (409, "urn:school-events:problem:wrong-state")
    assert sum(one["amount"] for one in shop.all("refund")) == 2500


@pytest.mark.parametrize(("caller", "status"), [(PARENT, 403), (STAFF, 403), (FINANCE, 201), (ADMIN, 201)])
def test_only_who_counts_gives_money_back(bought: Booked, caller: Mapping[str, Any], status: int) -> None:
    assert give_back(bought, caller=caller)[0] == status
    assert len(listed(bought)) == (2 if status == 201 else 0)


def test_the_same_request_again_is_the_same_refund_and_its_key_no_other(shop: Shop, bought: Booked) -> None:
    body = {"reason": "mistake", "lines": [_a_line(bought, 300)]}
    assert give_back(bought, body, key="one") == give_back(bought, body, key="one")
    assert give_back(bought, ALL, key="one")[0] == 422
    assert len(shop.all("refund")) == 1
    assert give_back(bought, body, key="two")[0] == 201
    assert len(shop.all("refund")) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": "because Tommy is ill"}, "reason"),
        ({**ALL, "lines": []}, "lines"),
        ({**ALL, "lines": [{"booking_id": "booking_none"}]}, "lines.0.booking_id"),
        ({**ALL, "lines": ["own", "own"]}, "lines.1"),
        ({**ALL, "lines": [{"own": 0}]}, "lines.0.amount"),
        ({**ALL, "lines": [{"own": -1}]}, "lines.0.amount"),
        ({**ALL, "lines": [{"own": 1.5}]}, "lines.0.amount.amount"),
        ({**ALL, "note": "x"}, "note"),
    ],
)
def test_a_bad_request_names_the_field_and_changes_nothing(bought: Booked, body: dict[str, Any], field: str) -> None:
    lines = [
        _a_line(bought) if line == "own" else _a_line(bought, line["own"]) if "own" in line else line
        for line in body.get("lines", [])
    ]
    before = everything()
    status, problem = give_back(bought, body | ({"lines": lines} if "lines" in body else {}))
    assert (status, problem["errors"][0]["field"]) == (422, field)
    assert everything() == before


def test_more_than_is_there_is_refused_and_changes_nothing(shop: Shop, bought: Booked) -> None:
    before = everything()
    status, problem = give_back(bought, {**ALL, "lines": [_a_line(bought, 1251)]})
    assert (status, problem["errors"][0]["field"]) == (409, "lines.0.amount")
    assert everything() == before
    assert shop.all("refund") == []


def test_what_nobody_paid_or_nobody_has_is_not_given_back(event: SchoolEvent) -> None:
    booked = book(event)
    assert give_back(booked)[0] == 409
    assert ask(f"POST {REFUNDS}", FINANCE, ALL, payment_id="payment_none")[0] == 404
    assert ask(f"GET {REFUNDS}", FINANCE, payment_id="payment_none")[0] == 404


def _failed(shop: Shop, booked: Booked) -> str:
    """A refund that failed at Stripe days later."""
    give_back(booked, {**ALL, "lines": [_a_line(booked)]})
    (made,) = shop.all("refund")
    shop.server.dashboard.fail_refund(made["id"])
    from school_events.payments.refunds.service import catch_up

    catch_up(as_system(), booked.payment_id or "")
    (row,) = listed(booked)
    assert (row["state"], row["trouble"]) == ("failed", "lost_or_stolen_card")
    return str(row["id"])


def test_a_refund_that_failed_is_asked_for_anew_once(shop: Shop, bought: Booked) -> None:
    """Scenario 12."""
    refund_id = _failed(shop, bought)
    status, again = ask(RETRY, FINANCE, payment_id=bought.payment_id, refund_id=refund_id)
    assert (status, again["state"], again["amount"]["amount"]) == (200, "made", 1250)
    assert ask(RETRY, FINANCE, payment_id=bought.payment_id, refund_id=refund_id) == (200, again)
    assert [row["replaced_by"] for row in listed(bought)] == [again["id"], None]
    assert ask(RETRY, FINANCE, payment_id=bought.payment_id, refund_id=again["id"])[0] == 409
    assert ledger_balance() == shop.balance()


def test_a_refund_that_failed_is_handed_over_by_the_school_once(shop: Shop, bought: Booked) -> None:
    refund_id = _failed(shop, bought)
    body = {"taken_from": "cash"}
    status, made = ask(PAID_OUT, FINANCE, body, payment_id=bought.payment_id, refund_id=refund_id)
    assert (status, made["state"], made["through"]) == (200, "made", "school")
    assert ask(PAID_OUT, FINANCE, body, payment_id=bought.payment_id, refund_id=refund_id) == (200, made)
    [entry] = [one for one in ledger() if one.kind == "paid_out"]
    assert (entry.debit, entry.credit) == ("event_income", "cash")
    assert payment_of(bought).refunded.amount == 1250
    assert ledger_balance() == shop.balance()
    assert ask(PAID_OUT, FINANCE, body, payment_id=bought.payment_id, refund_id=made["id"]) == (200, made)
    wrong = ask(PAID_OUT, FINANCE, {"taken_from": "hat"}, payment_id=bought.payment_id, refund_id=refund_id)
    assert wrong[0] == 422


@pytest.mark.parametrize(("first", "then"), [(RETRY, PAID_OUT), (PAID_OUT, RETRY)])
def test_what_took_a_failed_refunds_place_is_not_taken_for_the_other_thing(
    shop: Shop, bought: Booked, first: str, then: str
) -> None:
    refund_id = _failed(shop, bought)
    bodies = {RETRY: None, PAID_OUT: {"taken_from": "cash"}}
    assert ask(first, FINANCE, bodies[first], payment_id=bought.payment_id, refund_id=refund_id)[0] == 200
    before = everything()
    assert ask(then, FINANCE, bodies[then], payment_id=bought.payment_id, refund_id=refund_id)[0] == 409
    assert everything() == before


def test_what_was_made_is_neither_asked_for_again_nor_handed_over(bought: Booked) -> None:
    (refund, _) = give_back(bought)[1]["items"]
    for route, body in ((RETRY, None), (PAID_OUT, {"taken_from": "bank"})):
        assert ask(route, FINANCE, body, payment_id=bought.payment_id, refund_id=refund["id"])[0] == 409
        assert ask(route, FINANCE, body, payment_id=bought.payment_id, refund_id="refund_none")[0] == 404
        assert ask(route, PARENT, body, payment_id=bought.payment_id, refund_id=refund["id"])[0] == 403


def test_what_was_given_back_meanwhile_is_not_given_back_again(shop: Shop, bought: Booked) -> None:
    refund_id = _failed(shop, bought)
    give_back(bought)
    assert ask(RETRY, FINANCE, payment_id=bought.payment_id, refund_id=refund_id)[0] == 409
    body = {"taken_from": "bank"}
    assert ask(PAID_OUT, FINANCE, body, payment_id=bought.payment_id, refund_id=refund_id)[0] == 409
    assert payment_of(bought).refunded.amount == 2500


def test_a_disputed_payment_is_not_refunded_by_asking_for_it_anew(shop: Shop, bought: Booked) -> None:
    """Scenario 13."""
    before = listed(bought)
    payment = payment_of(bought)
    shop.server.dashboard.dispute(payment.charge_id or "")
    (refund, other) = give_back(bought)[1]["items"]
    assert {one["state"] for one in (refund, other)} == {"asked"}
    assert {one["trouble"] for one in (refund, other)} == {"charge_disputed"}
    assert before == []


def test_how_far_an_events_refunds_have_come(shop: Shop, event: SchoolEvent, bought: Booked) -> None:
    nothing = {"count": 0, "pence": 0}
    assert _progress(event) == {
        "ending": False,
        "to_do": nothing,
        "pending": nothing,
        "made": nothing,
        "failed": nothing,
    }
    lifecycle.cancel(a_context(), event.id, places.close_places)
    assert _progress(event)["ending"] is True
    chores.call_events_off(NOW, lambda _: as_system(), lambda: True)
    chores.call_events_off(NOW, lambda _: as_system(), lambda: True)
    seen = _progress(event)
    assert (seen["ending"], seen["to_do"]["count"], seen["to_do"]["pence"]) == (False, 2, 2500)
    later = NOW + timedelta(minutes=1)
    chores.make_due_refunds(later, lambda _: as_system(later), lambda: True)
    seen = _progress(event)
    assert (seen["to_do"]["count"], seen["made"]["count"], seen["made"]["pence"]) == (0, 2, 2500)


def test_an_event_gives_back_more_than_anything_may_cost(
    shop: Shop, event: SchoolEvent, bought: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_back(bought)
    (one, *_) = store.refunds_of_event(SCHOOL, event.id)
    largest = one.model_copy(update={"amount": pounds(100_000_000)})
    monkeypatch.setattr(store, "refunds_of_event", lambda *_: iter([largest] * 3))
    assert _progress(event)["made"] == {"count": 3, "pence": 300_000_000}


def _progress(event: SchoolEvent) -> dict[str, Any]:
    status, seen = ask(OF_EVENT, FINANCE, event_id=event.id)
    assert (status, seen.pop("event_id")) == (200, event.id)
    found: dict[str, Any] = seen
    return found


def test_the_progress_of_no_event_is_none_and_for_who_counts(event: SchoolEvent) -> None:
    assert ask(OF_EVENT, FINANCE, event_id="event_none")[0] == 404
    assert [ask(OF_EVENT, one, event_id=event.id)[0] for one in (PARENT, STAFF, ADMIN)] == [403, 403, 200]
