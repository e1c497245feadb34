"""Refunds under way for days: Stripe is asked daily how they stand, should every word of it be lost."""

from datetime import datetime, timedelta

import pytest

from school_events.core import due, logs
from school_events.core.change import stamp
from school_events.payments.attention import marking
from school_events.payments.model import Payment, PaymentState
from school_events.payments.refunds import store
from school_events.payments.refunds.model import RefundState
from school_events.payments.refunds.rules import AFTER_THAT, ENDS_WITHIN
from tests.support.contexts import NOW, a_context
from tests.support.shop import Shop
from tests.support.tables import rows
from tests.unit.payments.refunds.giving_back import (
    FINANCE,
    adds_up,
    ask,
    hear,
    housekeeping,
    now_of,
    rows_of,
    to_look_at,
)

DAY, MOMENT = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def at_stripe(shop: Shop, payment: Payment) -> str:
    """Stripe's id of a refund that waits there for money."""
    shop.server.dashboard.cover_refunds(shop.account_id)
    [refund] = ask(payment, (0, None))
    assert refund.state is RefundState.PENDING
    return refund.stripe_id or ""


def test_one_that_arrived_unheard_of_is_made_the_next_day(shop: Shop, payment: Payment, at_stripe: str) -> None:
    shop.server.dashboard.succeed_refund(at_stripe)
    assert housekeeping(NOW + DAY - MOMENT) == 0
    assert housekeeping(NOW + DAY) == 1
    [row] = rows_of(payment)
    assert row.state is RefundState.MADE
    assert housekeeping(NOW + 9 * DAY) == 0
    assert adds_up(shop)


def test_one_that_failed_unheard_of_has_failed_and_is_shown(shop: Shop, payment: Payment, at_stripe: str) -> None:
    shop.server.dashboard.fail_refund(at_stripe)
    housekeeping(NOW + DAY)
    assert now_of(payment).state is PaymentState.PAID
    assert to_look_at() == ["refund_failed"]
    assert adds_up(shop)


@pytest.mark.usefixtures("at_stripe")
def test_one_that_is_still_under_way_is_asked_for_once_a_day_and_is_nobodys_trouble(payment: Payment) -> None:
    for day in range(1, 4):
        assert housekeeping(NOW + day * DAY) == 1
        assert housekeeping(NOW + (day + 1) * DAY - MOMENT) == 0
    [row] = rows_of(payment)
    assert (row.state, row.trouble) == (RefundState.PENDING, None)
    assert to_look_at() == []


def test_while_stripe_is_out_it_is_asked_again_soon_and_nobody_is_woken(
    shop: Shop, payment: Payment, at_stripe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(logs, "count", lambda name, value=1: counted.append(name))
    shop.server.dashboard.succeed_refund(at_stripe)
    shop.server.faults.outage(2)
    assert housekeeping(NOW + DAY) == 1
    assert "RefundStuck" not in counted
    assert to_look_at() == []
    assert housekeeping(NOW + DAY + timedelta(minutes=5)) == 1
    assert rows_of(payment)[0].state is RefundState.MADE


def test_one_of_a_school_that_has_left_is_asked_for_daily_until_it_is_back(
    shop: Shop, payment: Payment, at_stripe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.server.dashboard.succeed_refund(at_stripe)
    with monkeypatch.context() as gone:
        gone.delitem(shop.server.world.books, shop.account_id)
        assert housekeeping(NOW + DAY) == 1
        assert housekeeping(NOW + 2 * DAY - MOMENT) == 0
    assert housekeeping(NOW + 2 * DAY) == 1
    assert rows_of(payment)[0].state is RefundState.MADE


def _asked_long_ago(payment: Payment) -> None:
    """Let a refund be due tomorrow that was asked for so long ago that Stripe has ended it by then."""
    ctx, [refund] = a_context(), rows_of(payment)
    old = refund.model_copy(update={"asked_at": NOW + DAY - ENDS_WITHIN})
    store.refund_item(ctx, old, stamp(ctx, "refund.waiting"), due_at=NOW + DAY).save()


def _run(at: datetime) -> int:
    """Housekeeping, which has run all the time."""
    due.WatermarkItem(f"DUE#{store.REFUND}", "WATERMARK", hour=at.replace(minute=0) - timedelta(hours=1)).save()
    return housekeeping(at)


def test_one_under_way_for_longer_than_stripe_lets_it_be_is_shown_once_and_asked_for_weekly(
    shop: Shop, payment: Payment, at_stripe: str
) -> None:
    _asked_long_ago(payment)
    assert _run(NOW + DAY) == 1
    assert (rows_of(payment)[0].trouble, to_look_at()) == ("under_way_for_long", ["refund_stuck"])
    before = [row.get("change") for row in rows("Payments")]
    assert _run(NOW + DAY + AFTER_THAT - MOMENT) == 0
    assert _run(NOW + DAY + AFTER_THAT) == 1
    assert [row.get("change") for row in rows("Payments")] == before, "it is nothing new"
    shop.server.dashboard.succeed_refund(at_stripe)
    _run(NOW + DAY + 2 * AFTER_THAT)
    assert [(row.state, row.trouble) for row in rows_of(payment)] == [(RefundState.MADE, None)]
    assert to_look_at() == []
    assert _run(NOW + DAY + 3 * AFTER_THAT) == 0


def test_one_of_a_school_that_has_left_for_good_is_handed_to_finance_once_who_may_let_it_be(
    shop: Shop, payment: Payment, at_stripe: str
) -> None:
    _asked_long_ago(payment)
    shop.server.holders.deauthorise(shop.account_id)
    assert _run(NOW + DAY) == 1
    assert to_look_at() == ["refund_stuck"]
    [row] = rows_of(payment)
    assert (row.state, row.trouble) == (RefundState.PENDING, "account_left")
    marking.mark(a_context(actor=FINANCE, roles=("finance",)), "refund_stuck", row.id)
    assert _run(NOW + DAY + AFTER_THAT - MOMENT) == 0
    assert _run(NOW + DAY + AFTER_THAT) == 1
    assert to_look_at() == [], "it is nothing new"
    shop.server.holders.reauthorise(shop.account_id)
    shop.server.dashboard.fail_refund(at_stripe)
    _run(NOW + DAY + 2 * AFTER_THAT)
    assert rows_of(payment)[0].state is RefundState.FAILED
    assert to_look_at() == ["refund_failed"]
    assert adds_up(shop)


def test_what_a_school_that_has_left_for_good_owes_is_tried_weekly_in_the_end(shop: Shop, payment: Payment) -> None:
    shop.server.holders.deauthorise(shop.account_id)
    ask(payment, (0, None))
    _asked_long_ago(payment)
    assert _run(NOW + DAY) == 1
    assert _run(NOW + DAY + AFTER_THAT - MOMENT) == 0
    assert _run(NOW + DAY + AFTER_THAT) == 1
    assert to_look_at() == ["refund_stuck"]


def test_one_of_the_dashboard_is_asked_for_as_well(shop: Shop, payment: Payment) -> None:
    shop.server.dashboard.cover_refunds(shop.account_id)
    made = shop.server.dashboard.refund(payment.charge_id or "", 2000)
    hear(payment)
    assert {row.state for row in rows_of(payment)} == {RefundState.PENDING}
    shop.server.dashboard.succeed_refund(made["id"])
    housekeeping(NOW + DAY)
    assert {row.state for row in rows_of(payment)} == {RefundState.MADE}
    assert adds_up(shop)
