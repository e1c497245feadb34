"""Payments with several attempts, debits under way, and money that is not what was asked for, for tests of them."""

import pytest

from school_events.bookings.service import Booked
from school_events.core.change import stamp
from school_events.core.dynamodb import Transaction
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments import gateway, service, store
from school_events.payments.model import Payment, PaymentState
from tests.support.booked_world import book, payment_of
from tests.support.contexts import a_context
from tests.support.shop import Shop
from tests.unit.bookings.paying import apply


def costs(booked: Booked, pence: int) -> Payment:
    """Let what was booked cost something else, as when a part of it was paid otherwise."""
    ctx, payment = a_context(), payment_of(booked)
    line = payment.lines[0].model_copy(update={"amount": pounds(pence)})
    after = payment.model_copy(update={"lines": (line,), "amount": pounds(pence)})
    transaction = Transaction(ctx)
    store.replace(transaction, ctx, payment, after, stamp(ctx, "payment.changed"))
    transaction.commit()
    return payment_of(booked)


def two_open_pages(shop: Shop, booked: Booked, monkeypatch: pytest.MonkeyPatch) -> tuple[Payment, Payment]:
    """Two pages for one payment, of which the first stayed open although we believe that it closed."""
    first = shop.open(booked)
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "expire_session", lambda *_: None)
        service.close_page(a_context(), first)
    return first, shop.open(booked)


def pay_twice(shop: Shop, booked: Booked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pay a booking through two pages, of which we have not heard yet."""
    for page in two_open_pages(shop, booked, monkeypatch):
        shop.pay(page)


def quarantined(shop: Shop, event: SchoolEvent) -> Booked:
    """A place for which 999 pence came instead of its price."""
    booked = paid_otherwise(shop, event)
    assert apply(booked).state is PaymentState.QUARANTINED
    return booked


def paid_otherwise(shop: Shop, event: SchoolEvent) -> Booked:
    """The same before we have heard of it."""
    booked = book(event)
    payment = shop.open(booked)
    shop.all("checkout.session")[0]["amount_total"] = 999
    shop.pay(payment)
    return booked


def debited(shop: Shop, event: SchoolEvent, number: str = "00012345") -> Booked:
    """A place whose family pays by direct debit; we have not heard that they are done with the page."""
    booked = book(event)
    payment = shop.open(booked)
    assert payment.checkout is not None
    shop.server.payers.debit(payment.checkout.session_id or "", number)
    return booked
