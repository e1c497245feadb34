"""Signing in locally: the code flow with PKCE over HTTP, and what it refuses."""

import base64
import hashlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest

from local.sign_in.flow import CODE_LIFETIME, FlowError, SignIn
from local.sign_in.server import serve
from local.sign_in.tokens import Issuer

from .conftest import ADMIN, BOTH, NOW

PEOPLE = {one.key: one for one in (ADMIN, BOTH)}
VERIFIER = "a-verifier-nobody-can-guess-0123456789-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASK = {
    "client_id": "school-events",
    "redirect_uri": "http://localhost:3000/back",
    "response_type": "code",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "state": "s&1",
    "nonce": "n1",
}


@pytest.fixture
def port(issuer: Issuer) -> Iterator[int]:
    """The port of a running sign-in."""
    server = serve(0, issuer, PEOPLE, lambda: NOW)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with server:
        yield server.server_port
        server.shutdown()
    thread.join()


def call(port: int, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of one request; redirects are not followed."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    connection.request(method, path, urlencode(form) if form is not None else None, headers)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, dict(response.getheaders()), body


def sign_in_at(issuer: Issuer) -> SignIn:
    """The flow without HTTP, with codes that can be foretold."""
    codes = iter(f"code-{number}" for number in range(100))
    return SignIn(issuer, PEOPLE, lambda: NOW, lambda: next(codes))


def redeeming(code: str) -> dict[str, str]:
    """A good request for tokens."""
    return {
        "grant_type": "authorization_code",
        "client_id": "school-events",
        "code": code,
        "redirect_uri": ASK["redirect_uri"],
        "code_verifier": VERIFIER,
    }


def test_an_app_gets_tokens_for_the_person_picked_on_the_page(port: int, issuer: Issuer) -> None:
    status, _, page = call(port, "GET", f"/oauth2/authorize?{urlencode(ASK)}")
    assert status == 200
    assert 'value="both"' in page
    assert "O&#x27;Neill" in page
    assert "<b>" not in page
    status, headers, _ = call(port, "POST", "/oauth2/authorize", {**ASK, "person": "both"})
    assert status == 302
    back = urlsplit(headers["Location"])
    assert back.netloc == "localhost:3000"
    answer = parse_qs(back.query)
    assert answer["state"] == ["s&1"]
    status, _, body = call(port, "POST", "/oauth2/token", redeeming(answer["code"][0]))
    assert status == 200
    tokens: dict[str, Any] = json.loads(body)
    assert tokens["token_type"] == "Bearer"
    assert tokens["userId"] == BOTH.subject
    assert read(tokens["access_token"], issuer)["memberships"] == list(BOTH.memberships)
    assert read(tokens["id_token"], issuer)["nonce"] == "n1"


def read(token: str, issuer: Issuer) -> dict[str, Any]:
    """The claims of a token signed by the issuer."""
    options: Any = {"verify_exp": False, "verify_iat": False}
    claims: dict[str, Any] = jwt.decode(
        token, issuer.key.public_pem, algorithms=["RS256"], audience=issuer.audience, options=options
    )
    return claims


def test_discovery_leads_to_the_keys_that_verify_a_token(port: int, issuer: Issuer) -> None:
    document = json.loads(call(port, "GET", "/.well-known/openid-configuration")[2])
    assert document["issuer"] == issuer.url
    assert document["jwks_uri"] == f"{issuer.url}/.well-known/jwks.json"
    keys = jwt.PyJWKSet.from_dict(json.loads(call(port, "GET", "/.well-known/jwks.json")[2]))
    status, _, token = call(port, "GET", "/demo/tokens/admin")
    assert status == 200
    options: Any = {"verify_exp": False, "verify_iat": False}
    key = keys[jwt.get_unverified_header(token)["kid"]].key
    assert jwt.decode(token, key, algorithms=["RS256"], audience="school-events", options=options)["tty"] == "at"


def test_the_start_page_offers_a_token_for_everybody(port: int) -> None:
    status, headers, page = call(port, "GET", "/")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert all(f'href="/demo/tokens/{key}"' in page for key in PEOPLE)


def test_a_browser_app_on_another_port_may_ask_for_tokens(port: int) -> None:
    status, headers, _ = call(port, "OPTIONS", "/oauth2/token")
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in headers["Access-Control-Allow-Methods"]


def test_what_is_not_there_or_too_big_is_told_so(port: int) -> None:
    assert call(port, "GET", "/nowhere")[0] == 404
    assert call(port, "POST", "/nowhere", {})[0] == 404
    assert call(port, "GET", "/demo/tokens/nobody")[0] == 400
    assert call(port, "POST", "/oauth2/token", {"code": "x" * 20_000})[0] == 413


def test_a_form_without_a_length_is_refused(port: int) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/oauth2/token", method="POST")
    request.add_header("Content-Length", "many")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(request, timeout=60)
    assert refused.value.code == 411
    refused.value.close()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "other"}, "invalid_client"),
        ({"redirect_uri": "https://attacker.test/back"}, "invalid_request"),
        ({"redirect_uri": "http://localhost.attacker.test/"}, "invalid_request"),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"redirect_uri": "http://localhost:3000/#part"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_an_authorization_request_that_is_not_right_is_refused(
    change: dict[str, str], error: str, issuer: Issuer
) -> None:
    with pytest.raises(FlowError) as refused:
        sign_in_at(issuer).asked({**ASK, **change})
    assert refused.value.code == error


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": "other"}, "invalid_client"),
        ({"code": "code-9"}, "invalid_grant"),
        ({"redirect_uri": "http://localhost:3000/other"}, "invalid_grant"),
        ({"code_verifier": "another"}, "invalid_grant"),
    ],
)
def test_a_code_is_worth_nothing_to_somebody_else(change: dict[str, str], error: str, issuer: Issuer) -> None:
    flow = sign_in_at(issuer)
    flow.signed_in(flow.asked(ASK), "admin")
    with pytest.raises(FlowError) as refused:
        flow.redeem({**redeeming("code-0"), **change})
    assert refused.value.code == error


def test_a_code_works_once(issuer: Issuer) -> None:
    flow = sign_in_at(issuer)
    flow.signed_in(flow.asked(ASK), "admin")
    flow.redeem(redeeming("code-0"))
    with pytest.raises(FlowError, match="used"):
        flow.redeem(redeeming("code-0"))


def test_a_code_expires(issuer: Issuer) -> None:
    times = iter([NOW, NOW + CODE_LIFETIME])
    flow = SignIn(issuer, PEOPLE, lambda: next(times), lambda: "code-0")
    flow.signed_in(flow.asked(ASK), "admin")
    with pytest.raises(FlowError, match="expired"):
        flow.redeem(redeeming("code-0"))
    assert timedelta(minutes=1) == CODE_LIFETIME


def test_an_address_that_has_parameters_keeps_them(issuer: Issuer) -> None:
    flow = sign_in_at(issuer)
    request = flow.asked({**ASK, "redirect_uri": "http://127.0.0.1:3000/back?tab=1", "state": ""})
    assert flow.signed_in(request, "admin") == "http://127.0.0.1:3000/back?tab=1&code=code-0"


def test_a_taken_port_is_an_error_not_a_second_server(port: int, issuer: Issuer) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(port, issuer, PEOPLE)
