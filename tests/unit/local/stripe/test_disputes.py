"""Disputes at the local Stripe, through the real SDK."""

import pytest
import stripe

from local.stripe.errors import StripeError
from tests.unit.local.stripe.shop import Shop

_DAY = 86_400


def _movements(shop: Shop) -> list[tuple[str, str, int, int]]:
    rows = shop.client.v1.balance_transactions.list(params={"limit": 100}, options=shop.options).data
    return [(row.type, row.reporting_category, row.amount, row.fee) for row in reversed(rows)]


def _disputed(shop: Shop, card: str = "4000000000000259") -> stripe.Dispute:
    session = shop.session(1500)
    shop.server.pay(session.id, card)
    [dispute] = shop.client.v1.disputes.list(
        params={"payment_intent": str(shop.again(session.id).payment_intent)}, options=shop.options
    ).data
    return dispute


@pytest.mark.parametrize(
    ("card", "reason"), [("4000000000000259", "fraudulent"), ("4000000000002685", "product_not_received")]
)
def test_a_disputed_charge_is_taken_back_with_a_fee(shop: Shop, card: str, reason: str) -> None:
    dispute = _disputed(shop, card)
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", reason, 1500)
    assert not dispute.is_charge_refundable
    assert [row.net for row in dispute.balance_transactions] == [-3500]
    assert _movements(shop) == [("charge", "charge", 1500, 43), ("adjustment", "dispute", -1500, 2000)]
    assert shop.event_types()[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    charge = shop.client.v1.charges.retrieve(str(dispute.charge), options=shop.options)
    assert (charge.disputed, charge.amount_refunded) == (True, 0)


@pytest.mark.parametrize(("fee_back", "fee"), [(False, 0), (True, -2000)])
def test_a_won_dispute_gives_the_money_back(shop: Shop, fee_back: bool, fee: int) -> None:
    dispute = _disputed(shop)
    shop.server.dashboard.decide(dispute.id, "won", fee_back=fee_back)
    assert _movements(shop)[2:] == [("adjustment", "dispute_reversal", 1500, fee)]
    again = shop.client.v1.disputes.retrieve(dispute.id, options=shop.options)
    assert (again.status, len(again.balance_transactions)) == ("won", 2)
    assert shop.event_types()[-2:] == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]


def test_what_is_disputed_or_lost_is_not_refunded_and_what_was_won_can_be(shop: Shop) -> None:
    for outcome in ("won", "lost"):
        dispute = _disputed(shop)
        with pytest.raises(stripe.InvalidRequestError, match="has been charged back") as refused:
            shop.client.v1.refunds.create(params={"charge": str(dispute.charge)}, options=shop.options)
        assert refused.value.code == "charge_disputed"
        shop.server.dashboard.decide(dispute.id, outcome)
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back"):
        shop.client.v1.refunds.create(params={"charge": str(dispute.charge)}, options=shop.options)
    first = shop.client.v1.disputes.list(options=shop.options).data[-1]
    shop.client.v1.refunds.create(params={"charge": str(first.charge)}, options=shop.options)


def test_a_dispute_nobody_answers_is_lost_when_its_time_is_over(shop: Shop) -> None:
    dispute = _disputed(shop)
    shop.server.move_clock(20 * _DAY - 1)
    assert shop.client.v1.disputes.retrieve(dispute.id, options=shop.options).status == "needs_response"
    shop.server.move_clock(1)
    assert shop.client.v1.disputes.retrieve(dispute.id, options=shop.options).status == "lost"
    with pytest.raises(StripeError, match="already closed"):
        shop.server.dashboard.decide(dispute.id, "won")


@pytest.mark.parametrize(
    ("text", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost"), ("A receipt", "under_review")]
)
def test_evidence_is_submitted_once(shop: Shop, text: str, status: str) -> None:
    dispute = _disputed(shop)
    disputes = shop.client.v1.disputes
    draft = disputes.update(
        dispute.id, params={"evidence": {"uncategorized_text": text}, "submit": False}, options=shop.options
    )
    assert (draft.status, draft.evidence_details.has_evidence) == ("needs_response", True)
    sent = disputes.update(dispute.id, params={"evidence": {"uncategorized_text": text}}, options=shop.options)
    assert (sent.status, sent.evidence_details.submission_count) == (status, 1)
    with pytest.raises(stripe.InvalidRequestError, match="already"):
        disputes.update(dispute.id, params={"evidence": {"uncategorized_text": text}}, options=shop.options)
    shop.server.move_clock(21 * _DAY)
    assert disputes.retrieve(dispute.id, options=shop.options).status == status


def test_a_school_can_accept_a_dispute(shop: Shop) -> None:
    dispute = _disputed(shop)
    assert shop.client.v1.disputes.close(dispute.id, options=shop.options).status == "lost"
    assert shop.event_types()[-1] == "charge.dispute.closed"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        shop.client.v1.disputes.close(dispute.id, options=shop.options)


def test_an_inquiry_takes_no_money_and_leaves_the_charge_refundable(shop: Shop) -> None:
    dispute = _disputed(shop, "4000000000001976")
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert dispute.balance_transactions == []
    assert shop.event_types()[-1] == "charge.dispute.created"
    shop.client.v1.refunds.create(params={"charge": str(dispute.charge), "amount": 100}, options=shop.options)
    with pytest.raises(StripeError, match="cannot become won"):
        shop.server.dashboard.decide(dispute.id, "won")
    shop.server.move_clock(120 * _DAY)
    assert shop.client.v1.disputes.retrieve(dispute.id, options=shop.options).status == "warning_closed"


def test_an_inquiry_can_become_a_dispute(shop: Shop) -> None:
    dispute = _disputed(shop, "4000000000001976")
    sent = shop.client.v1.disputes.update(
        dispute.id, params={"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}}, options=shop.options
    )
    assert (sent.status, sent.is_charge_refundable) == ("needs_response", False)
    assert _movements(shop)[1:] == [("adjustment", "dispute", -1500, 2000)]
    with pytest.raises(StripeError, match="open inquiry"):
        shop.server.dashboard.escalate(dispute.id)
    shop.server.move_clock(120 * _DAY)
    assert shop.client.v1.disputes.retrieve(dispute.id, options=shop.options).status == "lost"


def test_part_of_a_payment_can_be_disputed_and_what_was_refunded_is_not(shop: Shop) -> None:
    session = shop.paid(1500)
    shop.refund(session, 400)
    assert shop.server.dashboard.dispute(session.id)["amount"] == 1100
    other = shop.paid(1500)
    assert shop.server.dashboard.dispute(str(other.payment_intent), 300)["amount"] == 300
    with pytest.raises(StripeError, match="nothing left"):
        shop.server.dashboard.dispute(str(other.payment_intent), 1501)
    with pytest.raises(StripeError, match="Nothing was paid"):
        shop.server.dashboard.dispute(shop.session().id)


def test_a_pending_refund_fails_when_the_bank_takes_the_money_back(shop: Shop) -> None:
    session = shop.session(1500)
    shop.server.pay(session.id, "4000000000007726")
    refund = shop.refund(shop.again(session.id), 500)
    dispute = shop.server.dashboard.dispute(session.id, 1000)
    again = shop.client.v1.refunds.retrieve(refund.id, options=shop.options)
    assert (again.status, again.failure_reason) == ("failed", "charge_for_pending_refund_disputed")
    assert dispute["amount"] == 1000


def test_disputes_are_isolated_by_account(shop: Shop) -> None:
    dispute = _disputed(shop)
    other = Shop(shop.server, "other")
    with pytest.raises(stripe.InvalidRequestError, match="No such dispute"):
        other.client.v1.disputes.retrieve(dispute.id, options=other.options)
    assert other.client.v1.disputes.list(options=other.options).data == []


def test_what_a_lost_dispute_left_of_a_charge_can_be_refunded_and_no_more(shop: Shop) -> None:
    session = shop.paid(1500)
    dispute = shop.server.dashboard.dispute(session.id, 300)
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back"):
        shop.refund(session, 100)
    shop.server.dashboard.decide(dispute["id"], "lost")
    with pytest.raises(stripe.InvalidRequestError, match=r"greater than unrefunded amount on charge \(£12.00\)"):
        shop.refund(session, 1201)
    shop.refund(session, 1200)
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back"):
        shop.refund(session, 1)


def test_unless_somebody_wants_it_otherwise(shop: Shop) -> None:
    session = shop.paid(1500)
    shop.server.dashboard.decide(shop.server.dashboard.dispute(session.id, 300)["id"], "lost")
    shop.server.dashboard.keep_what_is_left(shop.account_id)
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back") as refused:
        shop.refund(session, 100)
    assert refused.value.code == "charge_disputed"


def test_a_dispute_that_is_won_in_part_is_lost_and_part_of_its_money_comes_back(shop: Shop) -> None:
    session = shop.paid(1500)
    shop.refund(session, 500)
    dispute = shop.server.dashboard.dispute(session.id, 1500)
    shop.server.dashboard.decide(dispute["id"], "lost", back=500)
    again = shop.client.v1.disputes.retrieve(dispute["id"], options=shop.options)
    assert (again.status, again.amount) == ("lost", 1500)
    assert [row.net for row in again.balance_transactions] == [-3500, 500]
    assert shop.event_types()[-2:] == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back"):
        shop.refund(session, 1)
