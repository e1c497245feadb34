"""Who pays hears when a debit failed, when what they paid goes back because it was double or not what was asked, and
when what was to go back does not arrive."""

from datetime import timedelta

import pytest

from local.stripe.bacs import Outcome
from school_events.bookings import disputed, strays
from school_events.bookings.service import Booked
from school_events.events.model import SchoolEvent
from school_events.payments import consequences, rules
from school_events.payments.refunds import staff
from school_events.payments.store import PaymentItem, payment_key
from tests.support.booked_world import a_school_with_families, an_event, as_system, book, payment_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.shop import Shop, shop
from tests.unit.bookings.attempts import debited, pay_twice, quarantined
from tests.unit.bookings.paying import apply, paid
from tests.unit.payments.refunds.giving_back import ask, hear, housekeeping, rows_of

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
    pay_twice(shop, booked, monkeypatch)
    apply(booked)
    assert _told(booked) == [("refunded", "contact-1")]


def test_of_a_refund_their_bank_sent_back_days_later(shop: Shop, event: SchoolEvent) -> None:
    apply(booked := paid(shop, event))
    [refund] = ask(payment_of(booked))
    assert _told(booked) == [("refunded", "contact-1")]
    shop.server.dashboard.fail_refund(refund.stripe_id or "")
    hear(payment_of(booked))
    assert _told(booked) == [("refund_failed", "contact-1")]
    staff.retry(a_context(), refund.payment_id, refund.id)
    assert _told(booked) == [("refunded", "contact-1")]


def test_of_a_refund_of_what_was_paid_twice(shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    booked = book(event)
    pay_twice(shop, booked, monkeypatch)
    apply(booked)
    shop.server.dashboard.fail_refund(shop.all("refund")[0]["id"])
    hear(payment_of(booked))
    assert _told(booked) == [("refund_failed", "contact-1")]


def test_of_a_refund_that_stripe_refused(shop: Shop, event: SchoolEvent) -> None:
    shop.server.dashboard.keep_what_is_left(shop.account_id)
    apply(booked := paid(shop, event))
    _lost(shop, booked, 300)
    ask(payment_of(booked))
    assert _told(booked) == [("refund_failed", "contact-1")]


def test_and_not_of_what_their_bank_has_given_them_or_the_school_did_otherwise(shop: Shop, event: SchoolEvent) -> None:
    apply(booked := paid(shop, event))
    shop.server.faults.outage(2)
    ask(payment_of(booked))
    _lost(shop, booked, 1250)
    housekeeping(NOW + timedelta(minutes=2))
    assert [(one.state, one.trouble) for one in rows_of(payment_of(booked))] == [("failed", "taken_by_bank")]
    assert _told(booked) == []


def _lost(shop: Shop, booked: Booked, pence: int) -> None:
    dispute = shop.server.dashboard.dispute(payment_of(booked).charge_id or "", pence)
    shop.server.dashboard.decide(dispute["id"], "lost")
    disputed.apply_dispute(as_system(name="stripe_events"), shop.account_id, dispute["id"])
