"""The sweep: a webhook that never came, or died on its way, is made good by asking Stripe (PAYMENTS.md 8)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from functions.stripe_events.handler import lambda_handler as worker
from functions.stripe_sweep.handler import lambda_handler
from local.stripe.errors import Json
from school_events.bookings.service import Booked
from school_events.core import aws
from school_events.events.model import SchoolEvent
from school_events.payments.accounts import store as accounts
from school_events.payments.events import gateway, store
from school_events.payments.events.model import TYPES
from school_events.payments.events.queued import ids_of
from school_events.payments.events.store import Sweep
from school_events.payments.model import PaymentState
from tests.support.booked_world import a_school_with_families, an_event, book, payment_of
from tests.support.contexts import NOW, SCHOOL
from tests.support.crashes import Calls, Killed, watched
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.shop import Shop, ledger_balance
from tests.support.tables import everything, messages

QUARTER = timedelta(minutes=15)
"""After this, a webhook counts as lost."""


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The product's clock."""
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def event(shop: Shop, clock: time_machine.Traveller) -> SchoolEvent:
    """A trip at £12.50; what connecting the school made Stripe tell is done."""
    a_school_with_families()
    made = an_event()
    _work(_sweep(at=NOW + QUARTER, clock=clock, shop=shop))
    return made


def _pay(shop: Shop, event: SchoolEvent, at: datetime = NOW + QUARTER) -> Booked:
    """A family books and pays; no webhook tells us."""
    booked = book(event)
    shop.pay(shop.open(booked, now=at))
    return booked


def _sweep(at: datetime, clock: time_machine.Traveller, shop: Shop) -> list[dict[str, Any]]:
    """Let the function run at a moment; what it queued."""
    clock.move_to(at)
    shop.at(at)
    _run()
    return messages("stripe-events")


def _run(remaining_ms: int = 240_000) -> dict[str, int]:
    return lambda_handler({}, LambdaContext(remaining_ms=remaining_ms))


def _work(bodies: list[dict[str, Any]]) -> None:
    assert worker(sqs_event(*bodies, queue="stripe-events"), LambdaContext())["batchItemFailures"] == []


def _swept(shop: Shop, now: datetime) -> Sweep:
    (one,) = [one for one in store.due_sweeps(now + timedelta(days=2)) if one.account_id == shop.account_id]
    return one


def test_what_no_webhook_told_is_found_and_applied(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller
) -> None:
    booked = _pay(shop, event)
    queued = _sweep(NOW + timedelta(hours=2), clock, shop)
    assert {"checkout.session.completed", "payment_intent.succeeded"} <= {one["type"] for one in queued}
    assert {one["account"] for one in queued} == {shop.account_id}
    _work(queued)
    assert payment_of(booked).state is PaymentState.PAID
    assert ledger_balance() == shop.balance()


def test_what_is_queued_is_what_the_webhook_would_have_queued(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller
) -> None:
    told: list[Json] = []
    shop.server.world.on_event(told.append)
    _pay(shop, event)
    queued = _sweep(NOW + timedelta(hours=2), clock, shop)
    sent = [ids_of(one) for one in told if one["type"] in TYPES]
    assert sorted(queued, key=lambda one: str(one["event_id"])) == sorted(sent, key=lambda one: str(one["event_id"]))


def test_what_is_done_is_not_queued_again_and_the_next_run_is_in_an_hour(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller
) -> None:
    _pay(shop, event)
    first = NOW + timedelta(hours=2)
    _work(_sweep(first, clock, shop))
    before = everything()
    assert _sweep(first + timedelta(minutes=55), clock, shop) == []
    assert everything()["Payments"] == before["Payments"]
    assert _sweep(first + timedelta(minutes=61), clock, shop) == []
    assert everything()["Payments"] != before["Payments"]


def test_what_may_still_be_on_its_way_is_left_to_its_webhook(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller
) -> None:
    due = NOW + QUARTER + timedelta(hours=1)
    shop.at(due - timedelta(minutes=9))
    _pay(shop, event, due - timedelta(minutes=9))
    assert _sweep(due, clock, shop) == []
    assert len(_sweep(due + timedelta(hours=1), clock, shop)) > 1


def test_what_died_in_the_queue_is_queued_again_for_a_day(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller
) -> None:
    _pay(shop, event)
    moment, seen = NOW + timedelta(hours=2), []
    for _ in range(30):
        seen.append(len(_sweep(moment, clock, shop)))
        moment += timedelta(hours=1, minutes=1)
    assert min(seen[:21]) > 0
    assert seen[25:] == [0] * 5


def test_all_is_found_however_long_nobody_asked_and_however_much_it_is(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "_PAGE", 1)
    _pay(shop, event)
    happened = {one["id"] for one in shop.all("event") if one["type"] in TYPES}
    queued = _sweep(NOW + timedelta(days=20), clock, shop)
    assert {one["event_id"] for one in queued} == {
        one for one in happened if not store.event_is_done(SCHOOL, shop.account_id, one)
    }
    assert len(queued) > 2


def test_an_account_that_cannot_be_asked_keeps_no_other_back_and_is_asked_again_soon(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller
) -> None:
    shop.connect("school-2")
    _pay(shop, event)
    moment = NOW + timedelta(hours=2)
    clock.move_to(moment)
    shop.at(moment)
    shop.server.faults.outage(2)
    done = _run()
    assert (done["accounts"], done["failed"]) == (2, 1)
    messages("stripe-events")
    clock.move_to(moment + timedelta(minutes=4))
    assert _run()["accounts"] == 0
    clock.move_to(moment + timedelta(minutes=6))
    done = _run()
    assert (done["accounts"], done["failed"]) == (1, 0)


def test_nothing_is_noted_before_all_of_it_is_queued(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pay(shop, event)
    moment = NOW + timedelta(hours=2)
    before = _swept(shop, moment)
    failed = {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}
    with monkeypatch.context() as broken:
        broken.setattr(aws.client("sqs"), "send_message_batch", lambda **_: failed)
        assert _sweep(moment, clock, shop) == []
    assert _swept(shop, moment).swept_until == before.swept_until
    assert len(_sweep(moment + timedelta(minutes=6), clock, shop)) > 1


def test_a_school_that_has_disconnected_is_not_asked_for_every_few_minutes(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pay(shop, event)
    moment = NOW + timedelta(hours=2)
    with monkeypatch.context() as gone:
        gone.delitem(shop.server.world.books, shop.account_id)
        (left,) = _sweep(moment, clock, shop)
        _work([left])
        account = accounts.find_account(SCHOOL)
        assert account is not None
        assert not account.charges_enabled, "also if no webhook has said so"
        assert not list(store.due_sweeps(moment + timedelta(hours=23)))
    assert len(_sweep(moment + timedelta(hours=25), clock, shop)) > 1, "it was connected again, and nothing is lost"


def test_one_that_has_disconnected_while_our_queue_is_out_keeps_no_other_back(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.connect("school-2")
    moment = NOW + timedelta(hours=2)
    clock.move_to(moment)
    shop.at(moment)
    with monkeypatch.context() as patch:
        patch.delitem(shop.server.world.books, shop.account_id)
        patch.setattr(gateway, "queue", lambda _: 1 / 0)
        done = _run()
    assert (done["accounts"], done["failed"]) == (2, 2)
    assert _run()["accounts"] == 0, "they are put off"


def test_with_no_time_left_the_rest_waits_for_the_next_run(
    shop: Shop, event: SchoolEvent, clock: time_machine.Traveller
) -> None:
    clock.move_to(NOW + timedelta(hours=2))
    assert _run(remaining_ms=39_000) == {"accounts": 0, "missed": 0, "failed": 0}
    assert _run()["accounts"] == 1


def test_an_account_that_was_connected_before_there_was_a_sweep_is_swept_once_stripe_tells_of_it(shop: Shop) -> None:
    key = store._sweep_key(SCHOOL, shop.account_id)
    aws.client("dynamodb").delete_item(TableName="Payments", Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}})
    told = {"event_id": "evt_1", "type": "account.updated", "account": shop.account_id}
    with time_machine.travel(NOW, tick=False):
        _work([told | {"object_id": shop.account_id, "payment_id": None}])
        assert [one.account_id for one in store.due_sweeps(NOW)] == [shop.account_id]


def test_killed_anywhere_it_misses_nothing(shop: Shop, event: SchoolEvent, clock: time_machine.Traveller) -> None:
    moment, killed = NOW + timedelta(hours=2), 0
    for stop in range(9):
        shop.server.dashboard.sell(shop.account_id, 500)
        happened = {one["id"] for one in shop.all("event")[:4] if one["type"] in TYPES}
        moment += timedelta(minutes=61)
        clock.move_to(moment)
        shop.at(moment)
        try:
            with watched(Calls(stop_before=stop)):
                _run()
        except Killed:
            killed += 1
        queued = messages("stripe-events") + _sweep(moment + timedelta(minutes=6), clock, shop)
        assert happened
        assert happened <= {one["event_id"] for one in queued}
    assert killed > 5
