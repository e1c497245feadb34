"""Two webhook endpoints, secrets that roll, and events that are late or get lost."""

import pytest
import stripe

from local.stripe.endpoints import PLATFORM_SECRET
from local.stripe.running import WEBHOOK_SECRET, LocalStripe
from local.stripe.signing import Signature, header
from tests.unit.local.stripe.browser import control, get
from tests.unit.local.stripe.receiver import receiving
from tests.unit.local.stripe.shop import NOW, Shop


def _settled(server: LocalStripe) -> None:
    assert server.webhooks.wait_until_idle(8)


def test_each_endpoint_hears_of_its_own_and_has_a_secret_of_its_own(server: LocalStripe, shop: Shop) -> None:
    with receiving() as connect, receiving() as platform:
        control(server, "webhooks/endpoint", url=connect.url)
        control(server, "webhooks/endpoint", url=platform.url, endpoint="platform")
        shop.paid()
        server.dashboard.sell("acct_platform", 500)
        _settled(server)
        assert {event["account"] for event in connect.events} == {shop.account_id}
        assert "charge.succeeded" in platform.types
        assert not any("account" in event for event in platform.events)
        assert connect.signatures[0] == header(connect.bodies[0], WEBHOOK_SECRET, NOW)
        assert platform.signatures[0] == header(platform.bodies[0], PLATFORM_SECRET, NOW)
        assert get(f"{server.url}/_control/webhooks").json()["endpoints"] == {
            "connect": connect.url,
            "platform": platform.url,
        }


def test_while_a_secret_rolls_both_sign_and_afterwards_the_new_one_alone(server: LocalStripe, shop: Shop) -> None:
    with receiving() as receiver:
        server.webhooks.point_at(receiver.url)
        control(server, "webhooks/roll", secret="whsec_new")
        shop.session(1500)
        shop.paid()
        _settled(server)
        body, signature = receiver.bodies[0], receiver.signatures[0]
        assert signature == header(body, "whsec_new", NOW, WEBHOOK_SECRET)
        assert signature.count("v1=") == 2
        for secret in ("whsec_new", WEBHOOK_SECRET):
            assert stripe.WebhookSignature.verify_header(body.decode(), signature, secret)
        control(server, "webhooks/retire")
        shop.paid()
        _settled(server)
        assert receiver.signatures[-1] == header(receiver.bodies[-1], "whsec_new", NOW)


@pytest.mark.parametrize("how", [Signature.RESERIALISED, Signature.OLD_SCHEME])
def test_every_wrong_signature_is_refused_by_the_sdk(server: LocalStripe, shop: Shop, how: Signature) -> None:
    with receiving() as receiver:
        server.webhooks.point_at(receiver.url)
        server.webhooks.mis_sign(how, 1)
        server.holders.restrict(shop.account_id)
        _settled(server)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(receiver.bodies[0].decode(), receiver.signatures[0], WEBHOOK_SECRET)


def test_a_body_that_is_no_text_is_signed_well(server: LocalStripe, shop: Shop) -> None:
    with receiving() as receiver:
        server.webhooks.point_at(receiver.url)
        server.webhooks.mis_sign(Signature.NOT_TEXT, 1)
        server.holders.restrict(shop.account_id)
        _settled(server)
        assert receiver.signatures[0] == header(receiver.bodies[0], WEBHOOK_SECRET, NOW)
        with pytest.raises(UnicodeDecodeError):
            receiver.bodies[0].decode()


def test_delayed_events_come_when_stripe_s_clock_has_moved(server: LocalStripe, shop: Shop) -> None:
    with receiving() as receiver:
        server.webhooks.point_at(receiver.url)
        control(server, "webhooks/delay", seconds=600)
        server.holders.restrict(shop.account_id)
        server.move_clock(599)
        _settled(server)
        assert receiver.types == []
        server.move_clock(1)
        _settled(server)
        assert receiver.types == ["account.updated"]
        control(server, "webhooks/delay", seconds=0)
        server.holders.complete(shop.account_id)
        _settled(server)
        assert receiver.types == ["account.updated"] * 2


def test_lost_events_are_listed_and_never_come(server: LocalStripe, shop: Shop) -> None:
    with receiving() as receiver:
        server.webhooks.point_at(receiver.url)
        control(server, "webhooks/lose")
        server.holders.restrict(shop.account_id)
        control(server, "webhooks/release")
        server.holders.complete(shop.account_id)
        _settled(server)
        assert len(receiver.events) == 1
        assert receiver.events[0]["data"]["object"]["charges_enabled"] is True
        assert shop.event_types() == ["account.updated"] * 3
