"""A snapshot of 100,000 records: how long the function takes, and how much memory.

The function runs in a process of its own, as the Lambda does, against the embedded AWS (ministack, one Python process
on the same machine): what DynamoDB would do in parallel and without our processor is in the seconds, not in the MiB.
"""

import gzip
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from school_events.core import aws
from school_events.people.upkeep import SnapshotFile, SnapshotMessage
from tests.support.embedded_aws import embedded_aws
from tests.support.http_events import LambdaContext, sqs_event

RECORDS = 100_000
SCHOOL = "bench-school"
BUCKET = "portal-snapshots"
QUEUES = ("reconciliation", "portal-dlq")
LAMBDA_SECONDS = 900
FIRST_TAKEN = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)

_STAFF, _PUPILS, _CONTACTS = 2_000, 28_000, 32_000
_CHANGED_OF = 100


def run() -> dict[str, float | int]:
    """Time and peak memory of the first snapshot, when all is new, and of the next, of which one record in 100 differs.

    The harness calls this; nothing is printed.
    """
    figures: dict[str, float | int] = {}
    with embedded_aws() as there, there.used(), tempfile.TemporaryDirectory() as folder:
        aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
        urls = {name: str(aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]) for name in QUEUES}
        for number, name in enumerate(("all new", "1 % different")):
            message = _put(Path(folder) / "snapshot", number)
            measured = _in_a_process(there.url, urls, message)
            figures[f"snapshot, {name}: seconds"] = measured["seconds"]
            figures[f"snapshot, {name}: seconds of processor"] = measured["processor"]
            figures[f"snapshot, {name}: invocations"] = measured["invocations"]
            figures[f"snapshot, {name}: peak RSS MiB"] = measured["mib"]
    return figures


def _put(path: Path, number: int) -> SnapshotMessage:
    """Write a snapshot and put it into the Portal's bucket."""
    with gzip.open(path, "wb", compresslevel=6) as file:
        for line in _records(number):
            file.write(line)
    content = path.read_bytes()
    taken_at = FIRST_TAKEN + timedelta(days=number)
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"snapshot-{number}", Body=content)
    file_of = SnapshotFile(
        id=f"snapshot-{number}",
        bucket=BUCKET,
        key=f"snapshot-{number}",
        taken_at=taken_at,
        records=RECORDS,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    return SnapshotMessage(
        school_id=SCHOOL, message_id=f"message-{number}", version=number + 1, occurred_at=taken_at, snapshot=file_of
    )


def _records(number: int) -> Iterator[bytes]:
    """The lines of a very large school; of a later snapshot, one in a hundred is a new version with new content."""
    for index, (message_type, content) in enumerate(_things(number)):
        changed = number and index % _CHANGED_OF == 1
        detail = {
            "school_id": SCHOOL,
            "message_id": f"msg_{number}_{index:08d}",
            "occurred_at": "2026-10-01T08:00:00Z",
            "version": 2 if changed else 1,
        } | content
        if changed:
            _change(detail)
        yield json.dumps({"detail-type": message_type, "detail": detail}).encode() + b"\n"


def _things(number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    school = {
        "name": "Bench School",
        "time_zone": "Europe/London",
        "nation": "ENG",
        "authorised_categories": [
            "pupil_name", "year_group", "registration_group", "sen", "free_school_meals", "pupil_premium",
            "contact_name", "contact_details", "relationship", "staff",
        ],
        "parents_mfa_exempt": True,
    }  # fmt: skip
    yield "SchoolUpdated", {"school": school}
    for one in range(_STAFF):
        yield "StaffChanged", {"staff": _member(one)}
    for one in range(_PUPILS):
        yield "PupilChanged", {"pupil": _pupil(one)}
    for one in range(_CONTACTS):
        yield "ContactChanged", {"contact": _contact(one)}
    for one in range(RECORDS - 1 - _STAFF - _PUPILS - _CONTACTS):
        yield "LinkChanged", {"link": _link(one)}


def _member(one: int) -> dict[str, Any]:
    return {
        "id": f"sta_{one:06d}",
        "first_name": f"Morgan{one % 97}",
        "last_name": f"Okonkwo-Hughes{one}",
        "email": f"m.okonkwo{one}@school.test",
        "role": "Teacher of Mathematics",
        "app_roles": ["staff"],
    }


def _pupil(one: int) -> dict[str, Any]:
    return {
        "id": f"pup_{one:06d}",
        "first_name": f"Aoife{one % 331}",
        "last_name": f"Ní Bhriain{one}",
        "year_group": f"Year {one % 13 + 1}",
        "registration_group": f"{one % 13 + 1}{'ABCDEF'[one % 6]}",
        "characteristics": {
            "sen": {"status": "NKE"[one % 3], "starts_on": "2024-09-02"},
            "free_school_meals": {"eligible": one % 4 == 0, "starts_on": "2025-09-01"},
            "fsm_ever6": {"eligible": one % 3 == 0},
            "pupil_premium": {"eligible": one % 3 == 0},
        },
    }


def _contact(one: int) -> dict[str, Any]:
    return {
        "id": f"con_{one:06d}",
        "title": "Ms",
        "first_name": f"Niamh{one % 211}",
        "last_name": f"Ní Bhriain{one}",
        "email": f"niamh.{one}@family.test",
        "phone": f"07700 {900000 + one}",
    }


def _link(one: int) -> dict[str, Any]:
    return {
        "contact_id": f"con_{one % _CONTACTS:06d}",
        "pupil_id": f"pup_{(one * 7 + one // _CONTACTS) % _PUPILS:06d}",
        "relationship": "Mother",
        "priority": 1,
        "parental_responsibility": True,
        "restricted": False,
    }


def _change(detail: dict[str, Any]) -> None:
    for kind, field in (("staff", "role"), ("pupil", "registration_group"), ("contact", "title")):
        if kind in detail:
            detail[kind][field] = "Changed"
    if "link" in detail:
        detail["link"]["priority"] = 2


def _in_a_process(url: str, urls: dict[str, str], message: SnapshotMessage) -> dict[str, float | int]:
    environment = os.environ | {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "eu-west-2",
        "RECONCILIATION_QUEUE_URL": urls["reconciliation"],
        "PORTAL_DLQ_URL": urls["portal-dlq"],
        "PORTAL_SNAPSHOTS_BUCKET": BUCKET,
        "POWERTOOLS_SERVICE_NAME": "reconciliation",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.snapshot"],
        input=message.model_dump_json(),
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    measured: dict[str, float | int] = json.loads(done.stdout.splitlines()[-1])
    return measured


class _Invocation(LambdaContext):
    """An invocation with all the time that the function has, counted from now."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + LAMBDA_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        """How long it may still take."""
        return int((self._ends - time.monotonic()) * 1000)


def _work() -> None:
    """The function, called again as long as it asks for it; prints what it took."""
    from functions.reconciliation.handler import lambda_handler

    body: str | None = sys.stdin.read()
    began, invocations = time.monotonic(), 0
    while body is not None:
        answer = lambda_handler(sqs_event(body, queue="reconciliation"), _Invocation())
        if answer["batchItemFailures"]:
            raise SystemExit("the snapshot failed")
        invocations += 1
        body = _asked()
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "seconds": round(time.monotonic() - began, 1),
        "processor": round(used.ru_utime + used.ru_stime, 1),
        "invocations": invocations,
        "mib": _peak_mib(),
    }
    sys.stdout.write(f"\n{json.dumps(figures)}\n")


def _peak_mib() -> int:
    """The most memory this process has had; what ``getrusage`` says counts that of who started it as well."""
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(peak) // 1024


def _asked() -> str | None:
    url = os.environ["RECONCILIATION_QUEUE_URL"]
    found = aws.client("sqs").receive_message(QueueUrl=url).get("Messages", [])
    for one in found:
        aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return next((one["Body"] for one in found), None)


if __name__ == "__main__":
    _work()
