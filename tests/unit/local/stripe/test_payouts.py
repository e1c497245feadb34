"""The balance and the payouts at the local Stripe, through the real SDK."""

import pytest
import stripe

from local.stripe.errors import StripeError
from tests.unit.local.stripe.shop import HOUR, Shop

_DAY = 86_400


def _payouts(shop: Shop) -> list[stripe.Payout]:
    return shop.client.v1.payouts.list(options=shop.options).data


def _balance(shop: Shop) -> tuple[int, int]:
    balance = shop.client.v1.balance.retrieve(options=shop.options)
    return balance.available[0].amount, balance.pending[0].amount


def _parts(shop: Shop, payout: stripe.Payout) -> list[tuple[str, int]]:
    rows = shop.client.v1.balance_transactions.list(params={"payout": payout.id}, options=shop.options)
    return [(row.type, row.net) for row in reversed(list(rows.auto_paging_iter()))]


def test_money_is_pending_then_available_then_paid_out(shop: Shop) -> None:
    shop.server.dashboard.schedule_payouts(shop.account_id, daily=False)
    shop.paid(1500)
    assert _balance(shop) == (0, 1457)
    shop.server.move_clock(3 * _DAY)
    assert _balance(shop) == (1457, 0)
    assert _payouts(shop) == []
    shop.server.dashboard.schedule_payouts(shop.account_id, daily=True)
    shop.server.move_clock(_DAY)
    assert _balance(shop) == (0, 0)
    [payout] = _payouts(shop)
    assert (payout.amount, payout.status, payout.automatic) == (1457, "in_transit", True)


def test_a_payout_says_what_it_is_made_of_once_stripe_has_worked_it_out(shop: Shop) -> None:
    session = shop.paid(1500)
    shop.refund(session, 200)
    shop.paid(1000)
    shop.server.move_clock(3 * _DAY)
    [payout] = _payouts(shop)
    assert _parts(shop, payout) == [("payout", -2222)]
    shop.server.move_clock(HOUR)
    assert _parts(shop, payout) == [("charge", 1457), ("refund", -200), ("charge", 965), ("payout", -2222)]
    shop.server.move_clock(_DAY)
    assert _payouts(shop)[-1].status == "paid"
    told = [kind for kind in shop.event_types() if kind.startswith("payout.")]
    assert told == ["payout.created", "payout.reconciliation_completed", "payout.paid"]


def test_a_payout_fails_days_later_and_the_next_one_pays_the_money_again(shop: Shop) -> None:
    shop.paid(1500)
    shop.server.move_clock(3 * _DAY)
    shop.server.move_clock(2 * _DAY)
    [payout] = _payouts(shop)
    assert payout.status == "paid"
    shop.server.dashboard.fail_payout(payout.id, "no_account")
    again = shop.client.v1.payouts.retrieve(payout.id, options=shop.options)
    assert (again.status, again.failure_code) == ("failed", "no_account")
    assert _balance(shop) == (1457, 0)
    shop.server.move_clock(_DAY)
    shop.server.move_clock(HOUR)
    second = _payouts(shop)[0]
    assert _parts(shop, second) == [("payout_failure", 1457), ("payout", -1457)]
    with pytest.raises(StripeError, match="failed already"):
        shop.server.dashboard.fail_payout(payout.id)


def _pass(shop: Shop, days: int) -> None:
    for _ in range(days):
        shop.server.move_clock(_DAY)


def _owing(shop: Shop) -> None:
    """The account has taken £15, which its bank took back, and the fees."""
    shop.server.dashboard.schedule_payouts(shop.account_id, daily=False)
    session = shop.paid(1500)
    _pass(shop, 3)
    shop.server.dashboard.dispute(session.id)
    assert _balance(shop) == (-2043, 0)


def test_an_account_that_owes_is_paid_nothing_out_and_debited_after_three_days(shop: Shop) -> None:
    _owing(shop)
    _pass(shop, 3)
    assert _payouts(shop) == []
    _pass(shop, 1)
    [debit] = _payouts(shop)
    assert (debit.amount, debit.status, debit.automatic, _balance(shop)) == (-2043, "in_transit", True, (0, 0))
    _pass(shop, 1)
    assert _payouts(shop)[0].status == "paid"
    assert _parts(shop, debit) == [("charge", 1457), ("adjustment", -3500), ("payout", 2043)]


def test_what_is_sold_in_time_pays_what_the_account_owes(shop: Shop) -> None:
    _owing(shop)
    shop.server.dashboard.sell(shop.account_id, 5000)
    _pass(shop, 6)
    assert (_payouts(shop), _balance(shop)) == ([], (5000 - 95 - 2043, 0))


def test_a_debit_the_bank_refuses_leaves_the_balance_overdrawn_and_is_tried_again(shop: Shop) -> None:
    _owing(shop)
    debit = shop.server.dashboard.pay_out(shop.account_id)
    assert debit is not None
    shop.server.dashboard.fail_payout(debit["id"], "debit_not_authorized")
    assert _balance(shop) == (-2043, 0)
    _pass(shop, 4)
    assert [one.amount for one in _payouts(shop)] == [-2043, -2043]
    assert _balance(shop) == (0, 0)


def test_a_payout_can_be_asked_for(shop: Shop) -> None:
    shop.server.dashboard.schedule_payouts(shop.account_id, daily=False)
    shop.server.dashboard.sell(shop.account_id, 2000)
    shop.server.move_clock(3 * _DAY)
    made = shop.server.dashboard.pay_out(shop.account_id)
    assert made is not None
    assert made["amount"] == 1950


def test_what_the_account_sells_by_itself_says_nothing_of_ours(shop: Shop) -> None:
    charge = shop.server.dashboard.sell(shop.account_id, 2000)
    assert (charge["metadata"], charge["amount"]) == ({}, 2000)


def test_a_failed_transit_is_never_told_as_paid(shop: Shop) -> None:
    shop.paid(1500)
    shop.server.move_clock(3 * _DAY)
    [payout] = _payouts(shop)
    shop.server.dashboard.fail_payout(payout.id)
    shop.server.dashboard.schedule_payouts(shop.account_id, daily=False)
    shop.server.move_clock(2 * _DAY)
    assert "payout.paid" not in shop.event_types()
