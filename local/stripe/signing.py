"""Webhook signatures as Stripe makes them (https://docs.stripe.com/webhooks#verify-manually), right and wrong ones."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from enum import StrEnum


class Signature(StrEnum):
    """How a delivery is signed.

    All but `good` have to be refused; of them `reserialised` is the same JSON in other bytes, `old_scheme` is signed by
    the scheme ``v0`` alone, and `not_text` is a body that is no UTF-8, signed well.
    """

    GOOD = "good"
    FORGED = "forged"
    STALE = "stale"
    FUTURE = "future"
    ALTERED = "altered"
    MISSING = "missing"
    RESERIALISED = "reserialised"
    OLD_SCHEME = "old_scheme"
    NOT_TEXT = "not_text"


# seconds a signature is off; receivers allow 300
_OFF = {Signature.STALE: -600, Signature.FUTURE: 600}


def header(payload: bytes, secret: str, instant: int, *older: str, scheme: str = "v1") -> str:
    """The `Stripe-Signature` of a payload at an instant (epoch seconds), with a signature by each live secret."""
    signatures = [f"{scheme}={_digest(payload, one, instant)}" for one in (secret, *older)]
    return ",".join([f"t={instant}", *signatures])


def _digest(payload: bytes, secret: str, instant: int) -> str:
    return hmac.new(secret.encode(), f"{instant}.".encode() + payload, hashlib.sha256).hexdigest()


def signed(payload: bytes, secrets: Sequence[str], instant: int, how: Signature) -> tuple[bytes, str | None]:
    """The payload to send and its header, deliberately wrong unless `how` is good."""
    sent, covered = _bodies(payload, how)
    return sent, None if how is Signature.MISSING else _header(covered, secrets, instant, how)


def _bodies(payload: bytes, how: Signature) -> tuple[bytes, bytes]:
    """What is sent, and what its signature covers."""
    match how:
        case Signature.ALTERED:
            return payload + b" ", payload
        case Signature.RESERIALISED:
            return json.dumps(json.loads(payload)).encode(), payload
        case Signature.NOT_TEXT:
            return b"\xff" + payload, b"\xff" + payload
        case _:
            return payload, payload


def _header(payload: bytes, secrets: Sequence[str], instant: int, how: Signature) -> str:
    newest, *older = secrets
    match how:
        case Signature.FORGED:
            return header(payload, f"{newest}x", instant)
        case Signature.OLD_SCHEME:
            return header(payload, newest, instant, scheme="v0")
        case _:
            return header(payload, newest, instant + _OFF.get(how, 0), *older)
