"""Stripe hears of ids and pence, and we keep nothing of a card: no name, no child, not what an event is called."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from requests import Session

from local.stripe.cards import GOOD_CARD
from school_events.payments.accounts import service as accounts
from tests.support.booked_world import a_school_with_families, an_event, payment_of
from tests.support.contexts import a_context
from tests.support.people import tell
from tests.support.shop import Shop
from tests.support.tables import everything
from tests.unit.bookings.paying import apply, let_go, paid
from tests.unit.functions import canaries
from tests.unit.functions.canaries import CANARIES
from tests.unit.payments.refunds.giving_back import ask, housekeeping

TITLE = "Science Museum"
PUPILS = ("pupil-1", "pupil-2", "contact-1")
_OPAQUE = re.compile(r"[A-Za-z0-9_#:-]{1,128}")
_OURS = re.compile(r"metadata\]?\[(?P<name>\w+)\]$")


@dataclass
class Sent:
    """What the product sent to Stripe."""

    texts: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)

    def take(self, url: str, headers: dict[str, str], body: Any) -> None:
        """One more request."""
        text = body.decode() if isinstance(body, bytes) else str(body or "")
        named = {name: value for name, value in headers.items() if name != "Authorization"}
        self.texts.append(f"{url}\n{json.dumps(named, default=str)}\n{text}")
        self.metadata |= {
            found["name"]: value for name, value in parse_qsl(text) if (found := _OURS.search(name)) is not None
        }


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Every request to Stripe from now on."""
    one = Sent()
    request = Session.request

    def spied(session: Session, method: str, url: str, **given: Any) -> Any:
        one.take(url, given.get("headers") or {}, given.get("data"))
        return request(session, method, url, **given)

    monkeypatch.setattr(Session, "request", spied)
    return one


def _a_life_of_payments(shop: Shop) -> None:
    """The canaries book, pay, let a page expire and are given money back; the school connects its account again."""
    a_school_with_families()
    tell(canaries.a_pupil(9), canaries.a_contact(9), canaries.a_teacher(9))
    accounts.connect_school(a_context())
    event = an_event()
    booked = paid(shop, event)
    apply(booked)
    ask(payment_of(booked), (0, 500))
    housekeeping(a_context().now)
    let_go(paid(shop, an_event(on="2026-12-03"), "pupil-2"))


def test_stripe_hears_no_name_no_child_and_not_what_an_event_is_called(shop: Shop, sent: Sent) -> None:
    _a_life_of_payments(shop)
    said = "\n".join(sent.texts).casefold()
    paths = {"/checkout/sessions", "/refunds", "/account_links"}
    assert {one for one in paths if one in said} == paths
    assert [
        one for one in (*CANARIES, TITLE, *PUPILS) if one.casefold().replace(" ", "+") in said.replace("%20", "+")
    ] == []


def test_metadata_are_opaque_ids(shop: Shop, sent: Sent) -> None:
    _a_life_of_payments(shop)
    assert set(sent.metadata) == {"school_id", "payment_id", "refund_id"}
    assert all(_OPAQUE.fullmatch(value) for value in sent.metadata.values())


def test_nothing_of_a_card_and_nothing_its_holder_told_stripe_is_kept_or_logged(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    _a_life_of_payments(shop)
    kept = json.dumps(everything(), default=str) + capsys.readouterr().out
    (charge, *_) = shop.all("charge")
    card, holder = charge["payment_method_details"]["card"], charge["billing_details"]
    secrets = [GOOD_CARD, f'"{card["last4"]}"', holder["email"], holder["name"]]
    assert [one for one in secrets if one and str(one) in kept] == []
