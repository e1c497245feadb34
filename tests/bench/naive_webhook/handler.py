"""The baseline: Stripe's webhooks as one would write them in an afternoon, by Stripe's and AWS's own examples.

Frozen: the figures of ``tests.bench.webhooks`` are ratios to this, so a change to it is a decision with a reason.
"""

import json
import os
from typing import Any

import boto3
import stripe

sqs = boto3.client("sqs")
secrets = boto3.client("secretsmanager")


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Check the signature and put the event into a queue."""
    content = secrets.get_secret_value(SecretId=os.environ["STRIPE_WEBHOOK_SECRET"])["SecretString"]
    try:
        stripe_event = stripe.Webhook.construct_event(
            event["body"], event["headers"]["stripe-signature"], json.loads(content)["signing_secrets"][0]
        )
    except (ValueError, stripe.SignatureVerificationError):
        return {"statusCode": 400, "body": ""}
    sqs.send_message(QueueUrl=os.environ["STRIPE_EVENTS_QUEUE_URL"], MessageBody=json.dumps(stripe_event.to_dict()))
    return {"statusCode": 200, "body": ""}
