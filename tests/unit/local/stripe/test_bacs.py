"""Bacs Direct Debit: complete at once, unpaid for days, then paid, failed, or taken back."""

from datetime import UTC, datetime

import pytest
import stripe

from local.stripe.bank_accounts import DISPUTING_ACCOUNT, EMPTY_ACCOUNT
from local.stripe.errors import StripeError
from tests.unit.local.stripe.browser import control, get, press
from tests.unit.local.stripe.shop import NOW, Shop

_DAY = 86_400
_PENDING = ["payment_intent.created", "charge.pending", "payment_intent.processing", "checkout.session.completed"]


def _debited(shop: Shop, number: str = "00012345", pence: int = 1500) -> str:
    """A session that was paid by direct debit; its identifier."""
    session = shop.session(pence)
    assert press(str(session.url), action="debit", account_number=number).status_code == 303
    return session.id


def _charge(shop: Shop, identifier: str) -> stripe.Charge:
    intent = shop.again(identifier, "payment_intent.latest_charge").payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert isinstance(intent.latest_charge, stripe.Charge)
    return intent.latest_charge


def _balance(shop: Shop) -> list[int]:
    rows = shop.client.v1.balance_transactions.list(options=shop.options).data
    return [row.net for row in rows]


def test_a_debit_completes_the_session_and_leaves_it_unpaid(shop: Shop) -> None:
    session = shop.again(_debited(shop), "payment_intent")
    assert (session.status, session.payment_status, session.url) == ("complete", "unpaid", None)
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    assert session.payment_intent.status == "processing"
    assert shop.event_types()[1:] == _PENDING
    assert _balance(shop) == []


def test_it_is_paid_after_six_working_days(shop: Shop) -> None:
    assert datetime.fromtimestamp(NOW, UTC).strftime("%a %H") == "Mon 14"
    identifier = _debited(shop)
    shop.server.move_clock(7 * _DAY)
    assert shop.again(identifier).payment_status == "unpaid"
    shop.server.move_clock(_DAY)
    assert shop.again(identifier).payment_status == "paid"
    assert shop.event_types()[5:9] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "checkout.session.async_payment_succeeded",
    ]
    assert _charge(shop, identifier).paid


def test_what_is_paid_in_the_evening_takes_a_day_longer(shop: Shop) -> None:
    shop.server.move_clock(7 * 3600)
    identifier = _debited(shop)
    shop.server.move_clock(8 * _DAY - 7 * 3600)
    assert shop.again(identifier).payment_status == "unpaid"
    shop.server.move_clock(_DAY)
    assert shop.again(identifier).payment_status == "paid"


def test_it_fails_after_days_and_the_session_stays_unpaid(shop: Shop) -> None:
    identifier = _debited(shop, EMPTY_ACCOUNT)
    shop.server.move_clock(8 * _DAY)
    session = shop.again(identifier, "payment_intent")
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    assert session.payment_intent.status == "requires_payment_method"
    assert _charge(shop, identifier).failure_code == "insufficient_funds"
    assert shop.event_types()[5:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]
    assert _balance(shop) == []


@pytest.mark.parametrize(("outcome", "status"), [("succeeds", "paid"), ("fails", "unpaid")])
def test_a_control_settles_it_at_once_and_for_good(shop: Shop, outcome: str, status: str) -> None:
    identifier = _debited(shop)
    assert control(shop.server, "debits/settle", session=identifier, outcome=outcome)["payment_status"] == status
    told = shop.event_types()
    shop.server.move_clock(30 * _DAY)
    assert [kind for kind in shop.event_types() if not kind.startswith(("payout", "balance"))] == [
        kind for kind in told if not kind.startswith(("payout", "balance"))
    ]
    with pytest.raises(StripeError, match="No debit is under way"):
        shop.server.payers.settle_debit(identifier)


@pytest.mark.parametrize(("pence", "fee"), [(30, 20), (5000, 50), (100_000, 400)])
def test_its_fee_is_one_per_cent_within_bounds(shop: Shop, pence: int, fee: int) -> None:
    shop.server.payers.settle_debit(_debited(shop, pence=pence))
    assert _balance(shop) == [pence - fee]


def test_a_bank_may_take_it_back_after_it_has_succeeded(shop: Shop) -> None:
    identifier = _debited(shop, DISPUTING_ACCOUNT)
    shop.server.payers.settle_debit(identifier)
    assert shop.client.v1.disputes.list(options=shop.options).data == []
    dispute = shop.server.payers.take_debit_back(identifier)
    assert (dispute["status"], dispute["reason"], dispute["amount"]) == ("lost", "insufficient_funds", 1500)
    assert shop.event_types()[-3:] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.closed",
    ]


def test_the_account_that_disputes_does_so_when_its_day_has_come(shop: Shop) -> None:
    _debited(shop, DISPUTING_ACCOUNT)
    shop.server.move_clock(8 * _DAY)
    disputes = shop.client.v1.disputes.list(options=shop.options).data
    assert [dispute.status for dispute in disputes] == ["lost"]


def test_nothing_is_taken_back_of_what_no_debit_has_paid(shop: Shop) -> None:
    for identifier in (shop.paid().id, shop.session().id, _debited(shop)):
        with pytest.raises(StripeError, match="No debit has paid"):
            shop.server.payers.take_debit_back(identifier)


def test_a_debit_under_way_is_neither_refunded_nor_expired(shop: Shop) -> None:
    session = shop.again(_debited(shop))
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.refund(session)
    with pytest.raises(stripe.InvalidRequestError, match="status of `complete`"):
        shop.client.v1.checkout.sessions.expire(session.id, options=shop.options)


def test_a_debit_that_came_can_be_refunded(shop: Shop) -> None:
    identifier = _debited(shop)
    shop.server.payers.settle_debit(identifier)
    shop.server.move_clock(5 * _DAY)
    assert shop.refund(shop.again(identifier), 500).amount == 500


def test_a_session_takes_only_what_it_allows(shop: Shop) -> None:
    session = shop.session(allowed_payment_method_types=["card"])
    assert session.payment_method_types == ["card"]
    assert "Bacs" not in get(str(session.url)).text
    assert "does not take Bacs" in press(str(session.url), action="debit").text


def test_a_number_that_is_no_test_account_is_refused(shop: Shop) -> None:
    session = shop.session(allowed_payment_method_types=["card", "bacs_debit"])
    assert "Bacs Direct Debit" in get(str(session.url)).text
    answer = press(str(session.url), action="debit", account_number="12345678")
    assert (answer.status_code, "not one of the test numbers" in answer.text) == (402, True)
    assert shop.again(session.id).status == "open"


def test_an_account_without_the_capability_offers_none(shop: Shop) -> None:
    control(shop.server, "accounts/restrict", account=shop.account_id, capability="bacs_debit_payments")
    session = shop.session(allowed_payment_method_types=["card", "bacs_debit"])
    assert session.payment_method_types == ["card"]
