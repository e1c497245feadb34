"""What wakes somebody up, and the page they look at then."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Duration, aws_cloudwatch, aws_cloudwatch_actions, aws_sns
from constructs import Construct

from infra.spec import Capability, QueueTrigger, StreamTrigger
from infra.stages import Stage

_MINUTE = Duration.minutes(1)
_FIVE_MINUTES = Duration.minutes(5)
_HALF_HOUR = Duration.minutes(30)
_HOUR = Duration.hours(1)
_TOO_MUCH = aws_cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_TOO_LITTLE = aws_cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_RIGHT_WHEN_MISSING = aws_cloudwatch.TreatMissingData.NOT_BREACHING
_WRONG_WHEN_MISSING = aws_cloudwatch.TreatMissingData.BREACHING


@dataclass(frozen=True)
class AlarmRule:
    """One alarm: a metric that must stay below a threshold, or must not fall below it.

    Attributes:
        name: unique in the stage; part of the alarm's name.
        why: what it means and what to do, for whoever is woken up.
        metric: what is measured.
        threshold: the first value that is too much; with ``at_least``, the first that is enough.
        periods: how many periods in a row it takes.
        at_least: whether too little is what is wrong. No value at all is too little then, and nothing wrong otherwise.
    """

    name: str
    why: str
    metric: aws_cloudwatch.IMetric
    threshold: float = 1
    periods: int = 1
    at_least: bool = False


def add_alarms(scope: Construct, rules: list[AlarmRule], stage: Stage, topic: aws_sns.ITopic) -> None:
    """Makes the alarms and lets them speak to the topic, also when they are over."""
    action = aws_cloudwatch_actions.SnsAction(topic)
    for rule in rules:
        alarm = aws_cloudwatch.Alarm(
            scope,
            "".join(word.capitalize() for word in rule.name.replace("_", "-").split("-")),
            alarm_name=stage.physical(rule.name),
            alarm_description=rule.why,
            metric=rule.metric,
            threshold=rule.threshold,
            evaluation_periods=rule.periods,
            comparison_operator=_TOO_LITTLE if rule.at_least else _TOO_MUCH,
            treat_missing_data=_WRONG_WHEN_MISSING if rule.at_least else _RIGHT_WHEN_MISSING,
        )
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)


def alarm_rules(stage: Stage, capabilities: tuple[Capability, ...], api_id: str) -> list[AlarmRule]:
    """All alarms of a stage."""
    return [
        *(rule for capability in capabilities for rule in _capability_rules(stage, capability)),
        *(rule for capability in capabilities for rule in _OWN_RULES.get(capability.name, ())),
        *_queue_rules(stage, capabilities),
        *_api_rules(api_id),
        AlarmRule(
            "throttles",
            "Lambda turned calls away: the account's concurrency is used up. See which function on the dashboard.",
            _lambda_metric("Throttles"),
        ),
    ]


def _capability_rules(stage: Stage, capability: Capability) -> Iterator[AlarmRule]:
    yield AlarmRule(
        f"{capability.name}-errors",
        f"{capability.name} ended with an error, which is a bug or an outage: its log group has the stack trace.",
        function_metric(stage, capability.name, "Errors"),
    )
    if "stripe" in capability.layers:
        yield AlarmRule(
            f"{capability.name}-payment-quarantined",
            "Money came that is not what was asked for: nothing was fulfilled and its places stay held. Look at the "
            "payment in the school's Stripe account and decide with the school.",
            own_metric(capability.name, "PaymentQuarantined"),
        )
    streams = [trigger for trigger in capability.triggers if isinstance(trigger, StreamTrigger)]
    if streams:
        yield AlarmRule(
            f"{capability.name}-lag",
            f"{capability.name} is ten minutes behind its slowest table stream, which forgets after 24 hours.",
            function_metric(stage, capability.name, "IteratorAge", "Maximum"),
            threshold=Duration.minutes(10).to_milliseconds(),
            periods=5,
        )
        yield AlarmRule(
            f"{capability.name}-given-up",
            f"Changes that {capability.name} could not work off were put into the stream-failures bucket: replay them.",
            function_metric(stage, capability.name, "DestinationDeliveries"),
        )
        yield AlarmRule(
            f"{capability.name}-lost",
            f"Changes that {capability.name} could not work off could not even be put into the stream-failures bucket.",
            function_metric(stage, capability.name, "DestinationDeliveryFailures"),
        )


def _queue_rules(stage: Stage, capabilities: tuple[Capability, ...]) -> Iterator[AlarmRule]:
    for capability in capabilities:
        for trigger in capability.triggers:
            if isinstance(trigger, QueueTrigger):
                yield from _one_queue(stage, capability, trigger)


def _one_queue(stage: Stage, capability: Capability, trigger: QueueTrigger) -> Iterator[AlarmRule]:
    queue = trigger.queue
    # A message is as old as it is while its function works on it: only what outlives two runs has waited.
    too_old = max(Duration.minutes(5).to_seconds(), 2 * capability.timeout)
    yield AlarmRule(
        f"{queue}-dlq",
        f"A message is in the dead-letter queue: {capability.name} refused it, or failed on it {trigger.receives} "
        "times. Read its reason, fix, redrive.",
        queue_metric(stage, f"{queue}-dlq", "ApproximateNumberOfMessagesVisible"),
    )
    yield AlarmRule(
        f"{queue}-age",
        f"{capability.name} does not keep up: the oldest message in its queue is {too_old // 60} minutes old.",
        queue_metric(stage, queue, "ApproximateAgeOfOldestMessage"),
        threshold=too_old,
        periods=3,
    )


def _api_rules(api_id: str) -> list[AlarmRule]:
    return [
        AlarmRule(
            "api-5xx",
            "The API answered with server errors: the access log names the routes.",
            api_metric(api_id, "5xx", "Sum"),
            threshold=5,
        ),
        AlarmRule(
            "api-latency",
            "One call in a hundred takes more than three seconds, for a quarter of an hour.",
            api_metric(api_id, "Latency", "p99"),
            threshold=3000,
            periods=3,
        ),
    ]


def function_metric(stage: Stage, capability: str, name: str, statistic: str = "Sum") -> aws_cloudwatch.Metric:
    """A metric of one function over five minutes."""
    return _lambda_metric(name, statistic, {"FunctionName": stage.physical(capability)})


def _lambda_metric(
    name: str, statistic: str = "Sum", dimensions: dict[str, str] | None = None
) -> aws_cloudwatch.Metric:
    return aws_cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=_FIVE_MINUTES,
    )


def own_metric(capability: str, name: str, statistic: str = "Sum") -> aws_cloudwatch.Metric:
    """A metric that a function writes itself (``school_events.core.logs``), over five minutes."""
    return aws_cloudwatch.Metric(
        namespace="SchoolEvents",
        metric_name=name,
        dimensions_map={"service": capability},
        statistic=statistic,
        period=_FIVE_MINUTES,
    )


def queue_metric(stage: Stage, queue: str, name: str) -> aws_cloudwatch.Metric:
    """A metric of one queue, the highest of each minute."""
    return aws_cloudwatch.Metric(
        namespace="AWS/SQS",
        metric_name=name,
        dimensions_map={"QueueName": stage.physical(queue)},
        statistic="Maximum",
        period=_MINUTE,
    )


def api_metric(api_id: str, name: str, statistic: str) -> aws_cloudwatch.Metric:
    """A metric of the HTTP API over five minutes."""
    return aws_cloudwatch.Metric(
        namespace="AWS/ApiGateway",
        metric_name=name,
        dimensions_map={"ApiId": api_id},
        statistic=statistic,
        period=_FIVE_MINUTES,
    )


# Promises that only a function's own figures can show broken, by the function.
_OWN_RULES: dict[str, tuple[AlarmRule, ...]] = {
    "portal_sync": (
        AlarmRule(
            "portal-sync-lag",
            "One batch of Portal messages in twenty is applied later than five seconds after it was sent, for a "
            "quarter of an hour (A1). Is its function slow or throttled, or does the Portal send very much at once?",
            own_metric("portal_sync", "PortalSyncLag", "p95"),
            threshold=5000,
            periods=3,
        ),
    ),
    "booking_answers": (
        AlarmRule(
            "health-answer-unreadable",
            "What a family told of a child's health cannot be decrypted: it was altered or moved, or its key is gone. "
            "Staff were shown that an answer is missing: its booking is in the log; ask the family before the day.",
            own_metric("booking_answers", "HealthAnswerUnreadable"),
        ),
    ),
    "reconciliation": (
        AlarmRule(
            "snapshot-refused",
            "A snapshot of the Portal was refused as a whole and nothing was changed: the reason is in the portal's "
            "dead-letter queue and in the school's snapshot record. Ask the Portal for a new one.",
            own_metric("reconciliation", "SnapshotRefused"),
        ),
        AlarmRule(
            "snapshots-missing",
            "No snapshot of any school has been applied for 26 hours, so nothing repairs what messages missed (A2). "
            "Ask the Portal whether its nightly run is well. One school's snapshots are seen in its own records only.",
            # Counted with every snapshot that is applied, also when nothing was missing.
            own_metric("reconciliation", "SnapshotMissing", "SampleCount").with_(period=_HOUR),
            periods=26,
            at_least=True,
        ),
    ),
    "housekeeping": (
        AlarmRule(
            "holds-stuck",
            "A place is still held half an hour after its time to pay was over, because Stripe's page could not be "
            "closed. Is Stripe down, or the school's account disconnected? It is tried again every five minutes.",
            own_metric("housekeeping", "HoldStuck"),
        ),
        AlarmRule(
            "refunds-stuck",
            "A refund that was promised to a family half an hour ago is not made. Is Stripe down, or too busy? It is "
            "tried again every five minutes. What waits for a bank, or for a school that has disconnected its account, "
            "is shown to the school instead.",
            own_metric("housekeeping", "RefundStuck"),
        ),
        AlarmRule(
            "chores-failing",
            "For an hour something that is due has failed again and again: a cancelled event that is not called off, "
            "an unpaid instalment nobody is reminded of, places that do not follow their event. Its log says why.",
            # What is put off is tried again every five minutes; what fails once and is done then is no matter.
            own_metric("housekeeping", "ChoreFailed").with_(period=_HALF_HOUR),
            threshold=4,
            periods=2,
        ),
    ),
    "stripe_webhook": (
        AlarmRule(
            "webhooks-refused",
            "Many webhooks do not prove that they come from Stripe. Was a signing secret rolled in Stripe and not put "
            "into the secret (the sweep catches up meanwhile), or does somebody forge them? Its log has the reasons.",
            own_metric("stripe_webhook", "WebhookRefused"),
            threshold=20,
        ),
    ),
    "stripe_sweep": (
        AlarmRule(
            "webhooks-missing",
            "Stripe says that much has happened which no webhook told us. It has been queued now; but is the webhook "
            "endpoint switched off in Stripe, or its signing secret out of date?",
            own_metric("stripe_sweep", "StripeEventMissed"),
            threshold=20,
        ),
        AlarmRule(
            "stripe-sweep-failing",
            "For an hour Stripe could not be asked what has happened to some account: its log names the school. Is "
            "Stripe down, or does the restricted key lack the permission to read events?",
            # One account alone is tried again after five minutes or ten: not every five minutes have a failure.
            own_metric("stripe_sweep", "StripeSweepFailed").with_(period=_HALF_HOUR),
            periods=2,
        ),
        AlarmRule(
            "stripe-sweep-missed",
            "Stripe has not been asked for three hours what has happened, so a webhook that was lost stays lost. Look "
            "at the function's schedule and its log, then run it by hand: it is safe at any time.",
            own_metric("stripe_sweep", "StripeSweepRun").with_(period=_HOUR),
            periods=3,
            at_least=True,
        ),
    ),
    "money_check": (
        AlarmRule(
            "money-differs",
            "Stripe and the ledger say something different of a school's money, also after everything was looked at "
            "again: GET /payments/reconciliation shows finance staff what, in pence. Find out why before it is mended.",
            own_metric("money_check", "MoneyDifference"),
        ),
        AlarmRule(
            "money-check-failing",
            "For an hour some account could not be compared with the ledger: its log says why. Is Stripe down, does "
            "the restricted key lack the permission to read balance transactions and payouts, or are there more "
            "accounts than there is time for?",
            # One account alone is tried again after a quarter of an hour.
            own_metric("money_check", "MoneyCheckFailed").with_(period=_HALF_HOUR),
            periods=2,
        ),
        AlarmRule(
            "money-check-missed",
            "For 26 hours no school's money has been compared with Stripe. Is any school connected to Stripe yet? Look "
            "at the function's schedule and its log, then run it by hand: it is safe at any hour, twice, and late.",
            own_metric("money_check", "MoneyChecked").with_(period=_HOUR),
            periods=26,
            at_least=True,
        ),
    ),
    "retention": (
        AlarmRule(
            "retention-missed",
            "The nightly retention run has not ended well for 26 hours, so people may be kept too long. Look at its "
            "schedule and its log, then run the function by hand: it is safe at any hour, twice, and late.",
            own_metric("retention", "RetentionRun").with_(period=_HOUR),
            periods=26,
            at_least=True,
        ),
        AlarmRule(
            "erasing-missed",
            "For 26 hours no nightly run has looked at all answers about health that may be due to be erased, so some "
            "may be kept too long. The log of retention says whether it ran out of time or could not look at one; run "
            "the function by hand: it is safe at any hour, twice, and late.",
            own_metric("retention", "HealthErasingRun").with_(period=_HOUR),
            periods=26,
            at_least=True,
        ),
    ),
}
