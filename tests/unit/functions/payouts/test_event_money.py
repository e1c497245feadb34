"""Finance staff see an event's money at a glance and booking by booking, to the penny as it is in the ledger."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from functions.payouts.handler import lambda_handler
from school_events.bookings import settlement
from school_events.bookings.contributions import service as contributions
from school_events.bookings.instalments import family
from school_events.bookings.service import Booked
from school_events.bookings.takings import service
from school_events.events.model import SchoolEvent
from school_events.payments.ledger.model import LedgerKind
from school_events.payments.ledger.store import ledger_of_event
from school_events.payments.model import Payment
from school_events.payments.refunds import staff
from school_events.payments.refunds.api import NewRefund
from tests.support.booked_world import UNASKED, a_school_with_families, an_event, as_parent, as_system, book
from tests.support.contexts import NOW, a_context
from tests.support.crashes import Calls, watched
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.money_checker import Books
from tests.support.shop import Shop
from tests.support.tables import rows
from tests.support.takings_checker import faults_of_takings
from tests.unit.bookings.instalments.owing import FIRST, a_trip, confirmed, instalments, morning
from tests.unit.functions.receipts.asking import pence, receive

ROUTE = "GET /v1/schools/{school_id}/events/{event_id}/payments"
FINANCE: Mapping[str, Any] = {"person": "staff-finance", "roles": ["finance"]}
ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}


@pytest.fixture(autouse=True)
def trip(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip at £12.50 in three parts: £2.50 with the booking, £4 by 26 November, £6 by 1 December."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield a_trip(voluntary_contribution={"amount": 500})


@pytest.fixture
def brought(shop: Shop, trip: SchoolEvent) -> tuple[Booked, Booked, Booked]:
    """One child by card, with an instalment and £5 given; one in cash; one not paid for. £1 of the first went back."""
    first = confirmed(shop, trip, "pupil-1")
    _pay(shop, family.checkout(as_parent(), instalments(first)[0].id))
    _pay(shop, family.checkout(as_parent(), contributions.give(as_parent(), first.booking_ids[0], None).id))
    wanted = {"reason": "goodwill", "lines": [{"booking_id": first.booking_ids[0], "amount": pence(100)}]}
    staff.ask(a_context(), first.payment_id or "", NewRefund.model_validate(wanted), UNASKED)
    second, third = book(trip, "pupil-2"), book(trip, "pupil-3", parent=3)
    assert receive(second, amount=pence(250))[0] == 201
    return first, second, third


def _pay(shop: Shop, payment: Payment) -> None:
    shop.pay(payment)
    settlement.apply_payment(as_system(), payment.id)


def ask(
    event_id: str, cursor: str | None = None, caller: Mapping[str, Any] = FINANCE, at: datetime = NOW
) -> tuple[int, Any]:
    """The status and body of an answer."""
    query = None if cursor is None else {"cursor": cursor}
    with time_machine.travel(at, tick=False):
        answer = lambda_handler(http_event(ROUTE, {"event_id": event_id}, query=query, **caller), LambdaContext())
    return answer["statusCode"], json_of(answer)


def told(sums: Mapping[str, int]) -> dict[str, int]:
    """What is not nothing, fees apart."""
    return {name: amount for name, amount in sums.items() if amount and name != "fees"}


def test_an_events_money_at_a_glance(trip: SchoolEvent, brought: tuple[Booked, ...]) -> None:
    status, body = ask(trip.id)
    assert status == 200
    paid, owed = 250 + 400 + 250, 600 + 1000 + 1250
    assert told(body["places"]) == {
        "asked": paid + owed, "paid": paid, "card": 650, "cash": 250, "owed": owed, "refunded": 100, "kept": 800
    }  # fmt: skip
    assert told(body["contributions"]) == {"asked": 500, "paid": 500, "card": 500, "kept": 500}
    assert body["places"]["fees"] > body["contributions"]["fees"] > 0


def test_each_booking_is_shown_with_its_payments(trip: SchoolEvent, brought: tuple[Booked, ...]) -> None:
    items = ask(trip.id)[1]["items"]
    assert [one["booking_id"] for one in items] == [one.booking_ids[0] for one in brought]
    assert [one["state"] for one in items] == ["confirmed", "confirmed", "pending"]
    assert [one["payer_id"] for one in items] == ["contact-1", "contact-1", "contact-3"]
    assert [told(one["place"])["asked"] for one in items] == [1250] * 3
    assert [(one["purpose"], one["state"]) for one in items[0]["payments"]] == [
        ("place", "part_refunded"),
        ("instalment", "paid"),
        ("instalment", "created"),
        ("contribution", "paid"),
    ]


def test_what_was_to_be_paid_by_a_day_that_is_past_is_overdue(trip: SchoolEvent, brought: tuple[Booked, ...]) -> None:
    assert ask(trip.id)[1]["places"]["overdue"] == 0
    after = ask(trip.id, at=morning(FIRST + timedelta(days=1)))[1]["places"]
    assert (after["overdue"], after["owed"]) == (800, 2850)


def test_it_is_the_ledgers_to_the_penny(shop: Shop, trip: SchoolEvent, brought: tuple[Booked, ...]) -> None:
    other = an_event()
    _pay(shop, shop.open(book(other, "pupil-1")))
    books = Books(shop)
    assert faults_of_takings(books.ledger, books.payments.values(), {trip.id, other.id}) == []
    wrong = [one | {"amount": {"amount": one["amount"]["amount"] + 1}} for one in books.ledger]
    assert faults_of_takings(wrong, books.payments.values(), {trip.id, other.id}) != []


def test_pages_follow_each_other_and_the_first_has_the_sums_of_all(
    trip: SchoolEvent, brought: tuple[Booked, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ask(trip.id)[1]
    monkeypatch.setattr(service, "PAGE", 1)
    pages = [ask(trip.id)[1]]
    while pages[-1]["next_cursor"]:
        with watched(Calls()) as calls:
            pages.append(ask(trip.id, pages[-1]["next_cursor"])[1])
    assert [one for page in pages for one in page["items"]] == whole["items"]
    assert [page["places"] for page in pages] == [whole["places"], None, None]
    assert [page["contributions"] for page in pages] == [whole["contributions"], None, None]
    assert calls.names.count("Query") == 1 + 3, "the bookings, and the ledger of each payment of the one on the page"
    elsewhere = ask(an_event().id, pages[0]["next_cursor"])
    assert (elsewhere[0], elsewhere[1]["errors"][0]["field"]) == (422, "cursor")


def test_all_of_an_event_is_read_from_lists_and_not_payment_by_payment(
    trip: SchoolEvent, brought: tuple[Booked, ...]
) -> None:
    with watched(Calls()) as calls:
        ask(trip.id)
    assert calls.names.count("Query") == 2, "its bookings, and what all of their payments entered in the ledger"


@pytest.mark.parametrize(
    "listed", [set(), set(LedgerKind) - {LedgerKind.CHARGE}, set(LedgerKind) - {LedgerKind.RECEIVED}]
)
def test_a_payment_whose_money_is_not_in_the_ledgers_list_yet_is_read_by_itself(
    trip: SchoolEvent, brought: tuple[Booked, ...], monkeypatch: pytest.MonkeyPatch, listed: set[LedgerKind]
) -> None:
    whole, of_event = ask(trip.id), ledger_of_event
    monkeypatch.setattr(service, "ledger_of_event", lambda *of: [one for one in of_event(*of) if one.kind in listed])
    monkeypatch.setattr(service, "_FEW", 0)
    assert ask(trip.id) == whole


@pytest.mark.parametrize("came", [600 + 400, 999], ids=["what was asked for", "another amount"])
def test_what_was_paid_in_one_go_for_several_events_is_of_each_what_was_its_own(
    shop: Shop, trip: SchoolEvent, brought: tuple[Booked, ...], came: int
) -> None:
    other = a_trip()
    also = confirmed(shop, other, "pupil-1")
    ids = [instalments(brought[0])[1].id, instalments(also)[0].id]
    together = family.checkout_together(as_parent(), ids)
    assert together.checkout is not None
    (page,) = (one for one in shop.all("checkout.session") if one["id"] == together.checkout.session_id)
    page["amount_total"] = came
    _pay(shop, together)
    books = Books(shop)
    assert {one.get("listed_with") for one in books.ledger if one.get("payment_id") == together.id} == {None}
    assert faults_of_takings(books.ledger, books.payments.values(), {trip.id, other.id}) == []


def test_who_gave_is_not_told_to_administrators(trip: SchoolEvent, brought: tuple[Booked, ...]) -> None:
    body = ask(trip.id, caller=ADMIN)[1]
    assert [body["contributions"], *(one["contributions"] for one in body["items"])] == [None] * 4
    assert {part["purpose"] for one in body["items"] for part in one["payments"]} == {"place", "instalment"}
    assert body["places"] == ask(trip.id)[1]["places"]


def test_reading_it_is_in_the_audit_log_and_an_event_that_is_not_there_is_not_read(trip: SchoolEvent) -> None:
    assert ask("event_none")[0] == 404
    assert ask(trip.id)[0] == 200
    lines = [(row["action"]["S"], row["subject"]["S"]) for row in rows("Audit")]
    assert lines == [("payments.read", trip.id)]
