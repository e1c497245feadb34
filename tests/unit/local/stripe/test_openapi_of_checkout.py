"""What the hosted page and the accounts add, against Stripe's own description of its API."""

from collections.abc import Iterator
from typing import Any

from local.stripe.bank_accounts import DISPUTING_ACCOUNT, EMPTY_ACCOUNT
from local.stripe.errors import Json
from tests.unit.local.stripe.openapi import object_faults, parameters_of
from tests.unit.local.stripe.shop import Shop

_DAY = 86_400


def _everything(shop: Shop) -> Iterator[Json]:
    """Every object and event after debits that came, failed and were taken back, and challenges of every end."""
    payers = shop.server.payers
    for number in ("00012345", EMPTY_ACCOUNT, DISPUTING_ACCOUNT):
        payers.debit(shop.session().id, number)
    for _ in range(3):
        payers.pay(shop.session().id, "4000002760003184")
    asked = [one.id for one in shop.client.v1.checkout.sessions.list(params={"limit": 3}, options=shop.options).data]
    payers.authenticate(asked[0])
    payers.refuse_authentication(asked[1])
    book = shop.server.world.books[shop.account_id]
    yield from (dict(thing) for thing in book.objects.values())
    shop.server.move_clock(10 * _DAY)
    shop.server.holders.restrict(shop.account_id)
    shop.server.holders.deauthorise(shop.account_id)
    yield book.account
    yield from book.objects.values()
    yield from (event["data"]["object"] for event in book.all("event"))


def test_every_object_and_event_is_as_stripe_describes_it(shop: Shop) -> None:
    things = list(_everything(shop))
    assert {fault for thing in things for fault in object_faults(thing)} == set()
    assert {"application", "dispute", "payment_intent"} <= {thing["object"] for thing in things}
    told: Any = {thing["type"] for thing in things if thing["object"] == "event"}
    assert told <= set(parameters_of("POST", "/v1/webhook_endpoints")["enabled_events"]["items"]["enum"])
    assert {"checkout.session.async_payment_failed", "payment_intent.processing"} <= told
