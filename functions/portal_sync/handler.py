"""Applies the Portal's messages: queue in, People table out; what can never be right goes to the dead-letter queue."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from school_events.core import clock, logs
from school_events.core.context import Context
from school_events.core.workers import context_of, each_record
from school_events.people import dropped, sync, upkeep
from school_events.people.intake import NeverRight, Received, check_past, read_envelope
from school_events.people.refused import put_aside


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply a batch; the answer names what is to be delivered again (``ReportBatchItemFailures``)."""
    now = clock.utc_now()
    taken: dict[str, list[Received]] = {}
    answer = each_record(event, lambda record: _take(record, taken, now))
    bodies = {record["messageId"]: record["body"] for record in event["Records"]}
    for school_id, messages in taken.items():
        ctx = context_of(school_id, "portal", "portal", context, now)
        for message, error in _applied(ctx, messages):
            if not _is_put_aside(bodies, message, error):
                logs.logger.error("message failed", error=type(error).__name__, message_id=message.delivery)
                answer["batchItemFailures"].append({"itemIdentifier": message.delivery})
    _tell_lag(event)
    dropped.tell(Counter(name for messages in taken.values() for message in messages for name in message.dropped))
    logs.flush()
    return answer


def _take(record: dict[str, Any], taken: dict[str, list[Received]], now: datetime) -> None:
    """Read a record, or put it where it can be looked at and redriven: trying it again would not help."""
    try:
        message = read_envelope(record["body"], record["messageId"])
        if isinstance(message, Received):
            check_past(message, now)
    except NeverRight as refusal:
        _refuse(record["body"], record["messageId"], refusal)
        return
    if isinstance(message, Received):
        taken.setdefault(message.school_id, []).append(message)
    else:
        upkeep.ask(message)


def _applied(ctx: Context, messages: Sequence[Received]) -> list[tuple[Received, Exception]]:
    """Apply messages about one school, and have the school refitted if one of them changed what it lets us hold."""
    failed = sync.apply(ctx, messages)
    about_school = [message for message in messages if message.statement.thing.kind == "school"]
    if about_school:
        try:
            upkeep.ask_for_refit(ctx.school_id)
        except Exception as error:  # noqa: BLE001 - the announcement is delivered again, and this with it
            failed.append((about_school[-1], error))
    return failed


def _is_put_aside(bodies: Mapping[str, str], message: Received, error: Exception) -> bool:
    """Put a message aside that has turned out never to be right; says whether that was done."""
    if not isinstance(error, NeverRight):
        return False
    try:
        _refuse(bodies[message.delivery], message.delivery, error)
    except Exception:  # noqa: BLE001 - it is delivered again, and refused then
        return False
    return True


def _refuse(body: str, delivery: str, refusal: NeverRight) -> None:
    put_aside(body, refusal.label)
    logs.logger.warning("message refused", reason=refusal.label, message_id=delivery)


def _tell_lag(event: dict[str, Any]) -> None:
    """How long the oldest message of the batch took from the bus until now (A1)."""
    sent = min(int(record["attributes"]["SentTimestamp"]) for record in event["Records"])
    lag = max(0.0, clock.utc_now().timestamp() * 1000 - sent)
    logs.metrics.add_metric(name="PortalSyncLag", unit=MetricUnit.Milliseconds, value=lag)
