"""A snapshot that is delivered several times at once, while messages arrive: worked through once, and none is lost."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from school_events.core import aws
from school_events.people import store, sync
from school_events.people.snapshots import service
from school_events.people.snapshots import store as snapshots
from school_events.people.upkeep import SnapshotMessage
from tests.support.at_once import at_once
from tests.support.contexts import a_context
from tests.support.people import PORTAL, PortalMessage, pupil_told, received, school_told
from tests.support.snapshots import BUCKET, FIRST, make_bucket, packed, put
from tests.support.tables import messages

SNAPPED = "school-snapped"
PUPILS = 40
DELIVERIES = 4


@pytest.fixture
def _bucket_and_queue(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    buckets = aws.client("s3").list_buckets()["Buckets"]
    if BUCKET not in [one["Name"] for one in buckets]:
        make_bucket()
    url = aws.client("sqs").create_queue(QueueName="reconciliation")["QueueUrl"]
    monkeypatch.setenv("RECONCILIATION_QUEUE_URL", url)
    monkeypatch.setattr(service, "AGAIN_AFTER", timedelta(0))


def _of_the_school(message: PortalMessage) -> PortalMessage:
    message_type, detail = message
    return message_type, detail | {"school_id": SNAPPED}


def _tell(message: PortalMessage) -> None:
    ctx = a_context(SNAPPED, actor=PORTAL, deadline=FIRST + timedelta(days=400))
    assert not sync.apply(ctx, [received(_of_the_school(message))])


def _work(message: SnapshotMessage) -> None:
    now = FIRST + timedelta(hours=1)
    service.reconcile(
        a_context(SNAPPED, actor=PORTAL, now=now, deadline=now + timedelta(days=400)), message, lambda: now
    )


def _snapshot(school_version: int = 1) -> SnapshotMessage:
    pupils = [pupil_told(f"pupil-{number}") for number in range(PUPILS)]
    lines = [_of_the_school(one) for one in (school_told(version=school_version), *pupils)]
    taken_at = FIRST + timedelta(minutes=school_version)
    return put(packed(lines), records=len(lines), taken_at=taken_at, school_id=SNAPPED)


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """As long as the number of runs that really worked on a snapshot."""
    calls: list[None] = []
    work = service._work

    def counted(*args: Any) -> None:
        calls.append(None)
        work(*args)

    monkeypatch.setattr(service, "_work", counted)
    return calls


@pytest.mark.usefixtures("_bucket_and_queue")
def test_of_several_deliveries_at_once_one_works_and_the_others_come_again_and_newer_messages_win(
    worked: list[None],
) -> None:
    _tell(school_told())
    message = _snapshot()
    newer = [pupil_told(f"pupil-{number}", first_name="Newest", version=2) for number in range(0, PUPILS, 4)]
    acts: list[Callable[[], None]] = [partial(_work, message) for _ in range(DELIVERIES)]
    acts += [partial(_tell, one) for one in newer]
    at_once(acts)
    assert len(worked) == 1
    report = next(snapshots.reports(SNAPPED))
    assert report.state == "finished"
    for _ in messages("reconciliation"):
        _work(message)
    assert (len(worked), next(snapshots.reports(SNAPPED))) == (1, report)
    names = [f"pupil-{number}" for number in range(PUPILS)]
    found = store.find_pupils(SNAPPED, names)
    assert {name for name in names if found[name].first_name == "Newest"} == {one[1]["pupil"]["id"] for one in newer}


@pytest.mark.usefixtures("_bucket_and_queue")
def test_without_the_condition_of_the_claim_several_work_at_once(
    worked: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "save_if", lambda item, _: bool(item.save()) or True)
    _tell(school_told())
    message = _snapshot(school_version=2)
    at_once([partial(_work, message) for _ in range(DELIVERIES)])
    assert len(worked) > 1
