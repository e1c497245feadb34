"""The worker behind the webhook: each event applied once, by the school that owns the account."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from functions.stripe_events.handler import lambda_handler
from school_events.bookings import settlement, stripe_events
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.core.context import Context
from school_events.core.errors import TryAgain
from school_events.events.model import SchoolEvent
from school_events.payments import stripe_client
from school_events.payments.accounts import store as accounts
from school_events.payments.events import store as events
from school_events.payments.events.model import TYPES
from school_events.payments.events.queued import ids_of
from school_events.payments.model import PaymentState
from tests.support.booked_world import a_school_with_families, an_event, book, booking_of, payment_of, place_states
from tests.support.contexts import NOW, SCHOOL
from tests.support.event_checker import faults_of
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.shop import Shop, ledger, ledger_balance
from tests.support.tables import everything
from tests.unit.local.stripe import openapi


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def event(shop: Shop) -> SchoolEvent:
    """A trip at £12.50."""
    a_school_with_families()
    return an_event()


def _paid(shop: Shop, event: SchoolEvent) -> Booked:
    booked = book(event)
    shop.pay(shop.open(booked))
    return booked


def _message(shop: Shop, booked: Booked | None = None, **others: Any) -> dict[str, Any]:
    return {
        "event_id": "evt_1",
        "type": "checkout.session.completed",
        "account": shop.account_id,
        "object_id": "cs_1",
        "payment_id": booked.payment_id if booked else None,
    } | others


def _work(*messages: Any) -> list[str]:
    """The messages that failed."""
    answer = lambda_handler(sqs_event(*messages, queue="stripe-events"), LambdaContext())
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def test_an_event_confirms_what_was_paid(shop: Shop, event: SchoolEvent) -> None:
    booked = _paid(shop, event)
    assert _work(_message(shop, booked)) == []
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert ledger_balance() == shop.balance()


def test_an_event_that_comes_three_times_is_applied_once(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = _paid(shop, event)
    assert _work(*[_message(shop, booked)] * 3) == []
    before = everything()

    def never(*_args: object) -> None:
        raise AssertionError("an event that is done is applied again")

    monkeypatch.setattr(settlement, "apply_payment", never)
    assert _work(_message(shop, booked)) == []
    assert everything() == before
    assert [one.kind for one in ledger()] == ["charge", "fee"]


def test_all_events_of_a_payment_in_any_order_fulfil_it_once(shop: Shop, event: SchoolEvent) -> None:
    booked = _paid(shop, event)
    types = ["charge.updated", "charge.succeeded", "checkout.session.completed", "payment_intent.succeeded"]
    messages = [_message(shop, booked, event_id=f"evt_{number}", type=kind) for number, kind in enumerate(types)]
    assert _work(*messages, *reversed(messages)) == []
    assert [one.kind for one in ledger()] == ["charge", "fee"]
    assert not faults_of(event)


def test_a_failed_attempt_is_not_already_seen(shop: Shop, event: SchoolEvent) -> None:
    booked = _paid(shop, event)
    shop.server.faults.outage(2)
    assert _work(_message(shop, booked)) == ["message-1"]
    assert not events.event_is_done(SCHOOL, shop.account_id, "evt_1")
    assert payment_of(booked).state is PaymentState.OPEN
    assert _work(_message(shop, booked)) == []
    assert events.event_is_done(SCHOOL, shop.account_id, "evt_1")
    assert payment_of(booked).state is PaymentState.PAID


def test_a_bad_message_keeps_no_other_back(shop: Shop, event: SchoolEvent) -> None:
    booked = _paid(shop, event)
    unknown_field = _message(shop, booked, event_id="evt_0", amount=1)
    assert _work("not json", unknown_field, _message(shop, booked)) == ["message-1", "message-2"]
    assert payment_of(booked).state is PaymentState.PAID


def test_an_event_of_one_school_naming_anothers_payment_touches_nothing(shop: Shop, event: SchoolEvent) -> None:
    booked = _paid(shop, event)
    other = shop.connect("school-2")
    before = everything()
    assert _work(_message(shop, booked, account=other)) == []
    after = everything()
    done = [row["pk"]["S"] for row in after["Payments"] if row not in before["Payments"]]
    assert done == [f"SCH#school-2#STRIPE_EVENT#{other}#evt_1"]
    assert after | {"Payments": before["Payments"]} == before
    assert _work(_message(shop, booked)) == []
    assert payment_of(booked).state is PaymentState.PAID


@pytest.mark.parametrize("account", ["acct_nobody", None])
def test_an_event_of_an_account_that_is_nobodys_is_acknowledged(
    shop: Shop, event: SchoolEvent, account: str | None
) -> None:
    booked = _paid(shop, event)
    before = everything()
    assert _work(_message(shop, booked, account=account)) == []
    assert everything() == before


def test_an_event_of_another_kind_is_acknowledged(shop: Shop, event: SchoolEvent) -> None:
    booked = _paid(shop, event)
    before = everything()
    assert _work(_message(shop, booked, type="customer.created")) == []
    assert everything() == before


def test_what_happens_to_a_charge_is_found_by_the_charge_alone(shop: Shop, event: SchoolEvent) -> None:
    """People in Stripe's dashboard write no metadata."""
    booked = _paid(shop, event)
    (charge,) = shop.all("charge")
    assert _work(_message(shop, type="charge.updated", object_id="py_1", charge_id=charge["id"])) == []
    assert payment_of(booked).state is PaymentState.PAID


def _told(shop: Shop) -> list[dict[str, Any]]:
    """What Stripe tells from now on, as it is queued."""
    told: list[dict[str, Any]] = []
    shop.server.world.on_event(lambda event: told.append(dict(ids_of(event))))
    return told


@pytest.mark.parametrize("pence", [None, 500])
def test_a_refund_of_the_dashboard_may_be_heard_of_before_its_payment(
    shop: Shop, event: SchoolEvent, pence: int | None
) -> None:
    told = _told(shop)
    booked = _paid(shop, event)
    (charge,) = shop.all("charge")
    shop.server.dashboard.refund(charge["id"], pence)
    assert _work(*[one for one in reversed(told) if one["type"] in TYPES]) == []
    assert payment_of(booked).refunded.amount == (pence or 1250)
    assert ledger_balance() == shop.balance()


def test_a_payout_is_followed_from_stripes_account_to_the_schools_bank(shop: Shop, event: SchoolEvent) -> None:
    told = _told(shop)
    _paid(shop, event)
    with time_machine.travel(NOW + timedelta(days=9), tick=False):
        for days in (5, 9):
            shop.at(NOW + timedelta(days=days))
        assert "payout.paid" in {one["type"] for one in told}
        assert _work(*[one for one in reversed(told) if one["type"] in TYPES]) == []
        assert ledger_balance() == shop.balance() == 0


def test_a_school_that_disconnects_cannot_take_money_until_it_connects_again(shop: Shop, event: SchoolEvent) -> None:
    told = _told(shop)
    booked = _paid(shop, event)
    paid = [one for one in told if one["type"] in TYPES]
    shop.server.holders.deauthorise(shop.account_id)
    left = told[-1]
    assert (left["type"], left["account"]) == ("account.application.deauthorized", shop.account_id)
    assert _work(left, *paid) == []
    assert _is_ready() is False
    assert payment_of(booked).state is PaymentState.OPEN

    shop.server.holders.reauthorise(shop.account_id)
    again = _message(shop, event_id="evt_again", type="account.updated", object_id=shop.account_id)
    assert _work(again, left, *paid) == []
    assert _is_ready() is True, "that it once left is an old story, whenever we hear of it"
    assert payment_of(booked).state is PaymentState.PAID


def _is_ready() -> bool:
    account = accounts.find_account(SCHOOL)
    assert account is not None
    return account.charges_enabled


def test_money_of_the_school_that_was_not_asked_for_here_is_left_alone(shop: Shop, event: SchoolEvent) -> None:
    booked = _paid(shop, event)
    (charge,) = shop.all("charge")
    charge["metadata"].clear()
    assert _work(_message(shop, type="charge.updated", object_id="py_1", charge_id=charge["id"])) == []
    assert _work(_message(shop, event_id="evt_2", type="payment_intent.succeeded")) == []
    assert payment_of(booked).state is PaymentState.OPEN
    assert events.event_is_done(SCHOOL, shop.account_id, "evt_2")


def test_what_there_is_no_time_left_for_stays_in_the_queue(shop: Shop) -> None:
    told = _message(shop, type="account.updated", object_id=shop.account_id)
    before = everything()
    answer = lambda_handler(sqs_event(told, queue="stripe-events"), LambdaContext(remaining_ms=18_000))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert everything() == before


def test_a_stripe_that_hangs_is_met_once_a_batch_and_the_rest_goes_back_untouched(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still: a call in vain counts as if it had taken as long as a school is waited for."""
    held = [book(event, f"pupil-{number}", parent=number) for number in (1, 3, 4)]
    for booked in held:
        shop.open(booked)
    calls: list[str] = []

    def hangs(ctx: Context, _call: object) -> None:
        calls.append(ctx.school_id)
        ctx.patience.waited_in_vain(ctx.school_id, 16.5)
        raise TryAgain

    messages = [_message(shop, booked, event_id=f"evt_{booked.payment_id}") for booked in held]
    before = everything()
    with monkeypatch.context() as patch:
        patch.setattr(stripe_client, "_asked", hangs)
        assert _work(*messages) == ["message-1", "message-2", "message-3"]
    assert calls == [SCHOOL]
    assert everything() == before
    assert _work(*messages) == [], "the next batch asks again"


def test_a_stripe_that_hangs_for_a_school_keeps_no_other_schools_events_back(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked, asked = _paid(shop, event), stripe_client._asked
    other = shop.connect("school-2")

    def hangs(ctx: Context, call: Callable[[], object]) -> object:
        if ctx.school_id == SCHOOL:
            return asked(ctx, call)
        ctx.patience.waited_in_vain(ctx.school_id, 10)
        raise TryAgain

    monkeypatch.setattr(stripe_client, "_asked", hangs)
    hanging = _message(shop, account=other, event_id="evt_0", type="account.updated", object_id=other)
    assert _work(hanging, _message(shop, booked)) == ["message-1"]
    assert payment_of(booked).state is PaymentState.PAID


def test_the_same_event_of_another_account_is_another_event(shop: Shop, event: SchoolEvent) -> None:
    booked = _paid(shop, event)
    other = shop.connect("school-2")
    assert _work(_message(shop, account=other, payment_id=None)) == []
    assert _work(_message(shop, booked)) == []
    assert payment_of(booked).state is PaymentState.PAID


HANDLED = """
checkout.session.completed checkout.session.expired checkout.session.async_payment_succeeded
checkout.session.async_payment_failed payment_intent.succeeded payment_intent.payment_failed payment_intent.canceled
payment_intent.processing charge.refunded refund.created refund.updated refund.failed charge.dispute.created
charge.dispute.updated charge.dispute.closed charge.dispute.funds_withdrawn charge.dispute.funds_reinstated
account.updated account.application.deauthorized payout.paid payout.failed payout.reconciliation_completed
"""
"""PAYMENTS.md, "Webhook"."""


def test_every_type_that_means_something_makes_us_look_at_something() -> None:
    assert set(stripe_events.LOOKS) == TYPES == {*HANDLED.split(), "charge.updated"}


def test_every_type_we_look_at_is_one_that_stripe_sends() -> None:
    endpoint = openapi.description()["paths"]["/v1/webhook_endpoints"]["post"]["requestBody"]["content"]
    properties = endpoint["application/x-www-form-urlencoded"]["schema"]["properties"]
    assert set(properties["enabled_events"]["items"]["enum"]) >= TYPES


@pytest.mark.parametrize("enabled", [True, False])
def test_readiness_is_what_stripe_says_now(shop: Shop, enabled: bool) -> None:
    if enabled:
        shop.cannot_charge()
    shop.server.world.book(shop.account_id).account["charges_enabled"] = enabled
    assert _work(_message(shop, type="account.updated", object_id=shop.account_id)) == []
    account = accounts.find_account(SCHOOL)
    assert account is not None
    assert account.charges_enabled is enabled


def test_a_page_that_expired_lets_the_place_go(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.open(booked)
    shop.server.move_clock(36 * 60)
    assert _work(_message(shop, booked, type="checkout.session.expired")) == []
    assert set(place_states(event)) == {"free"}
