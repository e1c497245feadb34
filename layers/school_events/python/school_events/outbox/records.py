"""Reading stream records: which of them carry a stamp that was not there before."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from school_events.core.dynamodb import Item
from school_events.outbox.model import StreamRecord

_STAMP = "change"


def records_of(event: Mapping[str, Any]) -> list[StreamRecord]:
    """The records of a Lambda event, in the stream's order."""
    return [_record(one["dynamodb"]) for one in _rows(event)]


def records_of_failure(report: Mapping[str, Any]) -> list[StreamRecord]:
    """The records in a report of Lambda's failure destination, an object in the stream-failure bucket.

    With an S3 destination Lambda keeps the whole batch, as text under ``payload``.

    Raises:
        ValueError: the report carries no batch.
    """
    if "payload" not in report:
        raise ValueError("the report carries no payload: only an S3 destination keeps the records")
    payload = report["payload"]
    return records_of(json.loads(payload) if isinstance(payload, str) else payload)


def changed_item(record: StreamRecord) -> Item | None:
    """The item, if this record put a new stamp on it; a removed item has nothing more to say.

    Raises:
        ValueError: the item's kind is none that was imported.
    """
    if record.new is None or _STAMP not in record.new:
        return None
    if _stamp_id(record.new) == _stamp_id(record.old):
        return None
    return Item.from_raw_data(dict(record.new))


def item_before(record: StreamRecord) -> Item | None:
    """The item as it was before this record, if it was there."""
    return None if record.old is None else Item.from_raw_data(dict(record.old))


def _rows(event: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    rows: Iterable[Mapping[str, Any]] = event["Records"]
    return rows


def _record(row: Mapping[str, Any]) -> StreamRecord:
    return StreamRecord(
        sequence_number=str(row["SequenceNumber"]),
        school_id=_school_of(row["Keys"]["pk"]["S"]),
        new=row.get("NewImage"),
        old=row.get("OldImage"),
    )


def _school_of(partition: str) -> str:
    parts = partition.split("#")
    return parts[1] if parts[0] == "SCH" and len(parts) > 1 else ""


def _stamp_id(image: Mapping[str, Any] | None) -> str | None:
    if not image or _STAMP not in image:
        return None
    stamp: Mapping[str, Any] = json.loads(image[_STAMP]["S"])
    return str(stamp["id"])
