"""Stripe's webhooks: whatever does not prove that it comes from Stripe, now, is refused and nothing is queued."""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import pytest

from functions.stripe_webhook import handler
from school_events.core import aws
from tests.support.http_events import LambdaContext, http_event
from tests.support.tables import messages

pytestmark = pytest.mark.usefixtures("tables")

SECRET = "whsec_test"
OLD, NEW = "whsec_old", "whsec_new"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "account": "acct_1",
    "livemode": False,
    "data": {"object": {"id": "cs_1", "metadata": {"payment_id": "payment_1", "school_id": "school-1"}}},
}
BODY = json.dumps(EVENT, separators=(",", ":")).encode()
NOW = 1_795_000_000


def signature(body: bytes = BODY, *, at: int = NOW, secrets: tuple[str, ...] = (SECRET,), scheme: str = "v1") -> str:
    """A ``Stripe-Signature`` header as Stripe makes it."""
    signed = f"{at}.".encode() + body
    made = [f"{scheme}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}" for secret in secrets]
    return ",".join([f"t={at}", *made])


@dataclass(frozen=True)
class Sent:
    """A webhook on its way: its body, its header (none at all if None), and how API Gateway hands it over."""

    header: str | None = signature()
    body: bytes | str = BODY
    base64: bool = False


def _answer(sent: Sent) -> dict[str, Any]:
    event = http_event("POST /v1/webhooks/stripe", roles=())
    body = sent.body.decode("utf-8", "surrogateescape") if isinstance(sent.body, bytes) else sent.body
    if sent.base64 and isinstance(sent.body, bytes):
        body = base64.b64encode(sent.body).decode()
    event["body"], event["isBase64Encoded"] = body, sent.base64
    if sent.header is not None:
        event["headers"]["Stripe-Signature"] = sent.header
    return handler.lambda_handler(event, LambdaContext())


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))


def _body(**others: object) -> bytes:
    return json.dumps(EVENT | others).encode()


_LIVE, _NO_EVENT, _NOT_UTF8 = _body(livemode=True), b"[1, 2]", BODY.replace(b"cs_1", b"cs_\xff")
_ALTERED = BODY.replace(b"payment_1", b"payment_2")
_RESERIALISED = json.dumps(EVENT).encode()

BAD = {
    "no header": Sent(None),
    "an empty header": Sent(""),
    "a header of something else": Sent("Bearer abc"),
    "forged with another secret": Sent(signature(secrets=("whsec_other",))),
    "signed with an empty secret": Sent(signature(secrets=("",))),
    "an altered body": Sent(signature(), _ALTERED),
    "the same event written anew": Sent(signature(), _RESERIALISED),
    "a body with a space at the end": Sent(signature(), BODY + b" "),
    "no body": Sent(signature(), b""),
    "signed 301 seconds ago": Sent(signature(at=NOW - 301)),
    "signed 301 seconds ahead": Sent(signature(at=NOW + 301)),
    "a timestamp moved to now": Sent(signature(at=NOW - 900).replace(f"t={NOW - 900}", f"t={NOW}")),
    "no timestamp": Sent(signature().split(",", 1)[1]),
    "a timestamp that is no number": Sent(signature().replace(f"t={NOW}", "t=now")),
    "a timestamp in other digits": Sent(signature().replace(f"t={NOW}", "t=١٧٩٥")),
    "a timestamp of five thousand digits": Sent(signature().replace(f"t={NOW}", "t=" + "9" * 5000)),
    "a negative timestamp": Sent(signature().replace(f"t={NOW}", f"t=-{NOW}")),
    "the old scheme only": Sent(signature(scheme="v0")),
    "a signature that is not ASCII": Sent(f"t={NOW},v1=ü"),
    "more signatures than Stripe ever sends": Sent(signature(secrets=("a",) * 50 + (SECRET,))),
    "signed, but not UTF-8": Sent(signature(_NOT_UTF8), _NOT_UTF8, base64=True),
    "half a surrogate": Sent(signature(), "\ud800"),
    "signed, but no JSON": Sent(signature(b"{"), b"{"),
    "signed, but no event": Sent(signature(_NO_EVENT), _NO_EVENT),
    "signed, but of the other mode": Sent(signature(_LIVE), _LIVE),
    "signed, but of no mode": Sent(signature(_body(livemode=None)), _body(livemode=None)),
    "base64 that is none": Sent(signature(), "%%%", base64=True),
    "base64 that is not ASCII": Sent(signature(), "ü", base64=True),
    "base64 not said to be": Sent(signature(), base64.b64encode(BODY)),
}


@pytest.mark.parametrize("sent", BAD.values(), ids=list(BAD))
def test_what_does_not_prove_itself_is_refused_and_nothing_is_queued(sent: Sent) -> None:
    answer = _answer(sent)
    assert answer["statusCode"] == 400
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert json.loads(answer["body"])["type"] == "urn:school-events:problem:bad-signature"
    assert messages("stripe-events") == []


GOOD = {
    "as Stripe sends it": Sent(),
    "as base64": Sent(base64=True),
    "with a further scheme": Sent(f"{signature()},v0=abc"),
    "with a second signature, during a rotation at Stripe": Sent(signature(secrets=("whsec_next", SECRET))),
    "signed 300 seconds ago": Sent(signature(at=NOW - 300)),
    "signed 300 seconds ahead": Sent(signature(at=NOW + 300)),
    "with spaces after the commas": Sent(signature().replace(",", ", ")),
}


@pytest.mark.parametrize("sent", GOOD.values(), ids=list(GOOD))
def test_what_comes_from_stripe_is_queued_by_ids_only(sent: Sent) -> None:
    assert _answer(sent)["statusCode"] == 200
    assert messages("stripe-events") == [
        {
            "event_id": "evt_1",
            "type": "checkout.session.completed",
            "account": "acct_1",
            "object_id": "cs_1",
            "payment_id": "payment_1",
        }
    ]


@pytest.mark.parametrize(("secret", "status"), [(OLD, 200), (NEW, 200), (SECRET, 400)])
def test_while_secrets_rotate_both_are_good_and_no_other(secret: str, status: int) -> None:
    content = json.dumps({"signing_secrets": [OLD, NEW], "livemode": False})
    aws.client("secretsmanager").put_secret_value(SecretId="stripe-webhook", SecretString=content)
    aws._secret.cache_clear()
    assert _answer(Sent(signature(secrets=(secret,))))["statusCode"] == status
    assert len(messages("stripe-events")) == (1 if status == 200 else 0)


def test_a_test_event_is_refused_where_real_money_moves() -> None:
    content = json.dumps({"signing_secrets": [SECRET], "livemode": True})
    aws.client("secretsmanager").put_secret_value(SecretId="stripe-webhook", SecretString=content)
    aws._secret.cache_clear()
    assert _answer(Sent())["statusCode"] == 400
    assert _answer(Sent(signature(_LIVE), _LIVE))["statusCode"] == 200


def test_a_refusal_says_nothing_of_what_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _answer(Sent(signature(), _ALTERED))
    assert "payment_2" not in answer["body"] + capsys.readouterr().out


def test_the_function_starts_without_stripes_sdk_and_without_tables() -> None:
    loaded = "import sys; import functions.stripe_webhook.handler; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)  # noqa: S603
    assert not {"stripe", "pynamodb", "pydantic"} & set(done.stdout.split())
