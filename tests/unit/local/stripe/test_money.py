"""Charges, refunds and the balance through the real SDK."""

import pytest
import stripe

from local.stripe.errors import StripeError
from tests.unit.local.stripe.shop import Shop

_DAY = 86_400


@pytest.mark.parametrize(("pence", "fee"), [(1500, 43), (30, 20), (100, 22), (33, 20), (34, 21), (123_456, 1872)])
def test_a_charge_costs_one_and_a_half_percent_and_20_pence(shop: Shop, pence: int, fee: int) -> None:
    shop.paid(pence)
    [moved] = shop.client.v1.balance_transactions.list(options=shop.options).data
    assert (moved.type, moved.amount, moved.fee, moved.net) == ("charge", pence, fee, pence - fee)


def test_money_becomes_available_after_three_days(shop: Shop) -> None:
    shop.paid()
    [moved] = shop.client.v1.balance_transactions.list(options=shop.options).data
    assert moved.status == "pending"
    shop.server.move_clock(3 * _DAY)
    assert shop.client.v1.balance_transactions.retrieve(moved.id, options=shop.options).status == "available"


def test_a_full_refund_takes_all_that_is_left(shop: Shop) -> None:
    session = shop.paid(1500)
    refund = shop.refund(session)
    assert (refund.amount, refund.status, refund.payment_intent) == (1500, "succeeded", session.payment_intent)
    charge = shop.client.v1.charges.retrieve(str(refund.charge), options=shop.options)
    assert (charge.refunded, charge.amount_refunded) == (True, 1500)
    assert shop.event_types()[-2:] == ["refund.created", "charge.refunded"]
    assert shop.client.v1.refunds.retrieve(refund.id, options=shop.options).id == refund.id


def test_a_refund_leaves_the_balance_and_the_fee_stays(shop: Shop) -> None:
    refund = shop.refund(shop.paid(1500), 500)
    moved, _ = shop.client.v1.balance_transactions.list(options=shop.options).data
    assert (moved.type, moved.amount, moved.fee, moved.net) == ("refund", -500, 0, -500)
    assert moved.id == refund.balance_transaction
    assert moved.source == refund.id


def test_parts_can_be_refunded_until_nothing_is_left(shop: Shop) -> None:
    session = shop.paid(1500)
    shop.refund(session, 500)
    shop.refund(session, 500)
    with pytest.raises(
        stripe.InvalidRequestError, match=r"£5\.01\) is greater than unrefunded amount on charge \(£5\.00"
    ):
        shop.refund(session, 501)
    assert shop.refund(session).amount == 500
    with pytest.raises(stripe.InvalidRequestError, match="has already been refunded") as refused:
        shop.refund(session)
    assert refused.value.code == "charge_already_refunded"
    refunds = shop.client.v1.refunds.list(params={"payment_intent": str(session.payment_intent)}, options=shop.options)
    assert [refund.amount for refund in refunds.data] == [500, 500, 500]


def test_more_than_was_captured_is_never_refunded(shop: Shop) -> None:
    session = shop.paid(1500)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount") as refused:
        shop.refund(session, 9000)
    assert (refused.value.http_status, refused.value.param) == (400, "amount")
    assert shop.client.v1.refunds.list(options=shop.options).data == []


def test_what_was_never_paid_is_not_refunded(shop: Shop) -> None:
    identifier = shop.session().id
    with pytest.raises(StripeError):
        shop.server.pay(identifier, "4000000000000002")
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.refund(shop.again(identifier))
    [failed] = shop.client.v1.charges.list(options=shop.options).data
    with pytest.raises(stripe.InvalidRequestError, match="no captured amount"):
        shop.client.v1.refunds.create(params={"charge": failed.id}, options=shop.options)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_refund_is_of_at_least_a_penny(shop: Shop, amount: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="greater than or equal to 1"):
        shop.refund(shop.paid(), amount)


def test_a_refund_says_what_of(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        shop.client.v1.refunds.create(params={"amount": 5}, options=shop.options)


def test_everything_about_a_payment_can_be_had_in_one_request(shop: Shop) -> None:
    session = shop.paid(1500)
    shop.refund(session, 500)
    full = shop.again(
        session.id, "payment_intent.latest_charge.balance_transaction", "payment_intent.latest_charge.refunds"
    )
    assert isinstance(full.payment_intent, stripe.PaymentIntent)
    charge = full.payment_intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert charge.balance_transaction.net == 1457
    assert charge.refunds is not None
    assert [refund.amount for refund in charge.refunds.data] == [500]


def test_the_rows_of_a_list_can_be_expanded(shop: Shop) -> None:
    shop.refund(shop.paid(), 500)
    moved = shop.client.v1.balance_transactions.list(params={"expand": ["data.source"]}, options=shop.options)
    assert [type(row.source) for row in moved.data] == [stripe.Refund, stripe.Charge]


@pytest.mark.parametrize("path", ["metadata", "payment_intent.nonsense", "a.b.c.d.e"])
def test_what_is_no_reference_is_not_expanded(shop: Shop, path: str) -> None:
    session = shop.paid()
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        shop.again(session.id, path)


def test_the_charge_is_told_of_before_its_balance_transaction_is_known(shop: Shop) -> None:
    shop.paid()
    events = {event.type: event for event in shop.client.v1.events.list(options=shop.options).data}
    assert events["charge.succeeded"].data.object["balance_transaction"] is None
    assert events["charge.updated"].data.object["balance_transaction"] is not None


def test_lists_come_newest_first_in_pages(shop: Shop) -> None:
    made = [shop.session().id for _ in range(5)]
    page = shop.client.v1.checkout.sessions.list(params={"limit": 2}, options=shop.options)
    assert ([one.id for one in page.data], page.has_more) == ([made[4], made[3]], True)
    assert [one.id for one in page.auto_paging_iter()] == made[::-1]
    earlier = shop.client.v1.checkout.sessions.list(params={"limit": 2, "ending_before": made[0]}, options=shop.options)
    assert ([one.id for one in earlier.data], earlier.has_more) == ([made[2], made[1]], True)


def test_lists_are_cut_to_a_span_of_time(shop: Shop) -> None:
    first = shop.session()
    shop.server.move_clock(600)
    second = shop.session()
    sessions = shop.client.v1.checkout.sessions
    later = sessions.list(params={"created": {"gt": first.created}}, options=shop.options)
    assert [one.id for one in later.data] == [second.id]
    exactly = sessions.list(params={"created": first.created}, options=shop.options)
    assert [one.id for one in exactly.data] == [first.id]


def test_a_page_after_nothing_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such object"):
        shop.client.v1.refunds.list(params={"starting_after": "re_nowhere"}, options=shop.options)


def test_events_are_listed_for_30_days(shop: Shop) -> None:
    shop.paid()
    assert "charge.succeeded" in shop.event_types()
    shop.server.move_clock(30 * _DAY + 1)
    assert "charge.succeeded" not in shop.event_types()
