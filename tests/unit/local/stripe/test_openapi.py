"""The local Stripe against Stripe's own description of its API."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from local.stripe.errors import Json, StripeError
from local.stripe.parameters import Choice, Flag, Instants, Integer, Kind, Metadata, Record, Rows, Text, Url
from local.stripe.routes import ROUTES, Route
from local.stripe.world import API_VERSION
from tests.unit.local.stripe.openapi import description, object_faults, parameters_of
from tests.unit.local.stripe.shop import Shop

_TYPES: dict[type, str] = {
    Choice: "string",
    Flag: "boolean",
    Instants: "integer",
    Integer: "integer",
    Metadata: "object",
    Text: "string",
    Url: "string",
}


_NEWER = {"/v1/checkout/sessions": {"allowed_payment_method_types"}}
"""What the API took up after the description was written: the SDK, which speaks the version we ask for, has it."""


def test_what_is_newer_than_the_description_is_in_the_sdk() -> None:
    taken = stripe.params.checkout.SessionCreateParams.__annotations__
    assert _NEWER["/v1/checkout/sessions"] <= set(taken)
    assert "payment_method_types" not in taken


def _alternatives(schema: Json) -> list[Json]:
    alternatives: list[Json] = schema.get("anyOf", [schema])
    return alternatives


def _of_type(schema: Json, wanted: str) -> Json:
    return next(form for form in _alternatives(schema) if form.get("type") == wanted)


def _disagreements(kind: Kind, schema: Json, name: str) -> Iterator[str]:
    """Where what we accept is not what the description lets a client send."""
    if isinstance(kind, Record):
        yield from _record_disagreements(kind, _of_type(schema, "object"), name)
    elif isinstance(kind, Rows):
        yield from _disagreements(kind.kind, _of_type(schema, "array")["items"], f"{name}[]")
    else:
        yield from _value_disagreements(kind, schema, name)


def _record_disagreements(kind: Record, schema: Json, name: str) -> Iterator[str]:
    for field, below in kind.fields.items():
        if field not in schema["properties"]:
            yield f"{name}.{field} is unknown to Stripe"
        else:
            yield from _disagreements(below, schema["properties"][field], f"{name}.{field}")
    lacking = set(schema.get("required", [])) - set(kind.required)
    if lacking:
        yield f"{name} lacks required {lacking}"


def _value_disagreements(kind: Kind, schema: Json, name: str) -> Iterator[str]:
    wanted = _TYPES[type(kind)]
    if not any(form.get("type") == wanted for form in _alternatives(schema)):
        yield f"{name} is no {wanted}"
    elif isinstance(kind, Choice):
        words = _of_type(schema, "string").get("enum", kind.words)
        if not set(kind.words) <= set(words):
            yield f"{name} accepts {set(kind.words) - set(words)}"
    elif isinstance(kind, Text) and kind.longest > _of_type(schema, "string").get("maxLength", kind.longest):
        yield f"{name} accepts too long a text"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_parameter_taken_is_one_of_stripe_s(route: Route) -> None:
    parameters = parameters_of(route.method, route.path)
    newer = _NEWER.get(route.path, set())
    assert not newer & set(parameters)
    found = [
        fault
        for name, kind in route.accepts.fields.items()
        if name not in newer
        for fault in (_disagreements(kind, parameters[name], name) if name in parameters else [f"{name} is unknown"])
    ]
    assert found == []


def _everything(shop: Shop) -> Iterator[Json]:
    """Every object and event after a life with payments, declines, refunds and ends of sessions."""
    paid = shop.paid(1500)
    shop.refund(paid, 500)
    shop.refund(paid)
    declined = shop.session()
    with pytest.raises(StripeError):
        shop.server.pay(declined.id, "4000000000000002")
    shop.client.v1.checkout.sessions.expire(declined.id, options=shop.options)
    shop.session()
    shop.server.move_clock(3600)
    book = shop.server.world.books[shop.account_id]
    yield book.account
    yield from book.objects.values()
    yield from (event["data"]["object"] for event in book.all("event"))
    yield from (line for lines in book.line_items.values() for line in lines)


def test_every_object_and_event_is_as_stripe_describes_it(shop: Shop) -> None:
    things = list(_everything(shop))
    assert {fault for thing in things for fault in object_faults(thing)} == set()
    assert {thing["object"] for thing in things} == {
        "account",
        "balance_transaction",
        "charge",
        "checkout.session",
        "event",
        "item",
        "payment_intent",
        "refund",
    }


def test_every_event_is_of_a_type_stripe_sends(shop: Shop) -> None:
    list(_everything(shop))
    enabled: Any = parameters_of("POST", "/v1/webhook_endpoints")["enabled_events"]
    assert set(shop.event_types()) <= set(enabled["items"]["enum"])


def test_an_expanded_answer_is_as_stripe_describes_it(shop: Shop) -> None:
    session = shop.paid()
    shop.refund(session, 500)
    full = shop.again(session.id, "line_items", "payment_intent.latest_charge.balance_transaction")
    charges = shop.client.v1.charges.list(params={"expand": ["data.refunds"]}, options=shop.options)
    assert full.last_response is not None
    assert charges.last_response is not None
    for sent in (json.loads(full.last_response.body), *json.loads(charges.last_response.body)["data"]):
        assert object_faults(sent) == []


def test_accounts_of_every_making_are_as_stripe_describes_them(shop: Shop) -> None:
    accounts = shop.client.v1.accounts
    made = [
        accounts.create(params={"country": "GB"}),
        accounts.create(params={"type": "express", "capabilities": {"card_payments": {"requested": True}}}),
        accounts.create(
            params={
                "controller": {"fees": {"payer": "account"}, "stripe_dashboard": {"type": "full"}},
                "business_type": "government_entity",
                "business_profile": {"name": "A school", "url": "https://school.example"},
            }
        ),
    ]
    assert [fault for account in made for fault in object_faults(account.to_dict())] == []
    link = shop.client.v1.account_links.create(
        params={
            "account": made[0].id,
            "type": "account_onboarding",
            "refresh_url": "http://127.0.0.1:9/a",
            "return_url": "http://127.0.0.1:9/b",
        }
    )
    assert object_faults(link.to_dict()) == []


def test_the_check_itself_finds_what_is_wrong(shop: Shop) -> None:
    session = shop.session().to_dict()
    assert object_faults({**session, "status": "lost"})
    assert object_faults({**session, "colour": "red"})
    assert object_faults({**session, "total_details": {"amount_discount": 0}})
    del session["expires_at"]
    assert object_faults(session)


def test_the_version_is_the_one_the_sdk_speaks() -> None:
    assert stripe.api_version == API_VERSION
    assert description()["openapi"] == "3.0.0"
