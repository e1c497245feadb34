"""A caller of the HTTP API and of the local Stripe's pages, as an app or a browser is: standard library only."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

_SECONDS = 40


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        status: the HTTP status.
        headers: by lower-case name.
        body: as it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def call(
    method: str,
    url: str,
    *,
    token: str | None = None,
    body: object = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Make one request; redirects are not followed.

    Args:
        method: the HTTP method.
        url: a whole address.
        token: an access token, sent as a bearer.
        body: sent as JSON; bytes are sent as they are.
        form: sent as a browser sends a form, instead of a body.
        headers: further headers.
    """
    parts = urlsplit(url)
    sent = {"accept": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    content: bytes | None = None
    if form is not None:
        content, sent["content-type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
    elif body is not None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent["content-type"] = "application/json"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request(method, target, content, {**sent, **(headers or {})})
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()
