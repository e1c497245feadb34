"""Stripe's webhooks: signature checked, one message queued, answered; in a few milliseconds, without Stripe's SDK.

Nothing of the body is believed but the ids of what to look at: the worker asks Stripe for the rest.
"""

import base64
import json
import time
from typing import Any

from school_events.core import settings, thin_aws
from school_events.payments.events.queued import ids_of
from school_events.payments.signature import BadSignature, NoSecretMatches, event_of, signers

_CONNECT, _PLATFORM = "connect", "platform"


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Take in one webhook.

    Returns:
        200 once it is queued, or is not for this stage; 400 if it does not prove that it comes from Stripe, and 503
        while it cannot be queued: nothing is written then, and Stripe sends it again.
    """
    try:
        return _taken_in(event)
    except BadSignature as error:
        _count("WebhookRefused", str(error))
        return _refused(400, "bad-signature", str(error))
    except thin_aws.NotAnswered as error:
        _count("WebhookNotQueued", str(error))
        return _refused(503, "try-again", "The event could not be queued")


def _taken_in(event: dict[str, Any]) -> dict[str, Any]:
    secret, stripe_event = _verified(event)
    if stripe_event.get("livemode") is not secret["livemode"]:
        # Stripe sends a live Connect endpoint its accounts' test events too (docs.stripe.com/connect/webhooks), and
        # gives up on an endpoint that keeps refusing.
        _count("WebhookOfOtherMode", "an event of the other mode")
        return _answer(200, {"received": False})
    thin_aws.send(settings.required("STRIPE_EVENTS_QUEUE_URL"), ids_of(stripe_event))
    return _answer(200, {"received": True})


def _verified(event: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The secret that was good for it, and Stripe's event."""
    body, name = _body(event), settings.required("STRIPE_WEBHOOK_SECRET")
    header = {key.lower(): value for key, value in (event.get("headers") or {}).items()}.get("stripe-signature", "")
    secret, now = thin_aws.secret(name), time.time()
    try:
        found = signers(body, header, _secrets_in(secret), now)
    except NoSecretMatches:
        secret = thin_aws.newer_secret(name)
        found = signers(body, header, _secrets_in(secret), now)
    stripe_event = event_of(body)
    if (_PLATFORM if stripe_event.get("account") is None else _CONNECT) not in found:
        raise BadSignature("signed with the secret of the other endpoint")
    return secret, stripe_event


def _secrets_in(secret: dict[str, Any]) -> dict[str, list[str]]:
    return {_CONNECT: secret["signing_secrets"], _PLATFORM: secret.get("platform_signing_secrets", [])}


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else str(body).encode()
    except ValueError:
        raise BadSignature("the body cannot be read") from None


def _refused(status: int, slug: str, title: str) -> dict[str, Any]:
    return _answer(status, {"type": f"urn:school-events:problem:{slug}", "title": title, "status": status})


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    kind = "application/json" if status == 200 else "application/problem+json"
    return {"statusCode": status, "headers": {"content-type": kind}, "body": json.dumps(body)}


def _count(name: str, why: str) -> None:
    """Log and count in one line, in CloudWatch's embedded metric format: Powertools costs more than all the rest."""
    told = {"Name": name, "Unit": "Count"}
    metrics = {"Namespace": "SchoolEvents", "Dimensions": [["service"]], "Metrics": [told]}
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metrics]},
        "service": "stripe_webhook",
        "level": "WARNING",
        "message": why,
        name: 1,
    }
    print(json.dumps(line))
