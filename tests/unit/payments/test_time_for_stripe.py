"""No call to Stripe is begun that could not end before the function has to answer (PAYMENTS.md "SDK facts")."""

import ast
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import school_events
from school_events.bookings import checkout, settlement
from school_events.bookings.chores import make_due_refunds
from school_events.core import aws
from school_events.core.context import Context
from school_events.core.errors import TryAgain
from school_events.events.model import SchoolEvent
from school_events.payments.model import PaymentState
from school_events.payments.refunds import gateway as refunds
from school_events.payments.stripe_client import LONGEST_CALL, ask, stripe
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


def _account(ctx: Context, shop: Shop) -> str:
    return ask(ctx, lambda: stripe().v1.accounts.retrieve(shop.account_id)).id


def test_a_call_that_can_end_in_time_may_begin(shop: Shop) -> None:
    assert _account(_left(a_context(), LONGEST_CALL + timedelta(seconds=5)), shop) == shop.account_id
    with pytest.raises(TryAgain, match="no time left"):
        _account(_left(a_context(), LONGEST_CALL - timedelta(milliseconds=1)), shop)


def test_the_time_that_went_by_counts(shop: Shop) -> None:
    ctx = _left(a_context(), LONGEST_CALL + timedelta(seconds=5))
    with pytest.raises(TryAgain):
        _account(replace(ctx, begun=ctx.begun - 6), shop)


def test_a_call_is_not_made_again_with_a_newer_key_once_there_is_no_time_left(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(aws._secrets, "stripe-key", (time.monotonic() - 60, {"api_key": "revoked"}))
    left = iter([LONGEST_CALL, timedelta(0)])
    monkeypatch.setattr(Context, "time_left", lambda _: next(left))
    with pytest.raises(TryAgain, match="no time left"):
        _account(a_context(), shop)


def test_stripe_is_asked_in_no_other_way_than_within_the_time() -> None:
    for folder in school_events.__path__:
        for path in Path(folder).rglob("*.py"):
            tree = ast.parse(path.read_text())
            guarded = [inner for call in _calls(tree, "ask") for inner in _calls(call, "stripe")]
            assert len(guarded) == len(_calls(tree, "stripe")), path


def _calls(tree: ast.AST, name: str) -> list[ast.Call]:
    found = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    return [one for one in found if isinstance(one.func, ast.Name) and one.func.id == name]


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
        patch.setattr(refunds, "ask", lambda ctx, call: ask(_left(ctx, timedelta(seconds=3)), call))
        with pytest.raises(TryAgain):
            settlement.apply_payment(as_system(), booked.payment_id or "")
    assert shop.all("refund") == []
    make_due_refunds(NOW + timedelta(hours=1), lambda _: as_system(NOW + timedelta(hours=1)), lambda: True)
    assert len(shop.all("refund")) == 1
