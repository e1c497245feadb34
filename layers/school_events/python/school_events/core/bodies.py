"""The body of a request: its size, its type and its JSON, looked at before anything is made of it (I6)."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from school_events.core.errors import Invalid, TooLarge, UnsupportedMediaType

MOST_BYTES = 256 * 1024
MEDIA_TYPE = "application/json"


def checked(event: Mapping[str, Any]) -> dict[str, Any]:
    """The body and headers of an HTTP API (payload 2.0) event, as the resolver can take them.

    Header names come in any case and so do media types; a body may come in base64.

    Returns:
        ``headers`` by lower-case name, ``body`` as text or ``None``, and ``isBase64Encoded``, which is false.

    Raises:
        TooLarge: the body has more than 256 KB.
        UnsupportedMediaType: there is a body, and it does not say that it is JSON.
        Invalid: the body is no text.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    body = event.get("body") or ""
    content = _decoded(body) if event.get("isBase64Encoded") else body.encode(errors="surrogatepass")
    if len(content) > MOST_BYTES:
        raise TooLarge(f"A body has at most {MOST_BYTES // 1024} KB")
    media_type = str(headers.get("content-type", "")).split(";")[0].strip().lower()
    if content and media_type != MEDIA_TYPE:
        raise UnsupportedMediaType
    return {
        "headers": headers | {"content-type": MEDIA_TYPE},
        "body": _text(content) or None,
        "isBase64Encoded": False,
    }


def from_json(text: str) -> Any:
    """What a body says.

    Raises:
        Invalid: it is not JSON, holds what is no text, or is nested or has numbers beyond anything we know.
    """
    try:
        content = json.loads(text, parse_constant=_no_number)
        if "\\u" in text:
            # Half a surrogate pair can be written in JSON, but it is no character and nothing can store it.
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise _unreadable() from None
    return content


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise _unreadable() from None


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _unreadable() from None


def _no_number(_constant: str) -> NoReturn:
    """``NaN`` and ``Infinity`` are not JSON, whatever Python thinks."""
    raise ValueError


def _unreadable() -> Invalid:
    return Invalid.of("body", "is not valid JSON")
