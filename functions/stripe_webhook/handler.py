"""Stripe's webhooks: signature checked, one message queued, answered; in a few milliseconds, without Stripe's SDK.

Nothing of the body is believed but the ids of what to look at: the worker asks Stripe for the rest.
"""

import base64
import json
import time
from typing import Any

from school_events.core import aws, settings
from school_events.payments.signature import BadSignature, verified_event


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Take in one webhook.

    Returns:
        200 once it is queued; 400 if it does not prove that it comes from Stripe, and nothing is written.
    """
    try:
        stripe_event = _verified(event)
    except BadSignature as error:
        print(json.dumps({"level": "WARNING", "message": "webhook refused", "reason": str(error)}))
        return _answer(400, {"type": "urn:school-events:problem:bad-signature", "title": str(error), "status": 400})
    aws.client("sqs").send_message(
        QueueUrl=settings.required("STRIPE_EVENTS_QUEUE_URL"), MessageBody=json.dumps(_to_queue(stripe_event))
    )
    return _answer(200, {"received": True})


def _verified(event: dict[str, Any]) -> dict[str, Any]:
    secret = aws.secret(settings.required("STRIPE_WEBHOOK_SECRET"))
    header = {name.lower(): value for name, value in event["headers"].items()}.get("stripe-signature", "")
    stripe_event = verified_event(_body(event), header, secret["signing_secrets"], time.time())
    if stripe_event.get("livemode") is not secret["livemode"]:
        raise BadSignature("the event is of the other mode")
    return stripe_event


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else str(body).encode()
    except ValueError:
        raise BadSignature("the body cannot be read") from None


def _to_queue(stripe_event: dict[str, Any]) -> dict[str, Any]:
    subject = stripe_event.get("data", {}).get("object", {})
    return {
        "event_id": stripe_event["id"],
        "type": stripe_event["type"],
        "account": stripe_event.get("account"),
        "object_id": subject.get("id"),
        "payment_id": (subject.get("metadata") or {}).get("payment_id"),
    }


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    kind = "application/json" if status == 200 else "application/problem+json"
    return {"statusCode": status, "headers": {"content-type": kind}, "body": json.dumps(body)}
