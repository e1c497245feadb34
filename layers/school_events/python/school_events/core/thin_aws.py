"""Calls to AWS without botocore, whose import is most of a cold start: for the webhook's function (PERFORMANCE.md P1).

Services that take JSON by POST only, with credentials that Lambda puts into the environment. Requests are signed by
Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), which
is held against botocore's. Only the standard library is imported.
"""

import hashlib
import hmac
import json
import os
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from school_events.core.kept_secrets import AT_MOST, AT_MOST_IF_DOUBTED, KeptSecrets, read

SECONDS, ATTEMPTS = 2, 2
"""How long connecting may take, and answering, and how often both are tried (test_time_outs)."""

_SPOKEN = {"secretsmanager": "application/x-amz-json-1.1", "sqs": "application/x-amz-json-1.0"}
_secrets: KeptSecrets = {}
_connections: dict[str, HTTPConnection] = {}


class NotAnswered(Exception):
    """AWS refused, or did not answer in time."""


def ask(service: str, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Have AWS do something that may as well be done twice.

    Args:
        service: as it is signed: ``sqs`` or ``secretsmanager``.
        operation: with its family, as AWS names it: ``AmazonSQS.SendMessage``.
        asked: its parameters.

    Raises:
        NotAnswered: it was refused, or not answered in time, again and again.
    """
    why = ""
    for _ in range(ATTEMPTS):
        try:
            status, body = _post(service, operation, json.dumps(asked).encode())
        except (OSError, HTTPException) as error:
            why = type(error).__name__
            continue
        if status == 200:
            answer: dict[str, Any] = json.loads(body)
            return answer
        why = str(status)
    raise NotAnswered(why)


def _post(service: str, operation: str, body: bytes) -> tuple[int, bytes]:
    url = urlsplit(_endpoint(service))
    connection = _connections.pop(url.netloc, None) or _connect(url.scheme, url.netloc)
    headers = {"content-type": _SPOKEN[service], "host": url.netloc, "x-amz-target": operation}
    try:
        connection.request("POST", "/", body, signed(service, headers, body, time.time()))
        answer = connection.getresponse()
        read_body = answer.read()
    except BaseException:
        connection.close()
        raise
    _connections[url.netloc] = connection
    return answer.status, read_body


def _connect(scheme: str, host: str) -> HTTPConnection:
    kind = HTTPSConnection if scheme == "https" else HTTPConnection
    return kind(host, timeout=SECONDS)


def _endpoint(service: str) -> str:
    return os.environ.get("AWS_ENDPOINT_URL") or f"https://{service}.{_region()}.amazonaws.com"


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]


def signed(service: str, headers: dict[str, str], body: bytes, now: float) -> dict[str, str]:
    """The headers of a POST to ``/`` with what proves who sends it.

    Args:
        service: as it is signed.
        headers: by their names in lower case; all of them are signed.
        body: what is sent.
        now: the present instant, seconds since the epoch.
    """
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    token = os.environ.get("AWS_SESSION_TOKEN")
    headers = headers | {"x-amz-date": at} | ({"x-amz-security-token": token} if token else {})
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{at[:8]}/{_region()}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    proof = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers | {"authorization": proof}


def send(queue_url: str, message: dict[str, Any]) -> None:
    """Put a message into a queue, once or twice.

    Raises:
        NotAnswered: the queue cannot be reached.
    """
    ask("sqs", "AmazonSQS.SendMessage", {"QueueUrl": queue_url, "MessageBody": json.dumps(message)})


def secret(name: str) -> dict[str, Any]:
    """A secret's JSON content, as ``core.aws.secret`` gives it.

    Raises:
        NotAnswered: Secrets Manager cannot be reached.
    """
    return read(_secrets, name, AT_MOST, _fetch)


def newer_secret(name: str) -> dict[str, Any]:
    """The same at most a few seconds old, as ``core.aws.newer_secret`` gives it. Raises as above."""
    return read(_secrets, name, AT_MOST_IF_DOUBTED, _fetch)


def _fetch(name: str) -> str:
    return str(ask("secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": name})["SecretString"])
