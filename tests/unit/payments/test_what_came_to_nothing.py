"""Who pays hears when a debit failed, and when what they paid goes back because it was double or not what was asked."""

from datetime import timedelta

import pytest

from local.stripe.bacs import Outcome
from school_events.bookings import strays
from school_events.bookings.service import Booked
from school_events.events.model import SchoolEvent
from school_events.payments import consequences, rules
from school_events.payments.store import PaymentItem, payment_key
from tests.support.booked_world import a_school_with_families, an_event, book
from tests.support.contexts import SCHOOL, a_context
from tests.support.shop import Shop, shop
from tests.unit.bookings.attempts import debited, quarantined, two_open_pages
from tests.unit.bookings.paying import apply

__all__ = ["shop"]


@pytest.fixture
def event(shop: Shop) -> SchoolEvent:
    """A trip that costs something."""
    a_school_with_families()
    return an_event()


def _told(booked: Booked) -> list[tuple[str, str | None]]:
    key = payment_key(SCHOOL, booked.payment_id or "")
    found = consequences.of(PaymentItem.get(key.pk, key.sk, consistent_read=True))
    assert found is not None
    return [(one.kind, one.contact_id) for one in found.tellings]


def test_of_a_debit_that_failed(shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "DIRECT_DEBIT_UNTIL", timedelta(days=10))
    booked = debited(shop, event)
    apply(booked)
    assert _told(booked) == []
    shop.server.payers.settle_debit(shop.all("checkout.session")[0]["id"], Outcome.FAILS)
    apply(booked)
    assert _told(booked) == [("payment_failed", "contact-1")]


def test_of_money_that_was_not_what_was_asked_for(shop: Shop, event: SchoolEvent) -> None:
    booked = quarantined(shop, event)
    assert _told(booked) == []
    strays.give_back(a_context(), booked.payment_id or "")
    assert _told(booked) == [("payment_failed", "contact-1")]


def test_of_what_was_paid_twice(shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    booked = book(event)
    for page in two_open_pages(shop, booked, monkeypatch):
        shop.pay(page)
    apply(booked)
    assert _told(booked) == [("refunded", "contact-1")]
