"""Disputes, payouts, late refunds and the balance against Stripe's own description of its API."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.stripe.errors import Json
from tests.unit.local.stripe.browser import control
from tests.unit.local.stripe.openapi import object_faults, parameters_of
from tests.unit.local.stripe.shop import HOUR, Shop

_DAY = 86_400


def _paid_with(shop: Shop, card: str) -> str:
    identifier = shop.session(1500).id
    shop.server.pay(identifier, card)
    return identifier


def _moved(shop: Shop) -> Shop:
    """A life with every dispute, payout and refund there is."""
    dashboard = shop.server.dashboard
    for card in ("4000000000007726", "4000000000005126"):
        shop.refund(shop.again(_paid_with(shop, card)), 500)
    for _ in range(2):
        _paid_with(shop, "4000000000000259")
    _paid_with(shop, "4000000000001976")
    asked, _, to_win = shop.client.v1.disputes.list(options=shop.options).data
    dashboard.escalate(asked.id)
    shop.server.move_clock(3 * _DAY)
    dashboard.sell(shop.account_id, 50_000)
    shop.server.move_clock(3 * _DAY)
    shop.server.move_clock(HOUR)
    dashboard.decide(to_win.id, "won", fee_back=True)
    shop.server.move_clock(20 * _DAY)
    payout = shop.client.v1.payouts.list(options=shop.options).data[-1]
    dashboard.fail_payout(payout.id)
    return shop


def _everything(shop: Shop) -> Iterator[Json]:
    book = _moved(shop).server.world.books[shop.account_id]
    yield from book.objects.values()
    yield from (event["data"]["object"] for event in book.all("event"))


def test_all_that_money_does_is_as_stripe_describes_it(shop: Shop) -> None:
    things = list(_everything(shop))
    assert {fault for thing in things for fault in object_faults(thing)} == set()
    assert {"dispute", "payout", "refund", "balance_transaction"} <= {thing["object"] for thing in things}
    balance = shop.client.v1.balance.retrieve(options=shop.options).to_dict()
    assert object_faults(balance) == []
    expanded = shop.client.v1.payouts.list(
        params={"expand": ["data.failure_balance_transaction"]}, options=shop.options
    )
    assert [fault for payout in expanded.data for fault in object_faults(payout.to_dict())] == []


def test_a_debit_of_the_bank_is_a_payout_as_stripe_describes_it(shop: Shop) -> None:
    shop.server.dashboard.dispute(shop.paid(1500).id)
    debit = shop.server.dashboard.pay_out(shop.account_id)
    assert debit is not None
    assert debit["amount"] < 0
    shop.server.dashboard.fail_payout(debit["id"], "debit_not_authorized")
    assert object_faults(shop.client.v1.payouts.retrieve(debit["id"], options=shop.options).to_dict()) == []


def test_all_that_is_told_of_money_is_of_a_type_stripe_sends(shop: Shop) -> None:
    _moved(shop)
    told = {event["type"] for event in shop.server.world.books[shop.account_id].all("event")}
    enabled: Any = parameters_of("POST", "/v1/webhook_endpoints")["enabled_events"]
    assert told <= set(enabled["items"]["enum"])
    assert {
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "payout.failed",
        "payout.paid",
        "payout.reconciliation_completed",
        "refund.failed",
        "refund.updated",
    } <= told


def test_the_balance_is_what_its_movements_come_to(shop: Shop) -> None:
    _moved(shop)
    balance = shop.client.v1.balance.retrieve(options=shop.options)
    rows = shop.client.v1.balance_transactions.list(params={"limit": 100}, options=shop.options).auto_paging_iter()
    assert balance.available[0].amount + balance.pending[0].amount == sum(row.net for row in rows)


@pytest.mark.parametrize(
    ("lever", "arguments"),
    [
        ("disputes", {"amount": 300, "inquiry": True, "reason": "duplicate"}),
        ("disputes", {}),
        ("refunds", {"amount": 200}),
    ],
)
def test_people_s_acts_are_controls_too(shop: Shop, lever: str, arguments: dict[str, Any]) -> None:
    made = control(shop.server, lever, payment=shop.paid(1500).id, **arguments)
    assert made["amount"] == arguments.get("amount", 1500)
    assert object_faults(made) == []


def test_every_act_has_its_control(shop: Shop) -> None:
    server = shop.server
    control(server, "payouts/schedule", account=shop.account_id, daily=False)
    assert control(server, "sales", account=shop.account_id, amount=5000)["amount"] == 5000
    refund = shop.refund(shop.again(_paid_with(shop, "4000000000007726")), 100)
    assert control(server, "refunds/succeed", refund=refund.id)["status"] == "succeeded"
    assert control(server, "refunds/fail", refund=refund.id, reason="unknown")["failure_reason"] == "unknown"
    control(server, "refunds/cover", account=shop.account_id)
    waiting = shop.refund(shop.paid(1500))
    assert control(server, "refunds/cancel", refund=waiting.id)["status"] == "canceled"
    dispute = control(server, "disputes", payment=shop.paid(1500).id, inquiry=True)
    assert control(server, "disputes/escalate", dispute=dispute["id"])["status"] == "needs_response"
    assert control(server, "disputes/decide", dispute=dispute["id"], outcome="won")["status"] == "won"
    lost = control(server, "disputes", payment=shop.paid(1500).id, amount=1000)
    assert control(server, "disputes/decide", dispute=lost["id"], outcome="lost", back=400)["status"] == "lost"
    control(server, "refunds/keep", account=shop.account_id)
    server.move_clock(3 * _DAY)
    payout = control(server, "payouts", account=shop.account_id)
    assert control(server, "payouts/fail", payout=payout["id"])["failure_code"] == "account_closed"
