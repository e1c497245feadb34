"""Messages reach functions through rules, queues and streams as they do on AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra import messages
from local.waiting import TooLateError, wait_for
from tests.integration.conformance.conftest import Toy


def _publish(toy: Toy, name: str, kind: str = "ThingChanged", *, bad: bool = False) -> None:
    entry = {
        "EventBusName": "toy-bus",
        "Source": "toy",
        "DetailType": kind,
        "Detail": json.dumps({"name": name, "bad": bad}),
    }
    assert toy.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def _noted(toy: Toy, kind: str, name: str) -> dict[str, Any]:
    note = wait_for(f"the note about {name}", lambda: toy.note(kind, name))
    text: dict[str, Any] = json.loads(note["text"]["S"])
    return text


def test_a_message_on_the_bus_reaches_the_function_behind_the_queue_whole(toy: Toy) -> None:
    _publish(toy, "wanted")

    record = _noted(toy, "queue", "wanted")

    message = json.loads(record["body"])
    assert (message["source"], message["detail-type"]) == ("toy", "ThingChanged")
    assert record["eventSource"] == "aws:sqs"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"


def test_a_message_the_rule_does_not_name_goes_nowhere(toy: Toy) -> None:
    _publish(toy, "unwanted", kind="OtherThingChanged")
    _publish(toy, "wanted-afterwards")

    _noted(toy, "queue", "wanted-afterwards")

    assert toy.note("queue", "unwanted") is None


@pytest.mark.parametrize("source", ["portal", "somebody.else", "x"])
def test_the_pattern_that_takes_everything_takes_any_source(toy: Toy, source: str) -> None:
    event = {
        "id": "1",
        "account": "000000000000",
        "region": "eu-west-2",
        "time": "2026-09-14T08:30:00Z",
        "resources": [],
        "source": source,
        "detail-type": "PupilChanged.v2",
        "detail": {},
    }
    answer = toy.client("events").test_event_pattern(
        EventPattern=json.dumps(messages.EVERYTHING), Event=json.dumps(event)
    )
    assert answer["Result"] is True


def test_one_bad_message_is_tried_three_times_and_then_a_dead_letter_while_the_others_pass(toy: Toy) -> None:
    sqs = toy.client("sqs")
    bodies = [json.dumps({"name": f"batch-{number}", "bad": number == 1}) for number in range(4)]
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    sqs.send_message_batch(QueueUrl=toy.physical["Work"], Entries=entries)

    def dead() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = sqs.receive_message(QueueUrl=toy.physical["DeadLetters"]).get("Messages", [])
        return found

    letter = wait_for("the dead letter", dead)[0]

    assert json.loads(letter["Body"])["name"] == "batch-1"
    seen = {number: toy.note("queue", f"batch-{number}") for number in range(4)}
    assert {number: note["seen"]["N"] for number, note in seen.items() if note} == {0: "1", 1: "3", 2: "1", 3: "1"}


def test_a_change_reaches_the_function_on_the_stream_with_both_images(toy: Toy) -> None:
    dynamodb = toy.client("dynamodb")
    for colour in ("red", "blue"):
        item = {"pk": {"S": "streamed"}, "sk": {"S": f"streamed-{colour}"}, "colour": {"S": colour}}
        dynamodb.put_item(TableName=toy.physical["Main"], Item=item)
    changed = {"pk": {"S": "streamed"}, "sk": {"S": "streamed-red"}, "colour": {"S": "green"}}
    dynamodb.put_item(TableName=toy.physical["Main"], Item=changed)

    def modified() -> dict[str, Any] | None:
        record = _noted(toy, "stream", "streamed-red")
        return record if record["eventName"] == "MODIFY" else None

    record = wait_for("the change", modified)

    assert record["dynamodb"]["OldImage"]["colour"] == {"S": "red"}
    assert record["dynamodb"]["NewImage"]["colour"] == {"S": "green"}
    assert record["dynamodb"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"


def test_a_change_the_streams_filter_leaves_out_is_not_delivered(toy: Toy) -> None:
    for sk in ("HIDDEN#1", "streamed-after-hidden"):
        item = {"pk": {"S": "filtered"}, "sk": {"S": sk}}
        toy.client("dynamodb").put_item(TableName=toy.physical["Main"], Item=item)

    _noted(toy, "stream", "streamed-after-hidden")

    with pytest.raises(TooLateError):
        wait_for("a note about what is hidden", lambda: toy.note("stream", "HIDDEN#1"), seconds=0.3)
