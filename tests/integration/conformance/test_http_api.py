"""The embedded HTTP API authorises, routes and answers preflights as API Gateway does."""

from __future__ import annotations

from typing import Any

import pytest

from local.front import ApiFront
from local.http_client import Answer, call
from local.places import free_ports
from local.sign_in.tokens import Flaw
from tests.integration.conformance.conftest import Toy
from tests.integration.conformance.toy.template import ORIGIN

REFUSED = (
    Flaw.EXPIRED,
    Flaw.HS256,
    Flaw.UNKNOWN_KEY,
    Flaw.UNSIGNED,
    Flaw.WRONG_AUDIENCE,
    Flaw.WRONG_ISSUER,
)


def _event(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    event: dict[str, Any] = answer.json()["event"]
    return event


def test_without_a_token_a_route_is_closed(toy: Toy) -> None:
    assert call("GET", f"{toy.api_url}/things/1").status == 401


@pytest.mark.parametrize("flaw", REFUSED)
def test_a_token_that_is_not_right_is_refused(toy: Toy, flaw: Flaw) -> None:
    assert call("GET", f"{toy.api_url}/things/1", token=toy.token(flaw)).status == 401


def test_a_token_without_expiry_passes_the_authorizer(toy: Toy) -> None:
    """API Gateway lets it through too: that is why the product's own check requires `exp`."""
    assert call("GET", f"{toy.api_url}/things/1", token=toy.token(Flaw.NO_EXPIRY)).status == 200


def test_claims_arrive_as_texts_and_lists_in_brackets(toy: Toy) -> None:
    event = _event(call("GET", f"{toy.api_url}/things/1", token=toy.token()))

    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    assert claims["memberships"] == "[s1:p1:parent s2:p2:staff+finance]"
    assert claims["mfa"] == "true"
    assert claims["iss"] == toy.issuer.url
    assert claims["exp"].isdigit()


def test_a_request_arrives_in_payload_format_two(toy: Toy) -> None:
    event = _event(call("GET", f"{toy.api_url}/things/a%20b?x=1&x=2&y=%C3%A9", token=toy.token()))

    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /things/{thing_id}"
    assert event["pathParameters"] == {"thing_id": "a b"}
    assert event["queryStringParameters"] == {"x": "1,2", "y": "é"}
    assert event["requestContext"]["http"]["method"] == "GET"


def test_a_public_route_needs_no_token(toy: Toy) -> None:
    assert "authorizer" not in _event(call("GET", f"{toy.api_url}/public"))["requestContext"]


def test_a_route_nobody_made_is_not_found(toy: Toy) -> None:
    assert call("GET", f"{toy.api_url}/nowhere").status == 404


def test_a_preflight_of_an_allowed_origin_is_answered(toy: Toy) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}

    answer = call("OPTIONS", f"{toy.api_url}/things/1", headers=headers)

    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_a_preflight_of_another_origin_allows_nothing(toy: Toy) -> None:
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}

    answer = call("OPTIONS", f"{toy.api_url}/things/1", headers=headers)

    assert "access-control-allow-origin" not in answer.headers


def test_the_stable_address_passes_requests_and_answers_on_unchanged(toy: Toy) -> None:
    port = free_ports().api
    front = ApiFront(port, toy.api_url)
    front.start()
    try:
        answer = call(
            "GET",
            f"http://127.0.0.1:{port}/things/7?x=1",
            token=toy.token(),
            headers={"X-Own": "é".encode().decode("latin-1")},
        )
        refused = call("GET", f"http://127.0.0.1:{port}/things/7")
    finally:
        front.stop()

    event = _event(answer)
    assert event["pathParameters"] == {"thing_id": "7"}
    assert event["rawQueryString"] == "x=1"
    assert answer.headers["content-type"] == "application/json"
    assert refused.status == 401
