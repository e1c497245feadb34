"""The function that works on whole schools: each message of its queue is a snapshot or a refit, and nothing else."""

from typing import Any

import pytest

from functions.reconciliation.handler import lambda_handler
from school_events.people import store, upkeep
from school_events.people.snapshots.model import SnapshotReport
from school_events.people.snapshots.store import reports
from tests.support.contexts import SCHOOL
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import contact_told, pupil_told, school_told, tell
from tests.support.snapshots import make_bucket, published
from tests.support.tables import messages, rows

LONG = LambdaContext(remaining_ms=900_000)


@pytest.fixture(autouse=True)
def _bucket(tables: None) -> None:
    make_bucket()


def _handled(*bodies: str, context: LambdaContext = LONG) -> list[str]:
    answer: dict[str, Any] = lambda_handler(sqs_event(*bodies, queue="reconciliation"), context)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def _report() -> SnapshotReport:
    return next(reports(SCHOOL))


def test_a_snapshot_is_reconciled() -> None:
    message = published([school_told(), pupil_told(), contact_told()])
    assert _handled(message.model_dump_json()) == []
    assert _report().state == "finished"
    assert set(store.find_pupils(SCHOOL, ["pupil-1"])) == {"pupil-1"}
    stamps = [row["change"]["S"] for row in rows("People") if "change" in row]
    assert all('"actor_kind":"portal","actor_id":"snapshot"' in stamp for stamp in stamps)


def test_without_time_a_snapshot_is_asked_for_again() -> None:
    body = published([school_told(), pupil_told()]).model_dump_json()
    assert _handled(body, context=LambdaContext(remaining_ms=50_000)) == []
    assert _report().state == "running"
    (again,) = messages("reconciliation")
    assert again["kind"] == "snapshot"
    assert _handled(body) == []
    assert _report().state == "finished"


def test_a_school_is_refitted() -> None:
    tell(school_told(), pupil_told())
    tell(school_told(categories=[], version=2))
    item = next(row for row in rows("People") if row["sk"]["S"] == "SCHOOL")
    message = upkeep.RefitMessage(school_id=SCHOOL, revision=int(item["unsettled"]["N"]), last=True)
    assert _handled(message.model_dump_json()) == []
    assert "Amelia" not in str(rows("People"))
    assert "unsettled" not in next(row for row in rows("People") if row["sk"]["S"] == "SCHOOL")


def test_what_is_neither_stays_in_the_queue_and_changes_nothing() -> None:
    bodies = ["not json", '{"kind": "party"}', '{"kind": "refit", "school_id": "school-1"}']
    assert _handled(*bodies) == ["message-1", "message-2", "message-3"]
    assert rows("People") == []
