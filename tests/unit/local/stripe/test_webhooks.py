"""Webhooks: signed as Stripe signs them, in order, repeated until taken, and meddled with on request."""

import json
import time
from collections.abc import Iterator

import pytest
import stripe

from local.stripe.errors import Json
from local.stripe.running import WEBHOOK_SECRET, LocalStripe, running_stripe
from local.stripe.signing import header
from local.stripe.webhooks import Webhooks, post
from tests.unit.local.stripe.browser import control, get
from tests.unit.local.stripe.receiver import Receiver, receiving
from tests.unit.local.stripe.shop import NOW, Shop

_PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "charge.updated",
    "checkout.session.completed",
]


@pytest.fixture
def receiver(server: LocalStripe) -> Iterator[Receiver]:
    """An endpoint the local Stripe delivers to."""
    with receiving() as running:
        server.webhooks.point_at(running.url)
        yield running


def _settled(server: LocalStripe) -> list[Json]:
    assert server.webhooks.wait_until_idle(8)
    return server.webhooks.attempts()


def _verified(receiver: Receiver, place: int) -> bool:
    try:
        stripe.WebhookSignature.verify_header(
            receiver.bodies[place].decode(), receiver.signatures[place], WEBHOOK_SECRET
        )
    except stripe.SignatureVerificationError:
        return False
    return True


def test_every_event_arrives_in_order_and_names_its_account(receiver: Receiver, shop: Shop) -> None:
    shop.paid()
    _settled(shop.server)
    assert receiver.types == ["account.updated", *_PAID]
    assert {event["account"] for event in receiver.events} == {shop.account_id}
    assert {event["livemode"] for event in receiver.events} == {False}


def test_the_sdk_accepts_the_signature() -> None:
    with receiving() as receiver, running_stripe(clock=time.time, webhook_url=receiver.url) as server:
        shop = Shop(server)
        _settled(server)
        event = stripe.Webhook.construct_event(receiver.bodies[0], receiver.signatures[0], WEBHOOK_SECRET)
        assert (event.type, event.account) == ("account.updated", shop.account_id)


def test_the_signature_is_hmac_sha256_over_instant_and_body() -> None:
    assert header(b'{"id":"evt_1"}', "whsec_test", NOW) == (
        "t=1790000000,v1=e32657f3e678d33b41ec084c16ac0e125d25480a06cb3902286dc5942c6fd259"
    )


def test_the_signature_carries_the_receiver_s_time_when_stripe_s_clock_was_moved(
    receiver: Receiver, shop: Shop
) -> None:
    shop.server.move_clock(7200)
    shop.session(expires_at=NOW + 7200 + 1800)
    shop.server.move_clock(1800)
    _settled(shop.server)
    assert receiver.types[-1] == "checkout.session.expired"
    assert receiver.signatures[-1].startswith(f"t={NOW},")


def test_a_refused_event_is_sent_again_before_the_next(server: LocalStripe) -> None:
    with receiving([500, 404]) as receiver:
        server.webhooks.point_at(receiver.url)
        Shop(server).paid()
        attempts = _settled(server)
        assert receiver.types == ["account.updated"] * 3 + _PAID
        assert [attempt["status"] for attempt in attempts] == [500, 404, *[200] * 6]
        assert [attempt["accepted"] for attempt in attempts][:3] == [False, False, True]


def test_after_the_last_attempt_the_next_event_is_sent(server: LocalStripe) -> None:
    with receiving([500] * 3) as receiver:
        server.webhooks.point_at(receiver.url)
        Shop(server).session()
        assert [attempt["status"] for attempt in _settled(server)] == [500] * 3
        assert len(receiver.bodies) == 3


def test_an_endpoint_that_is_not_there_is_recorded(server: LocalStripe) -> None:
    server.webhooks.point_at("http://127.0.0.1:9/nobody")
    Shop(server)
    attempts = _settled(server)
    assert [(attempt["status"], attempt["error"]) for attempt in attempts] == [(None, "ConnectionRefusedError")] * 3


def test_without_an_endpoint_events_are_only_listed(shop: Shop) -> None:
    shop.paid()
    assert _settled(shop.server) == []
    assert shop.event_types() == ["account.updated", *_PAID]


def test_an_event_that_was_taken_waits_for_no_webhook(receiver: Receiver, shop: Shop) -> None:
    _settled(shop.server)
    assert receiver.events[0]["pending_webhooks"] == 1
    assert shop.client.v1.events.list(options=shop.options).data[0].pending_webhooks == 0


def test_an_event_names_the_request_that_caused_it(receiver: Receiver, shop: Shop) -> None:
    shop.refund(shop.paid(), key="rf:1")
    _settled(shop.server)
    assert receiver.events[-1]["request"]["idempotency_key"] == "rf:1"
    assert receiver.events[-1]["request"]["id"].startswith("req_")
    assert receiver.events[1]["request"] == {"id": None, "idempotency_key": None}


def test_held_events_wait_and_are_released_in_order(receiver: Receiver, shop: Shop) -> None:
    _settled(shop.server)
    control(shop.server, "webhooks/hold")
    shop.paid()
    shown = get(f"{shop.server.url}/_control/webhooks").json()
    assert (shown["held"], [event["type"] for event in shown["pending"]]) == (True, _PAID)
    assert receiver.types == ["account.updated"]
    control(shop.server, "webhooks/release")
    assert control(shop.server, "webhooks/wait", seconds=8) == {"idle": True}
    assert receiver.types[1:] == _PAID


def test_held_events_can_be_reversed_and_reordered(receiver: Receiver, shop: Shop) -> None:
    _settled(shop.server)
    control(shop.server, "webhooks/hold")
    shop.paid()
    control(shop.server, "webhooks/reverse")
    waiting = get(f"{shop.server.url}/_control/webhooks").json()["pending"]
    assert [event["type"] for event in waiting] == _PAID[::-1]
    control(shop.server, "webhooks/reorder", events=[waiting[2]["event_id"]])
    control(shop.server, "webhooks/release")
    _settled(shop.server)
    assert receiver.types[1:3] == ["payment_intent.succeeded", "checkout.session.completed"]


def test_an_event_can_be_sent_again(receiver: Receiver, shop: Shop) -> None:
    event_id = shop.client.v1.events.list(options=shop.options).data[0].id
    control(shop.server, "webhooks/resend", event=event_id, times=2)
    _settled(shop.server)
    assert [event["id"] for event in receiver.events] == [event_id] * 3
    assert all(_verified(receiver, place) for place in range(3))


@pytest.mark.parametrize("how", ["forged", "altered", "missing"])
def test_a_forgery_is_sent_once_and_does_not_verify(receiver: Receiver, shop: Shop, how: str) -> None:
    event_id = shop.client.v1.events.list(options=shop.options).data[0].id
    _settled(shop.server)
    receiver.statuses.append(400)
    control(shop.server, "webhooks/resend", event=event_id, signature=how)
    attempts = _settled(shop.server)
    assert [attempt["signature"] for attempt in attempts] == ["good", how]
    assert (_verified(receiver, 0), _verified(receiver, 1)) == (True, False)


@pytest.mark.parametrize(("how", "instant"), [("stale", NOW - 600), ("future", NOW + 600)])
def test_a_delivery_can_be_signed_for_another_time(receiver: Receiver, shop: Shop, how: str, instant: int) -> None:
    _settled(shop.server)
    control(shop.server, "webhooks/missign", signature=how)
    shop.paid()
    _settled(shop.server)
    assert receiver.signatures[1].startswith(f"t={instant},")
    assert receiver.signatures[2].startswith(f"t={NOW},")


def test_a_mis_signed_attempt_is_repeated_with_a_good_signature(receiver: Receiver, shop: Shop) -> None:
    _settled(shop.server)
    receiver.statuses.append(400)
    control(shop.server, "webhooks/missign")
    shop.paid()
    attempts = _settled(shop.server)
    assert [(attempt["signature"], attempt["accepted"]) for attempt in attempts[1:3]] == [
        ("forged", False),
        ("good", True),
    ]


def test_endpoint_and_secret_can_be_changed(server: LocalStripe, shop: Shop) -> None:
    with receiving() as receiver:
        control(server, "webhooks/endpoint", url=receiver.url, secret="whsec_rotated")
        shop.paid()
        _settled(server)
        assert receiver.types == _PAID
        assert receiver.signatures[0] == header(receiver.bodies[0], "whsec_rotated", NOW)


def test_names_under_localhost_are_this_machine() -> None:
    with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", "api.execute-api.localhost")
        assert post(f"{url}?a=b", b"{}", {}) == 200


def test_stopping_does_not_wait_for_retries() -> None:
    def refuse(url: str, payload: bytes, headers: dict[str, str]) -> int:
        return 500

    webhooks = Webhooks("http://127.0.0.1:9", "whsec", lambda: NOW, retry_delays=(3600,), send=refuse)
    webhooks.start()
    webhooks.offer({"id": "evt_1", "type": "account.updated"})
    webhooks.stop()
    assert len(webhooks.attempts()) <= 1


def test_the_body_is_json_as_stripe_lays_it_out(receiver: Receiver, shop: Shop) -> None:
    _settled(shop.server)
    event = json.loads(receiver.bodies[0])
    assert receiver.bodies[0].decode() == json.dumps(event, indent=2)
