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
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.stripe_webhook import handler
from school_events.core import aws, thin_aws
from tests.support.http_events import LambdaContext, http_event
from tests.support.tables import messages

pytestmark = pytest.mark.usefixtures("tables")

SECRET, PLATFORM = "whsec_test", "whsec_platform"
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


@pytest.fixture(autouse=True)
def _secrets(tables: None) -> None:
    _set_secrets(SECRET, platform=[PLATFORM])


def _set_secrets(*connect: str, platform: list[str] | None = None, livemode: bool = False, seen: bool = True) -> None:
    """Fill the secret; unless it is not seen yet, no process remembers what it was."""
    content = {"signing_secrets": connect, "platform_signing_secrets": platform or [], "livemode": livemode}
    aws.client("secretsmanager").put_secret_value(SecretId="stripe-webhook", SecretString=json.dumps(content))
    if seen:
        thin_aws._secrets.clear()


def _after(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass in this process."""
    then = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: then)


def _body(**others: object) -> bytes:
    return json.dumps(EVENT | others).encode()


_LIVE, _NO_EVENT, _NOT_UTF8 = _body(livemode=True), b"[1, 2]", BODY.replace(b"cs_1", b"cs_\xff")
_OF_NOBODY, _NO_ID, _LONG_ID = _body(account=None), _body(id=None), _body(id="e" * 300)
_DEEP, _HUGE = b"[" * 200_000, json.dumps(EVENT | {"more": "x" * 1_000_000}).encode()
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
    "signed, but nested without end": Sent(signature(_DEEP), _DEEP),
    "signed, but a megabyte": Sent(signature(_HUGE), _HUGE),
    "signed, but an event without an id": Sent(signature(_NO_ID), _NO_ID),
    "signed, but its id is no id": Sent(signature(_LONG_ID), _LONG_ID),
    "a school's event, signed for the platform": Sent(signature(secrets=(PLATFORM,))),
    "the platform's event, signed for the schools": Sent(signature(_OF_NOBODY), _OF_NOBODY),
    "two timestamps": Sent(f"t={NOW},{signature()}"),
    "garbage": Sent("\x00=,,=t=v1" * 500, b"\x00"),
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
            "charge_id": None,
            "payment_id": "payment_1",
        }
    ]


ODD: dict[str, object] = {
    "no data": None,
    "data that is a list": [EVENT],
    "an object that is a text": {"object": "cs_1"},
    "metadata that is a text": {"object": {"id": "cs_1", "metadata": "payment_1"}},
    "ids that are numbers": {"object": {"id": 1, "charge": 2, "metadata": {"payment_id": 3}}},
    "ids that are too long": {"object": {"id": "c" * 300, "charge": "c" * 300, "metadata": {"payment_id": "p" * 300}}},
}


@pytest.mark.parametrize("data", ODD.values(), ids=list(ODD))
def test_what_an_event_is_about_is_an_id_or_nothing(data: object) -> None:
    body = _body(data=data)
    assert _answer(Sent(signature(body), body))["statusCode"] == 200
    (queued,) = messages("stripe-events")
    assert queued["event_id"] == "evt_1"
    assert {queued["charge_id"], queued["payment_id"]} == {None}


def test_a_dispute_is_queued_with_the_charge_it_is_about() -> None:
    body = _body(type="charge.dispute.created", data={"object": {"id": "dp_1", "charge": "ch_1", "metadata": {}}})
    assert _answer(Sent(signature(body), body))["statusCode"] == 200
    (queued,) = messages("stripe-events")
    assert (queued["object_id"], queued["charge_id"], queued["payment_id"]) == ("dp_1", "ch_1", None)


def test_the_platforms_own_endpoint_has_its_own_secret() -> None:
    assert _answer(Sent(signature(_OF_NOBODY, secrets=(PLATFORM,)), _OF_NOBODY))["statusCode"] == 200
    (queued,) = messages("stripe-events")
    assert queued["account"] is None


def test_without_a_platform_endpoint_the_secret_needs_none_of_its_own() -> None:
    content = json.dumps({"signing_secrets": [SECRET], "livemode": False})
    aws.client("secretsmanager").put_secret_value(SecretId="stripe-webhook", SecretString=content)
    thin_aws._secrets.clear()
    assert _answer(Sent())["statusCode"] == 200
    assert _answer(Sent(signature(_OF_NOBODY, secrets=(PLATFORM,)), _OF_NOBODY))["statusCode"] == 400


def test_a_secret_that_is_empty_still_is_nobodys_secret() -> None:
    _set_secrets("", platform=[""])
    assert _answer(Sent(signature(secrets=("",))))["statusCode"] == 400
    assert messages("stripe-events") == []


@pytest.mark.parametrize(("secret", "status"), [(OLD, 200), (NEW, 200), (SECRET, 400)])
def test_while_secrets_rotate_both_are_good_and_no_other(secret: str, status: int) -> None:
    _set_secrets(OLD, NEW)
    assert _answer(Sent(signature(secrets=(secret,))))["statusCode"] == status
    assert len(messages("stripe-events")) == (1 if status == 200 else 0)


def test_the_first_webhook_after_a_rotation_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has been running for a minute has the old secret still."""
    assert _answer(Sent())["statusCode"] == 200
    _set_secrets(NEW, seen=False)
    _after(60, monkeypatch)
    assert _answer(Sent(signature(secrets=(NEW,))))["statusCode"] == 200
    assert _answer(Sent(signature(secrets=(SECRET,))))["statusCode"] == 400
    assert len(messages("stripe-events")) == 2


def test_forgeries_cannot_make_us_ask_for_the_secret_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Mock(side_effect=aws.client("secretsmanager").get_secret_value)
    monkeypatch.setattr(aws.client("secretsmanager"), "get_secret_value", asked)
    for times in (1, 2):
        for _ in range(20):
            assert _answer(Sent(signature(secrets=("whsec_forged",))))["statusCode"] == 400
        assert asked.call_count == times
        _after(6, monkeypatch)


def test_a_live_endpoint_hears_of_test_events_too_and_leaves_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Stripe sends both to it (docs.stripe.com/connect/webhooks), and would switch it off if it kept refusing."""
    _set_secrets(SECRET, livemode=True)
    answer = _answer(Sent())
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"received": False})
    assert messages("stripe-events") == []
    assert '"WebhookOfOtherMode": 1' in capsys.readouterr().out
    assert _answer(Sent(signature(_LIVE), _LIVE))["statusCode"] == 200
    assert len(messages("stripe-events")) == 1


@pytest.mark.parametrize("mode", [True, None, "false", 0])
def test_no_event_of_another_mode_is_queued(mode: object) -> None:
    body = _body(livemode=mode)
    _answer(Sent(signature(body), body))
    assert messages("stripe-events") == []


OUTAGES = {
    "refused": ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage"),
    "unreachable": EndpointConnectionError(endpoint_url="https://sqs"),
}


@pytest.mark.parametrize("service", ["sqs", "secretsmanager"])
@pytest.mark.parametrize("outage", OUTAGES.values(), ids=list(OUTAGES))
def test_what_cannot_be_queued_is_refused_so_that_stripe_sends_it_again(
    service: str, outage: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise outage

    with monkeypatch.context() as broken:
        broken.setattr(aws.client(service), "send_message" if service == "sqs" else "get_secret_value", fail)
        answer = _answer(Sent())
    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["type"] == "urn:school-events:problem:try-again"
    assert '"WebhookNotQueued": 1' in capsys.readouterr().out
    assert _answer(Sent())["statusCode"] == 200
    assert len(messages("stripe-events")) == 1


def test_a_refusal_says_nothing_of_what_was_sent_and_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _answer(Sent(signature(), _ALTERED))
    told = capsys.readouterr().out
    assert "payment_2" not in answer["body"] + told
    counted = json.loads(told)
    (metrics,) = counted["_aws"]["CloudWatchMetrics"]
    assert metrics == {
        "Namespace": "SchoolEvents",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "WebhookRefused", "Unit": "Count"}],
    }
    assert (counted["service"], counted["WebhookRefused"]) == ("stripe_webhook", 1)


def test_the_function_starts_without_stripes_sdk_and_without_botocore() -> None:
    loaded = "import sys; import functions.stripe_webhook.handler; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)  # noqa: S603
    assert not {"stripe", "botocore", "pynamodb", "pydantic", "aws_lambda_powertools"} & set(done.stdout.split())
