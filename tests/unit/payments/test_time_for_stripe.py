"""No call to Stripe is begun that could not end before the function has to answer (PAYMENTS.md "SDK facts")."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from school_events.bookings import checkout, settlement
from school_events.bookings.chores import make_due_refunds
from school_events.core.context import Context
from school_events.core.errors import TryAgain
from school_events.events.model import SchoolEvent
from school_events.payments.model import PaymentState
from school_events.payments.refunds import service
from school_events.payments.stripe_client import LONGEST_CALL, require_time
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book, payment_of
from tests.support.contexts import NOW, a_context
from tests.support.shop import Shop, shop
from tests.support.tables import everything
from tests.unit.bookings.paying import late_and_gone

__all__ = ["shop"]


@pytest.fixture
def event(shop: Shop) -> SchoolEvent:
    """A trip that costs something."""
    a_school_with_families()
    return an_event()


def _left(ctx: Context, left: timedelta) -> Context:
    """The moment, with so much time to its deadline."""
    return replace(ctx, deadline=ctx.now + left, begun=time.monotonic())


def test_a_call_that_can_end_in_time_may_begin() -> None:
    require_time(_left(a_context(), LONGEST_CALL + timedelta(seconds=5)))
    with pytest.raises(TryAgain, match="no time left"):
        require_time(_left(a_context(), LONGEST_CALL - timedelta(milliseconds=1)))


def test_the_time_that_went_by_counts() -> None:
    ctx = _left(a_context(), LONGEST_CALL + timedelta(seconds=5))
    with pytest.raises(TryAgain):
        require_time(replace(ctx, begun=ctx.begun - 6))


def test_without_time_no_page_is_opened_and_with_time_the_same_is(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    with pytest.raises(TryAgain):
        checkout.open_page(_left(as_parent(), timedelta(seconds=3)), booked.payment_id or "")
    assert shop.all("checkout.session") == []
    assert shop.open(booked).checkout is not None
    assert len(shop.all("checkout.session")) == 1


@pytest.mark.parametrize("step", [settlement.apply_payment, settlement.let_go])
def test_without_time_stripe_is_not_asked_how_it_stands(shop: Shop, event: SchoolEvent, step: object) -> None:
    booked = book(event)
    shop.pay(shop.open(booked))
    assert callable(step)
    before = everything()
    with pytest.raises(TryAgain):
        step(_left(as_parent(), timedelta(seconds=3)), booked.payment_id or "")
    changed = before != everything()
    assert changed == (step is settlement.let_go)
    assert payment_of(booked).state is PaymentState.OPEN
    assert step(as_parent(now=NOW), booked.payment_id or "").state is PaymentState.PAID


def test_without_time_no_refund_is_begun_and_it_stays_due(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = late_and_gone(shop, event, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(service, "require_time", _out_of_time)
        with pytest.raises(TryAgain):
            settlement.apply_payment(as_system(), booked.payment_id or "")
    assert shop.all("refund") == []
    make_due_refunds(NOW + timedelta(hours=1), lambda _: as_system(NOW + timedelta(hours=1)), lambda: True)
    assert len(shop.all("refund")) == 1


def _out_of_time(ctx: Context) -> None:
    require_time(_left(ctx, timedelta(seconds=3)))
