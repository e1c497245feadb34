"""Functions, queues, streams and the rule for the Portal's messages."""

import json
from typing import Any, cast

import pytest
from moto.events.models import EventPattern
from moto.events.utils import EventMessageType

from infra import messages
from infra.capabilities import CAPABILITIES
from infra.spec import QueueTrigger, StreamTrigger
from infra.stages import host_architecture
from tests.infra.assembly import Assembly, listed, text

FUNCTION = "AWS::Lambda::Function"
QUEUE = "AWS::SQS::Queue"
MAPPING = "AWS::Lambda::EventSourceMapping"
RULE = "AWS::Events::Rule"


def test_every_capability_is_a_function_on_arm_with_the_defaults(prod: Assembly) -> None:
    names = {properties["FunctionName"] for properties in prod.properties(FUNCTION)}
    assert names == {f"school-events-prod-{one.name.replace('_', '-')}" for one in CAPABILITIES}
    for properties in prod.properties(FUNCTION):
        assert properties["Architectures"] == ["arm64"]
        assert properties["Runtime"] == "python3.13"
        assert properties["Handler"] == "handler.lambda_handler"
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"


def test_the_local_stage_runs_on_this_machines_processor(local: Assembly) -> None:
    for properties in local.properties(FUNCTION):
        assert properties["Architectures"] == [host_architecture()]


def test_an_answer_comes_before_the_api_gives_up(prod: Assembly) -> None:
    api = [capability for capability in CAPABILITIES if capability.routes]
    assert all(capability.timeout < 30 for capability in api)
    assert {properties["Timeout"] for properties in prod.properties(FUNCTION)} == {one.timeout for one in CAPABILITIES}


def test_a_run_of_housekeeping_ends_before_the_next_begins() -> None:
    (housekeeping,) = [one for one in CAPABILITIES if one.name == "housekeeping"]
    assert housekeeping.timeout < 60


def test_heavy_libraries_are_only_where_they_are_used(prod: Assembly) -> None:
    layers = {name: properties["LayerName"] for name, properties in _named_layers(prod).items()}
    for properties in prod.properties(FUNCTION):
        used = [layers[layer["Ref"]].removeprefix("school-events-prod-layer-") for layer in properties["Layers"]]
        (capability,) = [one for one in CAPABILITIES if _function_name(one.name) == properties["FunctionName"]]
        assert used == ["dependencies", "school-events", *capability.layers]


def test_every_queue_is_encrypted_and_has_a_dead_letter_queue(prod: Assembly) -> None:
    for name, resource in prod.resources(QUEUE).items():
        properties = resource["Properties"]
        assert "KmsMasterKeyId" in properties
        if properties["QueueName"].endswith("-dlq"):
            assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600
        else:
            target = properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            dead = prod.resources(QUEUE)[target]["Properties"]
            assert dead["QueueName"] == f"{properties['QueueName']}-dlq", name
            assert properties["RedrivePolicy"]["maxReceiveCount"] == (10 if "stripe-events" in dead["QueueName"] else 3)


def test_a_stripe_that_is_out_for_an_hour_makes_no_dead_letters(prod: Assembly) -> None:
    """Each message of a batch is given back, and counted, although Stripe was asked about the first of them only."""
    (queue,) = [one for one in prod.properties(QUEUE) if one["QueueName"].endswith("-stripe-events")]
    assert queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] >= 3600


def test_every_queue_refuses_plain_http(prod: Assembly) -> None:
    refusing = {
        properties["Queues"][0]["Ref"]
        for properties in prod.properties("AWS::SQS::QueuePolicy")
        for statement in listed(properties["PolicyDocument"]["Statement"])
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert refusing == set(prod.resources(QUEUE))


def test_a_message_stays_hidden_for_longer_than_its_function_may_take(prod: Assembly) -> None:
    for mapping in _queue_mappings(prod):
        function = prod.resources(FUNCTION)[mapping["FunctionName"]["Ref"]]["Properties"]
        queue = prod.resources(QUEUE)[mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_one_bad_message_does_not_send_its_batch_back(prod: Assembly) -> None:
    queues = [trigger for one in CAPABILITIES for trigger in one.triggers if isinstance(trigger, QueueTrigger)]
    assert len(prod.properties(MAPPING)) == len(queues) + 4
    for mapping in prod.properties(MAPPING):
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_streams_are_bisected_bounded_and_end_in_the_failures_bucket(prod: Assembly) -> None:
    mappings = [mapping for mapping in prod.properties(MAPPING) if mapping not in _queue_mappings(prod)]
    assert len(mappings) == 4
    for mapping in mappings:
        assert mapping["BisectBatchOnFunctionError"]
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert 0 < mapping["MaximumRecordAgeInSeconds"] < 24 * 3600
        assert mapping["MaximumRetryAttempts"] > 0
        assert "StreamFailures" in text(mapping["DestinationConfig"]["OnFailure"]["Destination"])


def test_the_outbox_is_called_for_the_items_it_names_only(prod: Assembly) -> None:
    (outbox,) = [one for one in CAPABILITIES if one.name == "outbox"]
    expected = {
        trigger.table: [_condition(key) for key in trigger.sort_keys]
        for trigger in outbox.triggers
        if isinstance(trigger, StreamTrigger)
    }
    for table, keys in expected.items():
        (mapping,) = [
            one for one in prod.properties(MAPPING) if f"{table.capitalize()}Table" in text(one["EventSourceArn"])
        ]
        (pattern,) = mapping["FilterCriteria"]["Filters"]
        assert json.loads(pattern["Pattern"]) == {"dynamodb": {"Keys": {"sk": {"S": keys}}}}


def test_places_and_guards_wake_nobody(prod: Assembly) -> None:
    for mapping in prod.properties(MAPPING):
        assert not {"PLACE", "GUARD"} & set(text(mapping.get("FilterCriteria", "")).replace("#", '"').split('"'))


def _samples() -> list[dict[str, Any]]:
    samples = sorted((messages.SCHEMAS / "samples" / "portal").glob("*.json"))
    return [json.loads(sample.read_text()) for sample in samples]


STRANGE: dict[str, dict[str, Any]] = {
    "unknown type": {"detail-type": "PupilPromoted"},
    "unknown version": {"detail-type": "PupilChanged.v2"},
    "no type": {"detail-type": ""},
    "unknown source": {"source": "somebody.else"},
    "no message": {"detail": {}},
}


def test_the_rule_takes_every_message_of_the_portal(prod: Assembly) -> None:
    samples = _samples()
    assert {sample["detail-type"] for sample in samples} == {
        schema.detail_type for schema in messages.schemas("portal")
    }
    assert all(_rule_takes(prod, sample) for sample in samples)


@pytest.mark.parametrize("change", STRANGE.values(), ids=STRANGE)
def test_the_rule_takes_what_nobody_has_described_too(prod: Assembly, change: dict[str, Any]) -> None:
    assert _rule_takes(prod, _samples()[0] | change)


def test_a_rule_that_lists_types_would_be_seen(prod: Assembly) -> None:
    listing = {"source": ["portal"], "detail-type": sorted({schema.type for schema in messages.schemas("portal")})}
    assert [name for name, change in STRANGE.items() if _matches(listing, _samples()[0] | change)] == ["no message"]


def _rule_takes(assembly: Assembly, event: dict[str, Any]) -> bool:
    return _matches(assembly.named(RULE, "Name", "school-events-prod-portal")["EventPattern"], event)


def _matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return EventPattern(json.dumps(pattern), pattern).matches_event(cast("EventMessageType", event))


def test_what_the_rule_cannot_deliver_goes_to_the_dead_letters_of_its_queue(prod: Assembly) -> None:
    rule = prod.named(RULE, "Name", "school-events-prod-portal")
    (target,) = rule["Targets"]
    queue = prod.resources(QUEUE)[target["Arn"]["Fn::GetAtt"][0]]["Properties"]
    dead = prod.resources(QUEUE)[target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]]["Properties"]
    assert (queue["QueueName"], dead["QueueName"]) == ("school-events-prod-portal", "school-events-prod-portal-dlq")


def test_eventbridge_reaches_the_portal_queue_through_its_one_rule_only(prod: Assembly) -> None:
    allowed = [
        (properties["Queues"][0]["Ref"], statement)
        for properties in prod.properties("AWS::SQS::QueuePolicy")
        for statement in listed(properties["PolicyDocument"]["Statement"])
        if statement["Effect"] == "Allow"
    ]
    assert len(allowed) == 2
    for queue, statement in allowed:
        assert queue.startswith("Portal")
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        assert list(statement["Condition"]) == ["ArnEquals"]
        assert ":rule/school-events-portal/school-events-prod-portal" in text(statement["Condition"])


def test_housekeeping_runs_every_minute_and_a_late_run_is_dropped(prod: Assembly) -> None:
    rule = prod.named(RULE, "Name", "school-events-prod-housekeeping")
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert rule["Targets"][0]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}


def test_retention_runs_at_two_at_night_in_london_whatever_the_season(prod: Assembly) -> None:
    (schedule,) = prod.properties("AWS::Scheduler::Schedule")
    assert schedule["Name"] == "school-events-prod-retention"
    assert schedule["ScheduleExpression"] == "cron(0 2 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/London"
    assert schedule["Target"]["Arn"]["Fn::GetAtt"][0].startswith("RetentionFunction")
    assert schedule["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 7200, "MaximumRetryAttempts": 10}


@pytest.mark.parametrize(("stage", "days"), [("prod", 90), ("local", 1)])
def test_every_function_writes_to_an_encrypted_group_that_forgets(
    request: pytest.FixtureRequest, stage: str, days: int
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    groups = assembly.properties("AWS::Logs::LogGroup")
    assert len(groups) == len(CAPABILITIES) + 1
    assert all(group["RetentionInDays"] == days and "KmsKeyId" in group for group in groups)
    used = {text(function["LoggingConfig"]["LogGroup"]) for function in assembly.properties(FUNCTION)}
    assert len(used) == len(CAPABILITIES)


def _condition(key: str) -> object:
    return {"prefix": key[:-1]} if key.endswith("*") else key


def _queue_mappings(assembly: Assembly) -> list[dict[str, Any]]:
    return [one for one in assembly.properties(MAPPING) if "Fn::GetAtt" in one["EventSourceArn"]]


def _named_layers(assembly: Assembly) -> dict[str, dict[str, str]]:
    return {name: resource["Properties"] for name, resource in assembly.resources("AWS::Lambda::LayerVersion").items()}


def _function_name(capability: str) -> str:
    return f"school-events-prod-{capability.replace('_', '-')}"
