"""Records of a table's stream, as Lambda hands them to a function."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

from school_events.core.dynamodb import Item

_numbers = itertools.count(100_000_000_000_000_000_000)


def stream_record(new: Item | None, old: Item | None = None) -> dict[str, Any]:
    """One record: an item that is new, changed, or (``new`` is ``None``) gone.

    Args:
        new: the item afterwards.
        old: the item before.
    """
    return row_record(_image(new), _image(old))


def row_record(after: Mapping[str, Any] | None, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """As :func:`stream_record`, from rows as DynamoDB writes them (:func:`tests.support.tables.rows`)."""
    keys = after or before or {}
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": 1795424400,
        "Keys": {"pk": keys["pk"], "sk": keys["sk"]},
        "SequenceNumber": str(next(_numbers)),
        "SizeBytes": 100,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if after:
        change["NewImage"] = dict(after)
    if before:
        change["OldImage"] = dict(before)
    return {
        "eventID": change["SequenceNumber"],
        "eventName": "REMOVE" if not after else "MODIFY" if before else "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-2",
        "dynamodb": change,
        "eventSourceARN": "arn:aws:dynamodb:eu-west-2:123456789012:table/T/stream/2026-11-23T09:00:00.000",
    }


def stream_event(*records: Mapping[str, Any]) -> dict[str, Any]:
    """A batch of records."""
    return {"Records": [dict(record) for record in records]}


def failure_report(event: Mapping[str, Any]) -> dict[str, Any]:
    """What Lambda puts into the failure bucket when it gives up on a batch."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
    return {
        "requestContext": {
            "requestId": "00000000-0000-0000-0000-000000000000",
            "functionArn": "arn:aws:lambda:eu-west-2:123456789012:function:outbox",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 4,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-11-23T09:10:00.000Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001",
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "approximateArrivalOfFirstRecord": "2026-11-23T09:00:00Z",
            "approximateArrivalOfLastRecord": "2026-11-23T09:00:01Z",
            "batchSize": len(numbers),
            "streamArn": event["Records"][0]["eventSourceARN"],
        },
        "payload": json.dumps(event),
    }


def _image(item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    image: dict[str, Any] = item.serialize()
    return image
