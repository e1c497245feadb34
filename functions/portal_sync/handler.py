"""Applies the Portal's messages: queue in, People table out; what can never be right goes to the dead-letter queue."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from school_events.core import aws, clock, logs, settings
from school_events.core.workers import context_of, each_record
from school_events.people import sync
from school_events.people.intake import NeverRight, Received, read_envelope

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_MOST_NAMES = 20


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply a batch; the answer names what is to be delivered again (``ReportBatchItemFailures``)."""
    now = clock.utc_now()
    taken: dict[str, list[Received]] = {}
    answer = each_record(event, lambda record: _take(record, taken))
    for school_id, messages in taken.items():
        ctx = context_of(school_id, "portal", "portal", context, now)
        for message, error in sync.apply(ctx, messages):
            logs.logger.error("message failed", error=type(error).__name__, message_id=message.delivery)
            answer["batchItemFailures"].append({"itemIdentifier": message.delivery})
    _tell_lag(event)
    _tell_dropped(name for messages in taken.values() for message in messages for name in message.dropped)
    logs.flush()
    return answer


def _take(record: dict[str, Any], taken: dict[str, list[Received]]) -> None:
    """Read a record, or put it where it can be looked at and redriven: trying it again would not help."""
    try:
        message = read_envelope(record["body"], record["messageId"])
    except NeverRight as refusal:
        aws.client("sqs").send_message(
            QueueUrl=settings.required("PORTAL_DLQ_URL"),
            MessageBody=record["body"],
            MessageAttributes={"reason": {"DataType": "String", "StringValue": refusal.label}},
        )
        logs.logger.warning("message refused", reason=refusal.label, message_id=record["messageId"])
        logs.count("PortalMessagesRefused")
    else:
        taken.setdefault(message.school_id, []).append(message)


def _tell_lag(event: dict[str, Any]) -> None:
    """How long the oldest message of the batch took from the bus until now (A1)."""
    sent = min(int(record["attributes"]["SentTimestamp"]) for record in event["Records"])
    lag = max(0.0, clock.utc_now().timestamp() * 1000 - sent)
    logs.metrics.add_metric(name="PortalSyncLag", unit=MetricUnit.Milliseconds, value=lag)


def _tell_dropped(names: Iterable[str]) -> None:
    """Count what was left out at the door (A4): by name where it looks like a field's name, and never a value."""
    counts = Counter(name if _FIELD_NAME.fullmatch(name) else "other" for name in names)
    if counts:
        logs.logger.info("fields dropped", fields=dict(counts.most_common(_MOST_NAMES)))
        logs.count("PortalFieldsDropped", counts.total())
