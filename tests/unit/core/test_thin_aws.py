"""Calls to AWS without botocore: signed as botocore signs them, tried again, given up in time."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import time_machine
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from school_events.core import thin_aws
from school_events.core.thin_aws import NotAnswered

QUEUE = "https://sqs.eu-west-2.amazonaws.com/123456789012/stripe-events"
_INSTANTS = st.integers(0, 4_000_000_000)
_TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


class Service:
    """AWS on the loopback interface: what it was asked, and what it answers before every later 200."""

    def __init__(self, statuses: list[int]) -> None:
        """Answer with these statuses first."""
        self.statuses = statuses
        self.asked: list[tuple[dict[str, str], Any]] = []
        self.hangs_up = False


@contextmanager
def _serving(service: Service) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.asked.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            answer = json.dumps({"SecretString": '{"livemode": false}'}).encode()
            self.send_response(service.statuses.pop(0) if service.statuses else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
            self.close_connection = service.hangs_up

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """An AWS that answers well."""
    one = Service([])
    with _serving(one) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield one
        for connection in thin_aws._connections.values():
            connection.close()
        thin_aws._connections.clear()
        thin_aws._secrets.clear()


@given(at=_INSTANTS, body=st.binary(max_size=300), target=_TEXTS, key=_TEXTS, token=st.none() | _TEXTS)
def test_a_request_is_signed_as_botocore_signs_it(
    at: int, body: bytes, target: str, key: str, token: str | None
) -> None:
    headers = {"content-type": "application/x-amz-json-1.0", "host": "sqs.eu-west-2.amazonaws.com"}
    headers["x-amz-target"] = target
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(datetime.fromtimestamp(at, UTC), tick=False):
        patch.setenv("AWS_SECRET_ACCESS_KEY", key)
        patch.setenv("AWS_SESSION_TOKEN", token or "")
        theirs = AWSRequest("POST", "https://sqs.eu-west-2.amazonaws.com/", headers, body)
        SigV4Auth(Credentials("testing", key, token), "sqs", "eu-west-2").add_auth(theirs)
        ours = thin_aws.signed("sqs", headers, body, at)
    assert ours["authorization"] == theirs.headers["Authorization"]
    assert ours == {name.lower(): value for name, value in theirs.headers.items()}


def test_a_message_is_sent_as_sqs_takes_it(service: Service) -> None:
    thin_aws.send(QUEUE, {"event_id": "evt_1"})
    ((headers, asked),) = service.asked
    assert asked == {"QueueUrl": QUEUE, "MessageBody": '{"event_id": "evt_1"}'}
    assert (headers["x-amz-target"], headers["content-type"]) == ("AmazonSQS.SendMessage", "application/x-amz-json-1.0")
    assert "/eu-west-2/sqs/aws4_request" in headers["authorization"]


def test_a_secret_is_read_once_and_kept(service: Service) -> None:
    for _ in range(3):
        assert thin_aws.secret("stripe-webhook") == {"livemode": False}
        assert thin_aws.newer_secret("stripe-webhook") == {"livemode": False}
    ((headers, asked),) = service.asked
    assert asked == {"SecretId": "stripe-webhook"}
    assert headers["x-amz-target"] == "secretsmanager.GetSecretValue"


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_what_is_refused_once_is_asked_again(service: Service, status: int) -> None:
    service.statuses = [status]
    thin_aws.send(QUEUE, {})
    assert len(service.asked) == 2


def test_what_is_always_refused_is_given_up(service: Service) -> None:
    service.statuses = [503] * 9
    with pytest.raises(NotAnswered, match="503"):
        thin_aws.send(QUEUE, {})
    assert len(service.asked) == 2


def test_a_connection_is_kept_and_made_again_once_it_was_closed(service: Service) -> None:
    thin_aws.send(QUEUE, {})
    (kept,) = thin_aws._connections.values()
    thin_aws.send(QUEUE, {})
    assert list(thin_aws._connections.values()) == [kept]
    assert kept.sock is not None
    kept.sock.shutdown(socket.SHUT_RDWR)
    thin_aws.send(QUEUE, {})
    assert len(service.asked) == 3


def test_what_does_not_answer_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(thin_aws, "SECONDS", 0.05)
        with pytest.raises(NotAnswered, match="TimeoutError"):
            thin_aws.send(QUEUE, {})


def test_without_an_address_of_its_own_a_service_is_asked_in_our_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    assert thin_aws._endpoint("sqs") == "https://sqs.eu-west-2.amazonaws.com"


def test_nothing_but_the_standard_library_is_loaded() -> None:
    loaded = "import sys; import school_events.core.thin_aws; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)  # noqa: S603
    assert not {"botocore", "boto3", "urllib3", "pydantic"} & set(done.stdout.split())
