"""Webhook signatures as Stripe makes them (https://docs.stripe.com/webhooks#verify-manually), right and wrong ones."""

import hashlib
import hmac
from enum import StrEnum


class Signature(StrEnum):
    """How a delivery is signed."""

    GOOD = "good"
    FORGED = "forged"
    STALE = "stale"
    FUTURE = "future"
    ALTERED = "altered"
    MISSING = "missing"


_OFF = 600  # seconds a stale or future signature is off; receivers allow 300


def header(payload: bytes, secret: str, instant: int) -> str:
    """The `Stripe-Signature` of a payload at an instant (epoch seconds)."""
    digest = hmac.new(secret.encode(), f"{instant}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={instant},v1={digest}"


def signed(payload: bytes, secret: str, instant: int, how: Signature) -> tuple[bytes, str | None]:
    """The payload to send and its header, deliberately wrong unless `how` is good."""
    match how:
        case Signature.FORGED:
            return payload, header(payload, f"{secret}x", instant)
        case Signature.STALE:
            return payload, header(payload, secret, instant - _OFF)
        case Signature.FUTURE:
            return payload, header(payload, secret, instant + _OFF)
        case Signature.ALTERED:
            return payload + b" ", header(payload, secret, instant)
        case Signature.MISSING:
            return payload, None
        case Signature.GOOD:
            return payload, header(payload, secret, instant)
