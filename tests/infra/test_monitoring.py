"""Somebody is told when something is wrong, and what to do about it."""

import json
from typing import Any

import pytest

from infra import messages
from infra.capabilities import CAPABILITIES
from infra.spec import QueueTrigger
from tests.infra.assembly import Assembly, text

ALARM = "AWS::CloudWatch::Alarm"


def test_every_dead_letter_queue_has_an_alarm_at_its_first_message(prod: Assembly) -> None:
    queues = [properties["QueueName"] for properties in prod.properties("AWS::SQS::Queue")]
    dead = {name for name in queues if name.endswith("-dlq")}
    watched = {
        _dimension(alarm, "QueueName")
        for alarm in prod.properties(ALARM)
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        and alarm["Threshold"] == 1
        and alarm["EvaluationPeriods"] == 1
    }
    assert watched == dead
    assert len(dead) == len(queues) / 2 == 7


def test_every_queue_has_an_alarm_when_it_is_not_worked_off(prod: Assembly) -> None:
    queues = {properties["QueueName"] for properties in prod.properties("AWS::SQS::Queue")}
    watched = {_dimension(alarm, "QueueName") for alarm in _alarms(prod, "ApproximateAgeOfOldestMessage")}
    assert watched == {name for name in queues if not name.endswith("-dlq")}


def test_a_message_is_not_old_while_its_function_may_still_work_on_it(prod: Assembly) -> None:
    timeouts = {
        f"school-events-prod-{trigger.queue}": one.timeout
        for one in CAPABILITIES
        for trigger in one.triggers
        if isinstance(trigger, QueueTrigger)
    }
    for alarm in _alarms(prod, "ApproximateAgeOfOldestMessage"):
        assert alarm["Threshold"] >= max(300, 2 * timeouts[_dimension(alarm, "QueueName")])


def test_every_function_has_an_alarm_for_errors(prod: Assembly) -> None:
    watched = {_dimension(alarm, "FunctionName") for alarm in _alarms(prod, "Errors")}
    assert watched == {properties["FunctionName"] for properties in prod.properties("AWS::Lambda::Function")}


@pytest.mark.parametrize(
    "metric",
    [
        "Throttles",
        "PortalSyncLag",
        "HealthAnswerUnreadable",
        "SnapshotRefused",
        "RetentionRun",
        "HealthErasingRun",
        "HoldStuck",
        "RefundStuck",
        "ChoreFailed",
        "WebhookRefused",
        "StripeEventMissed",
        "StripeSweepFailed",
        "MoneyDifference",
        "MoneyCheckFailed",
        "5xx",
        "Latency",
        "IteratorAge",
        "DestinationDeliveries",
        "DestinationDeliveryFailures",
    ],
)
def test_there_is_an_alarm_for(prod: Assembly, metric: str) -> None:
    assert len(_alarms(prod, metric)) == 1


def test_the_lag_alarm_holds_the_portal_sync_to_five_seconds_in_nineteen_batches_of_twenty(prod: Assembly) -> None:
    (alarm,) = _alarms(prod, "PortalSyncLag")
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p95", 5000)
    assert _dimension(alarm, "service") == "portal_sync"


def test_a_retention_run_that_has_not_happened_for_26_hours_is_told_also_when_nothing_is_measured(
    prod: Assembly,
) -> None:
    (alarm,) = _alarms(prod, "RetentionRun")
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (3600, 26, 1)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    assert (alarm["Statistic"], _dimension(alarm, "service")) == ("Sum", "retention")


def test_a_day_without_any_snapshot_is_told(prod: Assembly) -> None:
    (alarm,) = _alarms(prod, "SnapshotMissing")
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("SampleCount", 3600, 26)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")


def test_whoever_asks_stripe_may_find_money_that_is_not_ours_and_somebody_is_told(prod: Assembly) -> None:
    told = {_dimension(alarm, "service") for alarm in _alarms(prod, "PaymentQuarantined")}
    assert told == {one.name for one in CAPABILITIES if "stripe" in one.layers} >= {"stripe_events", "payments"}


def test_three_hours_without_asking_stripe_what_happened_are_told(prod: Assembly) -> None:
    (alarm,) = _alarms(prod, "StripeSweepRun")
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (3600, 3, 1)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")


def test_a_day_without_comparing_any_money_with_stripe_is_told(prod: Assembly) -> None:
    (alarm,) = _alarms(prod, "MoneyChecked")
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (3600, 26, 1)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("LessThanThreshold", "breaching")


@pytest.mark.parametrize(
    ("metric", "tried_again_at_the_latest_after", "times"),
    [("StripeSweepFailed", 10, 1), ("MoneyCheckFailed", 20, 1), ("ChoreFailed", 6, 4)],
)
def test_one_thing_alone_that_fails_for_an_hour_is_told(
    prod: Assembly, metric: str, tried_again_at_the_latest_after: int, times: int
) -> None:
    """What is put off comes again with the first run after that: in every period it has failed so often."""
    (alarm,) = _alarms(prod, metric)
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 3600
    assert alarm["Threshold"] == times <= alarm["Period"] // (60 * tried_again_at_the_latest_after)


def test_the_latency_alarm_looks_at_the_slowest_hundredth(prod: Assembly) -> None:
    (alarm,) = _alarms(prod, "Latency")
    assert alarm["ExtendedStatistic"] == "p99"


def test_the_outbox_lag_alarm_leaves_most_of_a_streams_memory_to_act(prod: Assembly) -> None:
    (alarm,) = _alarms(prod, "IteratorAge")
    assert alarm["Threshold"] < 3600 * 1000


def test_every_alarm_says_what_it_means_and_speaks_to_the_topic(prod: Assembly) -> None:
    (topic,) = prod.resources("AWS::SNS::Topic")
    for alarm in prod.properties(ALARM):
        assert len(alarm["AlarmDescription"]) > 40
        assert alarm["AlarmActions"] == [{"Ref": topic}]
        assert alarm["OKActions"] == [{"Ref": topic}]
        falls_silent = alarm["ComparisonOperator"] == "LessThanThreshold"
        assert alarm["TreatMissingData"] == ("breaching" if falls_silent else "notBreaching")


def test_alarms_reach_an_address_over_an_encrypted_topic(prod: Assembly) -> None:
    (topic,) = prod.properties("AWS::SNS::Topic")
    assert "KmsMasterKeyId" in topic
    (subscription,) = prod.properties("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "alarms@school-events.example")


def test_only_alarms_of_this_account_may_speak(prod: Assembly) -> None:
    (policy,) = prod.properties("AWS::SNS::TopicPolicy")
    allowed = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    for statement in allowed:
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_dashboard_shows_every_function(prod: Assembly) -> None:
    (dashboard,) = prod.properties("AWS::CloudWatch::Dashboard")
    body = text(dashboard["DashboardBody"])
    assert all(f"school-events-prod-{one.name.replace('_', '-')}" in body for one in CAPABILITIES)


@pytest.mark.parametrize("source", messages.SOURCES)
def test_the_registry_has_every_message_we_describe(prod: Assembly, source: str) -> None:
    entries = {entry["SchemaName"]: entry for entry in prod.properties("AWS::EventSchemas::Schema")}
    assert messages.schemas(source)
    for schema in messages.schemas(source):
        entry = entries[f"{source}@{schema.type}-{schema.version}"]
        assert entry["Type"] == "JSONSchemaDraft4"
        assert json.loads(entry["Content"]) == json.loads(schema.path.read_text())


def _alarms(assembly: Assembly, metric: str) -> list[dict[str, Any]]:
    return [alarm for alarm in assembly.properties(ALARM) if alarm["MetricName"] == metric]


def _dimension(alarm: dict[str, Any], name: str) -> str:
    (found,) = [one["Value"] for one in alarm["Dimensions"] if one["Name"] == name]
    return str(found)
