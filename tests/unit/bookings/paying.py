"""Ways of paying, of not paying, and of being overtaken, for tests of what money means for a place."""

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType

import pytest

from school_events.bookings import settlement
from school_events.bookings.service import Booked
from school_events.core.context import Context
from school_events.events.model import SchoolEvent
from school_events.payments import gateway
from school_events.payments.model import CheckoutSnapshot, Payment, PaymentState
from tests.support.booked_world import (
    as_system,
    book,
)
from tests.support.contexts import NOW
from tests.support.shop import Shop

HOLD_OVER = NOW + timedelta(minutes=36)
"""When a hold whose page was opened at ``NOW`` is over."""


def apply(booked: Booked) -> Payment:
    """Hear from Stripe how it stands, as its worker does."""
    return settlement.apply_payment(as_system(name="stripe_events"), booked.payment_id or "")


def let_go(booked: Booked) -> Payment:
    """Do what housekeeping does once the hold is over."""
    return settlement.let_go(as_system(HOLD_OVER), booked.payment_id or "")


def paid(shop: Shop, event: SchoolEvent, *pupils: str) -> Booked:
    """Book pupils of ``contact-1`` and pay; we have not heard of it yet."""
    booked = book(event, *pupils)
    shop.pay(shop.open(booked))
    return booked


def let_go_unseen(shop: Shop, booked: Booked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let go a hold although Stripe's page stays open, so that money can still come."""
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "expire_session", lambda *_: None)
        assert let_go(booked).state is PaymentState.EXPIRED


def paid_too_late(shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> Booked:
    """A booking that was let go while Stripe's page stayed open, and then was paid; we have not heard of it yet."""
    booked = book(event)
    payment = shop.open(booked)
    let_go_unseen(shop, booked, monkeypatch)
    shop.pay(payment)
    return booked


def overtaken_by(action: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen between the next look at Stripe and what follows from it."""
    look = gateway.find_session

    def look_and_be_overtaken(ctx: Context, account_id: str, session_id: str) -> CheckoutSnapshot:
        snapshot = look(ctx, account_id, session_id)
        monkeypatch.setattr(gateway, "find_session", look)
        action()
        return snapshot

    monkeypatch.setattr(gateway, "find_session", look_and_be_overtaken)


def late_and_gone(shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> Booked:
    """Money on its way for a place that somebody else has by now."""
    booked = book(event)
    payment = shop.open(booked)
    let_go_unseen(shop, booked, monkeypatch)
    book(event, "pupil-2", "pupil-1", parent=2)
    book(event, "pupil-3", parent=3)
    shop.pay(payment)
    return booked


def once_before(monkeypatch: pytest.MonkeyPatch, room: ModuleType, name: str, action: Callable[[], object]) -> None:
    """Let something happen just before the next call of a step of some room."""
    step = getattr(room, name)

    def be_overtaken(*args: object, **named: object) -> object:
        monkeypatch.setattr(room, name, step)
        action()
        return step(*args, **named)

    monkeypatch.setattr(room, name, be_overtaken)
