"""How requests are read, checked and refused."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe

from local.stripe.running import LocalStripe
from tests.unit.local.stripe.browser import control
from tests.unit.local.stripe.shop import HOUR, NOW, Shop, client_of


@pytest.mark.parametrize("key", ["sk_live_real", "pk_test_public", "nonsense", "sk_test_", "sk_test_a b"])
def test_a_key_that_is_no_test_key_is_refused(server: LocalStripe, key: str) -> None:
    answer = requests.get(f"{server.url}/v1/events", headers={"Authorization": f"Bearer {key}"}, timeout=60)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("Invalid API Key provided")


@pytest.mark.parametrize("header", ["", "Bearer", "Basic !", "Basic gAA="])
def test_a_request_without_a_key_is_refused(server: LocalStripe, header: str) -> None:
    answer = requests.get(f"{server.url}/v1/events", headers={"Authorization": header}, timeout=60)
    assert answer.status_code == 401
    assert "did not provide an API key" in answer.json()["error"]["message"]
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_restricted_keys_and_basic_authentication_are_taken(server: LocalStripe) -> None:
    client_of(server, "rk_test_restricted").v1.events.list()
    basic = b64encode(b"sk_test_basic:").decode()
    answer = requests.get(f"{server.url}/v1/events", headers={"Authorization": f"Basic {basic}"}, timeout=60)
    assert answer.status_code == 200


def test_a_path_stripe_does_not_have_is_refused(server: LocalStripe) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as refused:
        client_of(server).raw_request("get", "/v1/unicorns")
    assert refused.value.http_status == 404
    with pytest.raises(stripe.InvalidRequestError, match="DELETE: /v1/accounts"):
        client_of(server).v1.accounts.delete("acct_x")


def test_a_refusal_has_the_form_of_stripe_s(shop: Shop) -> None:
    answer = requests.get(
        f"{shop.server.url}/v1/refunds/re_nowhere",
        headers={"Authorization": "Bearer sk_test_x", "Stripe-Account": shop.account_id},
        timeout=60,
    )
    assert answer.status_code == 404
    request_id = answer.headers["Request-Id"]
    assert answer.headers["Stripe-Account"] == shop.account_id
    assert answer.json() == {
        "error": {
            "code": "resource_missing",
            "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
            "message": "No such refund: 're_nowhere'",
            "param": "refund",
            "request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}",
            "type": "invalid_request_error",
        }
    }


@pytest.mark.parametrize(
    ("more", "param", "message"),
    [
        ({"colour": "red"}, "colour", "Received unknown parameter: colour"),
        ({"payment_intent_data": {"colour": "red"}}, "payment_intent_data[colour]", "Received unknown parameter"),
        ({"mode": "lottery"}, "mode", "must be one of payment"),
        ({"mode": ""}, "mode", "You passed an empty string for 'mode'"),
        ({"success_url": "javascript:alert(1)"}, "success_url", "Not a valid URL"),
        ({"success_url": "http://127.0.0.1/\r\nSet-Cookie: a=b"}, "success_url", "Not a valid URL"),
        ({"success_url": "http://[::1"}, "success_url", "Not a valid URL"),
        ({"line_items": "trip"}, "line_items", "Invalid array"),
        ({"line_items": [{"quantity": 0}]}, "line_items[0][price_data]", "Missing required param"),
        ({"expires_at": "soon"}, "expires_at", "Invalid integer: soon"),
        ({"client_reference_id": "x" * 201}, "client_reference_id", "at most 200"),
        ({"metadata": "x"}, "metadata", "Invalid object"),
        ({"metadata": {"k" * 41: "v"}}, "metadata", "keys can have up to 40"),
        ({"metadata": {"k": "v" * 501}}, "metadata", "values can have up to 500"),
        ({"metadata": {f"k{i}": "v" for i in range(51)}}, "metadata", "up to 50 keys"),
        ({"metadata": {"k": {"deep": "v"}}}, "metadata", "must be strings"),
    ],
)
def test_a_parameter_stripe_would_not_take_is_refused_by_name(
    shop: Shop, more: dict[str, Any], param: str, message: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=message) as refused:
        shop.session(**more)
    assert (refused.value.http_status, refused.value.param) == (400, param)
    assert shop.client.v1.checkout.sessions.list(options=shop.options).data == []


def test_a_line_needs_a_quantity(shop: Shop) -> None:
    line = {"price_data": {"currency": "gbp", "unit_amount": 100, "product_data": {"name": "A"}}, "quantity": 0}
    with pytest.raises(stripe.InvalidRequestError, match="greater than or equal to 1") as refused:
        shop.session(line_items=[line])
    assert refused.value.param == "line_items[0][quantity]"


def test_the_limit_of_a_page_is_100(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="less than or equal to 100"):
        shop.client.v1.refunds.list(params={"limit": 101}, options=shop.options)


def test_one_key_is_one_session(shop: Shop) -> None:
    first = shop.session(key="cs:1:1")
    second = shop.session(key="cs:1:1")
    assert first.id == second.id
    assert first.last_response is not None
    assert second.last_response is not None
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert second.last_response.headers["Original-Request"] == first.last_response.headers["Request-Id"]
    assert len(shop.client.v1.checkout.sessions.list(options=shop.options).data) == 1


def test_one_key_is_one_refund_and_two_keys_are_two(shop: Shop) -> None:
    session = shop.paid(1500)
    assert shop.refund(session, 500, key="rf:1").id == shop.refund(session, 500, key="rf:1").id
    shop.refund(session, 500, key="rf:2")
    charge = shop.client.v1.charges.list(options=shop.options).data[0]
    assert charge.amount_refunded == 1000


def test_a_refusal_is_remembered_under_its_key(shop: Shop) -> None:
    session = shop.paid(1500)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded") as refused:
            shop.refund(session, 1501, key="rf:1")
    assert refused.value.headers is not None
    assert refused.value.headers["Idempotent-Replayed"] == "true"


def test_a_request_that_could_not_be_read_is_not_remembered(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.session(key="cs:1:1", colour="red")
    assert shop.session(key="cs:1:1").status == "open"


def test_a_key_for_other_parameters_is_refused(shop: Shop) -> None:
    shop.session(1500, key="cs:1:1")
    with pytest.raises(stripe.IdempotencyError, match="same parameters they were first used with") as refused:
        shop.session(1600, key="cs:1:1")
    assert refused.value.http_status == 400


def test_a_key_for_another_endpoint_is_refused(shop: Shop) -> None:
    session = shop.paid()
    shop.session(key="one")
    with pytest.raises(stripe.IdempotencyError, match="same endpoint they were first used for"):
        shop.refund(session, key="one")


def test_a_key_belongs_to_its_account(server: LocalStripe, shop: Shop) -> None:
    assert shop.session(key="cs:1:1").id != Shop(server, "other").session(key="cs:1:1").id


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    first = shop.session(key="cs:1:1", expires_at=NOW + 24 * HOUR)
    shop.server.move_clock(24 * HOUR)
    assert shop.session(key="cs:1:1", expires_at=NOW + 25 * HOUR).id != first.id


def test_a_key_is_at_most_255_characters(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        shop.session(key="k" * 256)


def test_a_second_request_while_the_first_is_under_way_is_a_conflict(shop: Shop) -> None:
    session = shop.paid(1500)
    control(shop.server, "stall")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shop.refund, session, 500, key="rf:1")
        assert shop.server.faults.wait_until_stalled(60)
        with pytest.raises(stripe.APIError, match="another in-progress request") as refused:
            shop.refund(session, 500, key="rf:1")
        control(shop.server, "resume")
        assert first.result().amount == 500
    assert refused.value.http_status == 409
    assert refused.value.error is not None
    assert refused.value.error.code == "idempotency_key_in_use"
    assert shop.refund(session, 500, key="rf:1").id == first.result().id


def test_an_outage_does_nothing_and_ends(shop: Shop) -> None:
    control(shop.server, "outage", times=2)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as refused:
            shop.session(key="cs:1:1")
        assert refused.value.http_status == 503
    assert shop.session(key="cs:1:1").status == "open"


def test_a_lost_answer_was_still_carried_out(shop: Shop) -> None:
    session = shop.paid(1500)
    control(shop.server, "lose", times=1)
    with pytest.raises(stripe.APIConnectionError):
        shop.refund(session, 500, key="rf:1")
    assert shop.refund(session, 500, key="rf:1").amount == 500
    [refund] = shop.client.v1.refunds.list(options=shop.options).data
    assert refund.amount == 500
