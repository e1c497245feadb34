"""Finance staff see what reached the bank and what of whom it was, and the ledger beside Stripe."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from functions.payouts.handler import lambda_handler
from school_events.events.model import SchoolEvent
from school_events.payments.payouts import reading
from school_events.payments.payouts.store import lines_of
from school_events.payments.reconciliation import report
from school_events.payments.reconciliation.store import last_closing
from tests.support.booked_world import a_school_with_families, an_event
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.paying import apply, paid
from tests.unit.payments.reconciliation.mornings import checked, drop, morning

SCHOOLS = "/v1/schools/{school_id}"
FIRST = NOW.date()


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip at £12.50 that two children have paid for; £5 of it went back in Stripe's dashboard."""
    a_school_with_families()
    event = an_event()
    apply(paid(shop, event, "pupil-1", "pupil-2"))
    shop.server.dashboard.refund(shop.all("charge")[0]["id"], 500)
    return event


def ask(route: str, query: Mapping[str, str] | None = None, **parameters: str) -> tuple[int, Any]:
    """The status and body of an answer to finance staff."""
    asked = http_event(f"GET {SCHOOLS}/{route}", parameters, query=query, person="staff-finance", roles=["finance"])
    with time_machine.travel(morning(6), tick=False):
        answer = lambda_handler(asked, LambdaContext())
    return answer["statusCode"], json_of(answer)


def reconciled(first: date, last: date) -> Any:
    """The answer for a span of days."""
    status, body = ask("payments/reconciliation", {"from": first.isoformat(), "to": last.isoformat()})
    assert status == 200
    return body


def by_account(body: Any) -> dict[str, tuple[int, int, int, int]]:
    """Opening, in, out and closing of each account."""
    return {one["account"]: (one["opening"], one["came"], one["went"], one["closing"]) for one in body["accounts"]}


def test_a_payout_is_itemised_by_event_to_the_penny(shop: Shop, trip: SchoolEvent) -> None:
    for day in range(1, 7):
        checked(shop, day)
    status, body = ask("payouts")
    (payout,) = body["items"]
    assert (status, payout["state"], payout["itemised"], body["next_cursor"]) == (200, "paid", True, None)
    fees = -sum(one["fee"] for one in shop.all("balance_transaction"))
    assert {(one["event_id"], one["kind"]): one["pence"] for one in payout["shares"]} == {
        (trip.id, "charge"): 2500, (trip.id, "refund"): -500, (None, "fee"): fees,
    }  # fmt: skip
    assert payout["amount"]["amount"] == 2000 + fees
    status, shown = ask("payouts/{payout_id}", payout_id=payout["id"])
    assert (status, shown["payout"]) == (200, payout)
    assert sorted(one["pence"] for one in shown["items"]) == [-500, 2500 + fees]
    assert len({one["payment_id"] for one in shown["items"]}) == 1


def test_pages_follow_each_other(shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PAGE", 1)
    monkeypatch.setattr(reading, "_LINES", 1)
    for day in range(1, 6):
        shop.server.dashboard.sell(shop.account_id, 900)
        checked(shop, day)
    _, first = ask("payouts")
    _, second = ask("payouts", {"cursor": first["next_cursor"]})
    assert first["items"][0]["created_at"] > second["items"][0]["created_at"]
    earliest = second["items"][0]["id"]
    seen: list[str] = []
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        _, page = ask("payouts/{payout_id}", cursor, payout_id=earliest)
        seen += [one["transaction_id"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert seen == [one.transaction_id for one in lines_of(SCHOOL, earliest)]
    assert len(seen) > 1


@pytest.mark.parametrize("route", ["payouts", "payouts/{payout_id}"])
def test_a_cursor_of_something_else_is_refused(shop: Shop, trip: SchoolEvent, route: str) -> None:
    for day in range(1, 6):
        checked(shop, day)
    payout_id = ask("payouts")[1]["items"][0]["id"]
    status, body = ask(route, {"cursor": "nonsense"}, **({"payout_id": payout_id} if "{" in route else {}))
    assert (status, body["errors"][0]["field"]) == (422, "cursor")


def test_a_payout_of_nobody_is_not_there(shop: Shop, trip: SchoolEvent) -> None:
    assert ask("payouts/{payout_id}", payout_id="po_other")[0] == 404


def test_what_moved_is_the_opening_and_the_closing_apart_and_equal_to_stripe(shop: Shop, trip: SchoolEvent) -> None:
    shop.server.dashboard.sell(shop.account_id, 900)
    for day in range(1, 7):
        checked(shop, day)
    whole = reconciled(FIRST, FIRST + timedelta(days=6))
    accounts = by_account(whole)
    assert accounts["event_income"] == (0, 500, 2500, -2000)
    assert accounts["stripe_balance"][3] == shop.balance() == ledger_balance()
    assert accounts["bank"][3] == sum(one["amount"] for one in shop.all("payout"))
    assert accounts["elsewhere"][3] < 0
    assert whole["balanced"]
    (event,) = whole["events"]
    assert (event["event_id"], event["title"], event["income"]) == (trip.id, trip.title, 2000)
    assert event["by_kind"] == {"charge": 2500, "refund": -500}
    assert [one["until"] for one in whole["compared"]] == ["2026-11-29T05:00:00Z"]
    for last in range(6):
        before = by_account(reconciled(FIRST, FIRST + timedelta(days=last)))
        after = by_account(reconciled(FIRST + timedelta(days=last + 1), FIRST + timedelta(days=6)))
        assert {name: one[3] for name, one in before.items()} == {
            name: one[0] for name, one in after.items() if name in before
        }
        assert {name: one[3] for name, one in after.items()} == {name: one[3] for name, one in accounts.items()}


def test_a_day_is_closed_once_and_what_is_later_is_added_to_it(shop: Shop, trip: SchoolEvent) -> None:
    for day in range(1, 4):
        shop.server.dashboard.sell(shop.account_id, 900)
        checked(shop, day)
    closing = last_closing(SCHOOL, FIRST + timedelta(days=9))
    assert closing is not None
    assert closing.day == FIRST + timedelta(days=3)
    opening = {one["account"]: one["opening"] for one in reconciled(closing.day, closing.day)["accounts"]}
    assert opening == {one.account.value: one.pence for one in closing.balances}
    tomorrow = by_account(reconciled(closing.day + timedelta(days=1), closing.day + timedelta(days=1)))
    assert tomorrow["stripe_balance"][0] == shop.balance() != opening["stripe_balance"]


def test_what_differs_is_shown(shop: Shop, trip: SchoolEvent) -> None:
    drop(next(one for one in ledger() if one.kind == "charge"))
    checked(shop, 1)
    (found,) = reconciled(FIRST, FIRST)["differences"]
    assert (found["kind"], found["stripe_amount"], found["ledger_amount"]) == ("charge", 2500, 1250)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-11-23"}, "to"),
        ({"from": "soon", "to": "2026-11-23"}, "from"),
        ({"from": "2026-11-24", "to": "2026-11-23"}, "to"),
        ({"from": "2025-11-20", "to": "2026-11-23"}, "to"),
    ],
)
def test_a_span_that_is_none_is_refused_by_its_field(
    shop: Shop, trip: SchoolEvent, query: dict[str, str], field: str
) -> None:
    status, body = ask("payments/reconciliation", query)
    assert (status, body["errors"][0]["field"]) == (422, field)


def test_a_span_in_which_too_much_moved_is_refused_by_its_field(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST_ENTRIES", len(ledger()))
    assert reconciled(FIRST, FIRST)["balanced"]
    monkeypatch.setattr(report, "MOST_ENTRIES", len(ledger()) - 1)
    status, body = ask("payments/reconciliation", {"from": FIRST.isoformat(), "to": FIRST.isoformat()})
    assert (status, body["errors"][0]["field"]) == (422, "to")
    assert "fewer days" in body["errors"][0]["message"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1700000000", "soon"])
def test_what_is_no_day_is_refused_by_name(trip: SchoolEvent, day: str) -> None:
    status, problem = ask("payments/reconciliation", {"from": day, "to": day})
    assert (status, {one["field"] for one in problem["errors"]}) == (422, {"from", "to"})
