"""Checkout Sessions through the real SDK."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from local.stripe.errors import StripeError
from local.stripe.running import LocalStripe
from tests.unit.local.stripe.shop import HOUR, NOW, Shop


def test_a_new_session_is_open_unpaid_and_has_a_page(shop: Shop) -> None:
    session = shop.session(1500)
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 1500)
    assert session.url == f"{shop.server.url}/c/pay/{session.id}"
    assert session.payment_intent is None


def test_what_the_caller_gave_comes_back(shop: Shop) -> None:
    session = shop.session()
    assert session.client_reference_id == "pay_1"
    assert session.metadata is not None
    assert session.metadata.to_dict() == {"school_id": "s1"}
    assert session.expires_at == NOW + 35 * 60


def test_paying_completes_the_session_and_charges_once(shop: Shop) -> None:
    session = shop.again(shop.paid(1500).id, "payment_intent.latest_charge")
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    intent = session.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (intent.status, intent.amount_received) == ("succeeded", 1500)
    assert intent.metadata.to_dict() == {"payment_id": "p1"}
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert intent.latest_charge.amount_captured == 1500
    assert len(shop.client.v1.charges.list(options=shop.options).data) == 1


def test_paying_tells_the_story_in_events(shop: Shop) -> None:
    shop.paid()
    assert shop.event_types()[1:] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "checkout.session.completed",
    ]


def test_a_paid_session_cannot_be_paid_again(shop: Shop) -> None:
    session = shop.paid()
    with pytest.raises(StripeError, match="status of `complete`"):
        shop.server.pay(session.id)


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000 0000 0000 9995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", "expired_card"),
    ],
)
def test_a_declined_card_leaves_the_session_open(shop: Shop, number: str, code: str, decline_code: str) -> None:
    identifier = shop.session().id
    with pytest.raises(StripeError) as refused:
        shop.server.pay(identifier, number)
    assert (refused.value.status, refused.value.error["code"]) == (402, code)
    session = shop.again(identifier, "payment_intent")
    assert session.status == "open"
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    assert session.payment_intent.status == "requires_payment_method"
    assert session.payment_intent.last_payment_error is not None
    assert session.payment_intent.last_payment_error.decline_code == decline_code
    assert shop.event_types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_session_can_be_paid_after_a_decline(shop: Shop) -> None:
    identifier = shop.session().id
    with pytest.raises(StripeError):
        shop.server.pay(identifier, "4000000000000002")
    shop.server.pay(identifier)
    session = shop.again(identifier, "payment_intent.latest_charge")
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    assert session.payment_intent.last_payment_error is None
    assert isinstance(session.payment_intent.latest_charge, stripe.Charge)
    assert session.payment_intent.latest_charge.status == "succeeded"


@pytest.mark.parametrize(
    ("number", "code"),
    [("4242424242424241", "incorrect_number"), ("4111111111111111", "card_declined"), ("", "incorrect_number")],
)
def test_a_number_that_is_no_test_card_is_refused(shop: Shop, number: str, code: str) -> None:
    with pytest.raises(StripeError) as refused:
        shop.server.pay(shop.session().id, number)
    assert refused.value.error["code"] == code


def test_an_expired_session_cannot_be_paid(shop: Shop) -> None:
    identifier = shop.session().id
    assert shop.client.v1.checkout.sessions.expire(identifier, options=shop.options).status == "expired"
    with pytest.raises(StripeError, match="status of `expired`"):
        shop.server.pay(identifier)
    assert shop.event_types()[-1] == "checkout.session.expired"


def test_a_paid_session_cannot_be_expired(shop: Shop) -> None:
    session = shop.paid()
    with pytest.raises(stripe.InvalidRequestError, match=r'status in \["open"\] can be expired.*`complete`'):
        shop.client.v1.checkout.sessions.expire(session.id, options=shop.options)


def test_eight_payers_at_once_are_one_payment(shop: Shop) -> None:
    identifier = shop.session().id
    with ThreadPoolExecutor(8) as pool:
        outcomes = [pool.submit(shop.server.pay, identifier) for _ in range(8)]
    assert [outcome.exception() is None for outcome in outcomes].count(True) == 1
    assert len(shop.client.v1.charges.list(options=shop.options).data) == 1


def test_paying_and_expiring_at_once_leaves_one_winner(shop: Shop) -> None:
    for _ in range(10):
        identifier = shop.session().id
        with ThreadPoolExecutor(2) as pool:
            paid = pool.submit(shop.server.pay, identifier)
            ended = pool.submit(shop.client.v1.checkout.sessions.expire, identifier, options=shop.options)
        session = shop.again(identifier)
        expected = ("complete", "paid") if paid.exception() is None else ("expired", "unpaid")
        assert (session.status, session.payment_status) == expected
        assert (paid.exception() is None) != (ended.exception() is None)


def test_a_session_ends_when_its_time_has_come(shop: Shop) -> None:
    identifier = shop.session(expires_at=NOW + 2 * HOUR).id
    shop.server.move_clock(2 * HOUR - 1)
    assert shop.again(identifier).status == "open"
    shop.server.move_clock(1)
    assert shop.again(identifier).status == "expired"
    assert shop.event_types().count("checkout.session.expired") == 1


def test_the_end_of_a_session_calls_off_its_intent(shop: Shop) -> None:
    identifier = shop.session().id
    with pytest.raises(StripeError):
        shop.server.pay(identifier, "4000000000000002")
    shop.server.move_clock(HOUR)
    intent = shop.again(identifier, "payment_intent").payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.status == "canceled"


@pytest.mark.parametrize(
    ("expires_at", "message"),
    [(NOW + 30 * 60 - 1, "at least 30 minutes"), (NOW + 24 * HOUR + 1, "less than 24 hours")],
)
def test_a_session_lives_between_30_minutes_and_24_hours(shop: Shop, expires_at: int, message: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=message) as refused:
        shop.session(expires_at=expires_at)
    assert refused.value.param == "expires_at"


@pytest.mark.parametrize("expires_at", [NOW + 30 * 60, NOW + 24 * HOUR])
def test_the_bounds_of_a_session_s_life_are_allowed(shop: Shop, expires_at: int) -> None:
    assert shop.session(expires_at=expires_at).expires_at == expires_at


def test_less_than_30_pence_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"add up to at least £0\.30 gbp") as refused:
        shop.session(29)
    assert refused.value.code == "amount_too_small"
    assert shop.session(30).amount_total == 30


def test_an_account_that_may_not_charge_has_no_checkout(server: LocalStripe, shop: Shop) -> None:
    shop.account_id = shop.client.v1.accounts.create(params={"country": "GB"}).id
    with pytest.raises(stripe.InvalidRequestError, match="cannot currently make charges"):
        shop.session()


def test_the_lines_of_a_session_can_be_listed_and_expanded(shop: Shop) -> None:
    session = shop.session(1500)
    lines = shop.client.v1.checkout.sessions.line_items.list(session.id, options=shop.options)
    assert [(line.description, line.quantity, line.amount_total) for line in lines.data] == [("School event", 1, 1500)]
    expanded = shop.again(session.id, "line_items").line_items
    assert expanded is not None
    assert [line.id for line in expanded.data] == [line.id for line in lines.data]


def test_sessions_are_found_by_their_payment_intent(shop: Shop) -> None:
    shop.paid()
    session = shop.paid()
    found = shop.client.v1.checkout.sessions.list(
        params={"payment_intent": str(session.payment_intent)}, options=shop.options
    )
    assert [one.id for one in found.data] == [session.id]
