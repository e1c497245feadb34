"""Refunds that take days, fail late or wait for money, and those made in the dashboard; through the real SDK."""

import pytest
import stripe

from local.stripe.errors import StripeError
from tests.unit.local.stripe.shop import Shop

_DAY = 86_400
_LATER, _FAILING = "4000000000007726", "4000000000005126"


def _refunded(shop: Shop, card: str, pence: int = 500) -> stripe.Refund:
    session = shop.session(1500)
    shop.server.pay(session.id, card)
    return shop.refund(shop.again(session.id), pence)


def _again(shop: Shop, refund: stripe.Refund) -> stripe.Refund:
    return shop.client.v1.refunds.retrieve(refund.id, options=shop.options)


def _balance(shop: Shop) -> int:
    return sum(row.net for row in shop.client.v1.balance_transactions.list(options=shop.options).data)


def test_some_refunds_are_pending_for_days(shop: Shop) -> None:
    refund = _refunded(shop, _LATER)
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    shop.server.move_clock(2 * _DAY)
    assert _again(shop, refund).status == "succeeded"
    assert shop.event_types()[-2:] == ["refund.updated", "charge.refund.updated"]


def test_some_refunds_fail_after_they_succeeded_and_the_money_is_back(shop: Shop) -> None:
    refund = _refunded(shop, _FAILING)
    assert (refund.status, _balance(shop)) == ("succeeded", 957)
    shop.server.move_clock(5 * _DAY)
    failed = _again(shop, refund)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    moved = shop.client.v1.balance_transactions.retrieve(str(failed.failure_balance_transaction), options=shop.options)
    assert (moved.type, moved.amount, moved.source) == ("refund_failure", 500, refund.id)
    charge = shop.client.v1.charges.retrieve(str(refund.charge), options=shop.options)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert "refund.failed" in shop.event_types()
    shop.client.v1.refunds.create(params={"charge": charge.id}, options=shop.options)


def test_a_refund_that_failed_already_does_not_succeed_later(shop: Shop) -> None:
    refund = _refunded(shop, _LATER)
    shop.server.dashboard.fail_refund(refund.id, "expired_or_canceled_card")
    shop.server.move_clock(3 * _DAY)
    assert _again(shop, refund).failure_reason == "expired_or_canceled_card"
    for act in (shop.server.dashboard.fail_refund, shop.server.dashboard.succeed_refund):
        with pytest.raises(StripeError, match="status of failed"):
            act(refund.id)


def test_a_refund_the_balance_does_not_cover_waits_for_money(shop: Shop) -> None:
    shop.server.dashboard.cover_refunds(shop.account_id)
    refund = shop.refund(shop.paid(1500))
    assert (refund.status, refund.pending_reason) == ("pending", "insufficient_funds")
    shop.server.move_clock(3 * _DAY)
    assert _again(shop, refund).status == "pending"  # 1457 came in and 1500 went out
    shop.paid(1500)
    shop.server.move_clock(3 * _DAY)
    assert _again(shop, refund).status == "succeeded"


def test_a_pending_refund_is_called_off_in_the_dashboard_only(shop: Shop) -> None:
    refund = _refunded(shop, _LATER)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be canceled"):
        shop.client.v1.refunds.cancel(refund.id, options=shop.options)
    shop.server.dashboard.cancel_refund(refund.id)
    assert (_again(shop, refund).status, _balance(shop)) == ("canceled", 1457)
    with pytest.raises(StripeError, match="cannot be canceled"):
        shop.server.dashboard.cancel_refund(refund.id)


def test_a_pending_refund_can_be_made_to_succeed(shop: Shop) -> None:
    refund = _refunded(shop, _LATER)
    shop.server.dashboard.succeed_refund(refund.id)
    assert _again(shop, refund).status == "succeeded"


@pytest.mark.parametrize("pence", [None, 600])
def test_a_person_refunds_in_the_dashboard(shop: Shop, pence: int | None) -> None:
    session = shop.paid(1500)
    refund = shop.server.dashboard.refund(session.id, pence)
    assert (refund["amount"], refund["metadata"]) == (pence or 1500, {})
    [told] = [
        event for event in shop.client.v1.events.list(options=shop.options).data if event.type == "refund.created"
    ]
    assert told.request is not None
    assert told.request.id is None
    with pytest.raises(StripeError, match=r"greater than unrefunded|already been refunded"):
        shop.server.dashboard.refund(session.id, 901)
