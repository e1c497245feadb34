"""Cursors of paged lists: a position, signed, good for one list of one school only.

A position holds ids, instants and states; never a name (a cursor ends up in addresses and logs).
"""

import base64
import binascii
import hashlib
import hmac
import json

from school_events.core import aws, settings
from school_events.core.errors import Invalid

_SIGNATURE_BYTES = 16


def seal(position: dict[str, str], scope: str, *, key: bytes | None = None) -> str:
    """The cursor of a position.

    Args:
        position: where the next page starts.
        scope: the list it belongs to, such as ``{school}/events``.
        key: the signing key; the deployment's own if not given.
    """
    content = json.dumps(position, separators=(",", ":"), sort_keys=True).encode()
    signature = _sign(content, scope, key or _key())
    return base64.urlsafe_b64encode(signature + content).decode().rstrip("=")


def open_cursor(cursor: str, scope: str, *, key: bytes | None = None) -> dict[str, str]:
    """The position a cursor names.

    Raises:
        Invalid: it is not a cursor of this list.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error):
        raise _not_ours() from None
    signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _sign(content, scope, key or _key())):
        raise _not_ours()
    position: dict[str, str] = json.loads(content)
    return position


def _sign(content: bytes, scope: str, key: bytes) -> bytes:
    return hmac.new(key, scope.encode() + b"\n" + content, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _key() -> bytes:
    return str(aws.secret(settings.required("CURSOR_SECRET"))["key"]).encode()


def _not_ours() -> Invalid:
    return Invalid.of("cursor", "is not a cursor of this list")
