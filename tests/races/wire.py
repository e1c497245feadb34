"""The ways from the product's stores to the embedded AWS: a quick one, the SDK's, and the SDK's through the proxy.

On the quick one a call is sent as JSON over a connection that is kept: making requests the SDK's way, signing them and
reading the answers costs most of a race. What is struck takes the SDK's way, with everything the SDK does about faults,
through the proxy that spoils it.
"""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import local
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError

from local.aws.emulator import ACCOUNT, REGION
from tests.races.faults import HEADER, KILLS, UNANSWERED, Fate, Fault, Killed

_SIGNED = f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/dynamodb/aws4_request, SignedHeaders=host, "
_TARGET, _JSON = "DynamoDB_20120810", "application/x-amz-json-1.0"
_WRITES = frozenset({"TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem"})
_sdks_way = BaseClient._make_api_call


class Wire:
    """Carries the calls of all threads; each thread may have a fate.

    Args:
        aws_url: where the embedded AWS is.
        proxy_url: where the proxy before it is; needed by those who have a fate.
    """

    def __init__(self, aws_url: str, proxy_url: str = "") -> None:
        self._host = urlsplit(aws_url).netloc
        self._proxy_url = proxy_url
        self._mine = local()
        self._hooked: set[int] = set()

    @contextmanager
    def used(self) -> Iterator[None]:
        """Inside the block the product's calls to DynamoDB are carried by this."""

        def call(client: Any, operation: str, asked: dict[str, Any]) -> Any:
            return self._call(client, operation, asked)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BaseClient, "_make_api_call", call)
            yield

    @contextmanager
    def fated(self, fate: Fate | None) -> Iterator[None]:
        """Inside the block this thread's writes are struck as its fate wills."""
        self._mine.fate = fate
        try:
            yield
        finally:
            self._mine.fate = None

    def hook(self, client: Any) -> None:
        """Let what a client sends be spoilt; once for each client, before threads use it."""
        if id(client) not in self._hooked:
            self._hooked.add(id(client))
            client.meta.events.register("before-send.dynamodb", partial(self._spoil, client))

    def ask(self, operation: str, content: str) -> tuple[int, dict[str, Any]]:
        """Send a request that is JSON already; gives status and answer."""
        headers = {"X-Amz-Target": f"{_TARGET}.{operation}", "Authorization": _SIGNED, "Content-Type": _JSON}
        connection = self._connection()
        connection.request("POST", "/", content, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def _call(self, client: Any, operation: str, asked: dict[str, Any]) -> Any:
        fate: Fate | None = getattr(self._mine, "fate", None)
        if client.meta.service_model.service_name != "dynamodb":
            return _sdks_way(client, operation, asked)
        fault = fate.next_fault(operation) if fate is not None and operation in _WRITES else None
        if fate is None or fault is None:
            return self._quickly(client, operation, asked)
        if fault in KILLS:
            if fault is Fault.KILLED_AFTER:
                self._quickly(client, operation, asked)
            fate.strikes(fault)
            raise Killed
        self._mine.spoilt = [fault] * fate.how_often()
        try:
            return _sdks_way(client, operation, asked)
        finally:
            self._mine.spoilt = []

    def _spoil(self, client: Any, request: Any, **_: Any) -> None:
        """Let a try of the SDK's meet the fault it is to meet."""
        spoilt: list[Fault] = getattr(self._mine, "spoilt", [])
        if not spoilt:
            return
        fault = spoilt.pop()
        self._mine.fate.strikes(fault)
        if fault in UNANSWERED:
            if fault is Fault.TIMED_OUT_DONE:
                client._endpoint.http_session.send(request)
            raise ReadTimeoutError(endpoint_url=request.url)
        request.url = f"{self._proxy_url}/"
        request.headers[HEADER] = fault.value

    def _quickly(self, client: Any, operation: str, asked: dict[str, Any]) -> Any:
        status, told = self.ask(operation, json.dumps(asked))
        metadata = {"ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0}}
        if status < 300:
            return told | metadata
        code = told.get("__type", "").rsplit("#")[-1]
        error = {"Error": {"Code": code, "Message": told.get("message", told.get("Message", ""))}}
        raise client.exceptions.from_code(code)(told | metadata | error, operation)

    def _connection(self) -> http.client.HTTPConnection:
        """This thread's own."""
        found: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if found is None:
            found = self._mine.connection = http.client.HTTPConnection(self._host)
        return found
