"""Stripe's webhook signature, checked without the SDK (PAYMENTS.md "Webhook").

Scheme: https://docs.stripe.com/webhooks#verify-manually. Beyond Stripe's own helper, a timestamp in the future is
refused as one in the past is, and a body that is not UTF-8 is refused instead of crashing.
Only the standard library is imported: the webhook's function starts in a fraction of what the SDK takes.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from school_events.payments.events.queued import text

TOLERANCE_SECONDS = 300
_MOST_SIGNATURES = 10
_MOST_DIGITS = 12
_MOST_BYTES = 1_000_000
"""Far more than an event of Stripe's; what is longer is not even hashed."""


class BadSignature(Exception):
    """The webhook does not prove that it comes from Stripe."""


class NoSecretMatches(BadSignature):
    """It is signed, now, by none of the secrets given: it is forged or altered, or the secrets are out of date."""


def signers(body: bytes, header: str, secrets: Mapping[str, Iterable[str]], now: float) -> frozenset[str]:
    """Whose secrets a webhook's body is signed with.

    Args:
        body: the raw body, as it arrived.
        header: ``Stripe-Signature``.
        secrets: the signing secrets in use, by the endpoint they are of; several of one during a rotation.
        now: the present instant, seconds since the epoch.

    Returns:
        The names of the endpoints; never none.

    Raises:
        NoSecretMatches: it is signed by none of them.
        BadSignature: it is not signed now, or not as Stripe signs.
    """
    if len(body) > _MOST_BYTES:
        raise BadSignature("the body is too large")
    timestamp, signatures = _parse(header)
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise BadSignature("signed too long ago, or in the future")
    signed = f"{timestamp}.".encode() + body
    found = frozenset(name for name, some in secrets.items() if any(_matches(one, signed, signatures) for one in some))
    if not found:
        raise NoSecretMatches("no signature matches")
    return found


def _matches(secret: str, signed: bytes, signatures: list[str]) -> bool:
    if not secret:
        return False
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, given) for given in signatures)


def _parse(header: str) -> tuple[int, list[str]]:
    timestamps: list[int] = []
    signatures: list[str] = []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS:
            timestamps.append(int(value))
        elif name == "v1" and value.isascii():
            signatures.append(value)
    if len(timestamps) != 1 or not 0 < len(signatures) <= _MOST_SIGNATURES:
        raise BadSignature("the header is not Stripe's")
    return timestamps[0], signatures


def event_of(body: bytes) -> dict[str, Any]:
    """The event in a body whose signature has been checked.

    Raises:
        BadSignature: there is none.
    """
    try:
        event = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise BadSignature("the body is not JSON") from None
    if not isinstance(event, dict) or event.get("object") != "event":
        raise BadSignature("the body is no event")
    if text(event, "id") is None or text(event, "type") is None:
        raise BadSignature("the event has no id or no type")
    return event
