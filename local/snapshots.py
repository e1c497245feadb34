"""What the Portal does every night: a copy of a school in a bucket of its own, and the message that says where."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.aws.clients import Clients
from local.aws.emulator import REGION
from local.demo_school import PortalMessage
from local.deployed import local_stage_settings
from local.stage import LocalStage
from local.waiting import wait_for

TAKEN_SECONDS = 300.0


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that was published."""

    school_id: str
    id: str


def make_bucket(clients: Clients) -> None:
    """The Portal's bucket, which on AWS is in the Portal's account."""
    clients.client("s3").create_bucket(
        Bucket=local_stage_settings().portal_snapshots_bucket,
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )


def publish(stage: LocalStage, school_id: str, messages: Iterable[PortalMessage], taken_at: datetime) -> Snapshot:
    """Put a snapshot into the Portal's bucket and say so on its bus.

    Args:
        stage: a running stage.
        school_id: whose snapshot it is.
        messages: its lines.
        taken_at: the instant it shows, UTC; a later one outranks it.
    """
    settings = local_stage_settings()
    name = f"{taken_at.astimezone(UTC):%Y-%m-%dT%H-%M-%S-%f}"
    key = f"{settings.portal_snapshots_prefix}{school_id}/{name}.jsonl.gz"
    lines = [json.dumps({"detail-type": one.type, "detail": one.detail}, ensure_ascii=False) for one in messages]
    content = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
    stage.client("s3").put_object(Bucket=settings.portal_snapshots_bucket, Key=key, Body=content)
    instant = taken_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    available = {
        "school_id": school_id,
        "message_id": f"snapshot-{name}",
        "occurred_at": instant,
        "version": int(taken_at.timestamp() * 1000),
        "snapshot": {
            "id": f"snap-{name}",
            "bucket": settings.portal_snapshots_bucket,
            "key": key,
            "taken_at": instant,
            "records": len(lines),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    }
    stage.publish([PortalMessage("SnapshotAvailable", available)])
    return Snapshot(school_id, f"snap-{name}")


def report(stage: LocalStage, snapshot: Snapshot, seconds: float = TAKEN_SECONDS) -> dict[str, Any]:
    """What became of a snapshot: the product's own record of it, once it is finished or refused.

    Raises:
        TooLateError: it was neither in time.
    """
    return wait_for(f"the end of snapshot {snapshot.id}", lambda: _ended(stage, snapshot), seconds)


def _ended(stage: LocalStage, snapshot: Snapshot) -> dict[str, Any] | None:
    pages = (
        stage.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=local_stage_settings().physical("people"),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"SCH#{snapshot.school_id}#SNAPSHOTS"}},
            ConsistentRead=True,
        )
    )
    found = (json.loads(item["report"]["S"]) for page in pages for item in page["Items"] if "report" in item)
    return next((one for one in found if one["id"] == snapshot.id and one["state"] != "running"), None)
