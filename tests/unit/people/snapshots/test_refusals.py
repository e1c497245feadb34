"""A snapshot that must not be applied changes nothing and is put aside with the reason (A2)."""

import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from school_events.core import aws
from school_events.people import intake, store
from school_events.people.snapshots import gateway, service
from school_events.people.upkeep import SnapshotMessage
from tests.support.contexts import SCHOOL
from tests.support.people import PortalMessage, portal_message, pupil_told, school_told, staff_told, tell
from tests.support.queues import dead_letters
from tests.support.snapshots import FIRST, SECOND, asked, make_bucket, packed, published, put, reconcile, report, work
from tests.support.tables import rows

TWENTY = [pupil_told(f"pupil-{number}") for number in range(20)]


@pytest.fixture(autouse=True)
def _bucket(tables: None) -> None:
    make_bucket()


def _people() -> list[dict[str, Any]]:
    return [row for row in rows("People") if row["kind"]["S"] not in {"snapshot", "snapshot_claim"}]


def _file(message: SnapshotMessage, **changes: Any) -> SnapshotMessage:
    return message.model_copy(update={"snapshot": message.snapshot.model_copy(update=changes)})


def _whole() -> SnapshotMessage:
    return published([school_told(), pupil_told()])


HOPELESS: dict[str, tuple[Callable[[], SnapshotMessage], str]] = {
    "it lies elsewhere": (lambda: _file(_whole(), bucket="somebody-elses"), "foreign-bucket"),
    "it is not there": (lambda: _file(_whole(), key="nowhere"), "not-there"),
    "it is not what the Portal named": (lambda: _file(_whole(), sha256="0" * 64), "sha256"),
    "it is damaged": (lambda: put(packed([school_told(), pupil_told()])[:-9], records=2), "damaged"),
    "it is empty": (lambda: put(gzip.compress(b""), records=0), "empty"),
    "it has fewer lines": (lambda: _file(_whole(), records=3), "records"),
    "it has more lines than we can remember": (lambda: _file(_whole(), records=1_000_001), "too-large"),
    "it has a line of another school": (
        lambda: published([school_told(), pupil_told(), portal_message("PupilLeft", {}, school_id="school-2")]),
        "foreign-school",
    ),
    "it was taken in the future": (
        lambda: published([school_told(), pupil_told()], FIRST + timedelta(hours=1, minutes=6)),
        "taken-in-the-future",
    ),
}


@pytest.mark.parametrize(("made", "reason"), HOPELESS.values(), ids=HOPELESS)
def test_a_hopeless_snapshot_changes_nothing_and_is_put_aside(made: Callable[[], SnapshotMessage], reason: str) -> None:
    tell(school_told(), *TWENTY)
    before = _people()
    message = made()
    work(message, now=FIRST + timedelta(hours=1))
    assert _people() == before
    ((told, body),) = dead_letters("portal-dlq")
    assert told == reason
    assert intake.read_envelope(body, "") == message
    assert report(message.snapshot.taken_at).reason == reason


def test_a_school_that_nobody_announced_gets_no_snapshot() -> None:
    reconcile([pupil_told()])
    assert _people() == []
    assert [reason for reason, _ in dead_letters("portal-dlq")] == ["unauthorised-school"]


def test_after_the_contracts_end_no_snapshot_is_applied() -> None:
    tell(school_told(), portal_message("SchoolContractEnded", {"ended_on": "2026-11-21"}, version=2))
    found = reconcile([school_told(), pupil_told()])
    assert (found.state, found.reason) == ("refused", "contract-ended")
    assert store.find_pupils(SCHOOL, ["pupil-1"]) == {}


def test_a_contracts_end_that_was_missed_is_all_that_is_heard_of_a_snapshot() -> None:
    tell(school_told(), pupil_told())
    ended = portal_message("SchoolContractEnded", {"ended_on": "2026-11-21"}, version=2)
    assert reconcile([school_told(), ended, pupil_told(version=2, first_name="Mia")]).reason == "contract-ended"
    assert store.find_school(SCHOOL).contract_ends_on == date(2026, 11, 21)
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].first_name == "Amelia"


def test_a_contracts_end_to_come_is_applied_with_the_rest() -> None:
    ended = portal_message("SchoolContractEnded", {"ended_on": "2027-08-31"}, version=2)
    assert reconcile([school_told(), ended, pupil_told()]).state == "finished"
    assert store.find_school(SCHOOL).contract_ends_on == date(2027, 8, 31)


def test_an_object_larger_than_the_disk_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "MOST_COMPRESSED", 100)
    found = reconcile([school_told(), pupil_told()])
    assert found.reason == "too-large"


def test_a_bucket_that_does_not_answer_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")

    message = _whole()
    with monkeypatch.context() as patch:
        patch.setattr(aws.client("s3"), "get_object", busy)
        with pytest.raises(ClientError):
            work(message)
    assert dead_letters("portal-dlq") == []
    work(message, now=FIRST + timedelta(hours=2))
    assert report().state == "finished"


def _but(absent: int) -> list[PortalMessage]:
    return [school_told(), *TWENTY[absent:]]


@pytest.mark.parametrize(("percent", "most"), [("10", 3), ("20", 4), ("25", 5), ("0", 3)])
def test_a_snapshot_that_lacks_more_than_its_share_is_refused_and_one_at_the_boundary_is_not(
    monkeypatch: pytest.MonkeyPatch, percent: str, most: int
) -> None:
    monkeypatch.setenv("SNAPSHOT_MOST_ABSENT_PERCENT", percent)
    tell(school_told(), *TWENTY)
    before = _people()
    refused = reconcile(_but(most + 1))
    assert (refused.state, refused.reason) == ("refused", "too-many-absent: pupil")
    assert refused.drift.extra == {"pupil": most + 1}
    assert _people() == before
    assert reconcile(_but(most), SECOND).state == "finished"
    assert _people() != before


def test_a_share_is_counted_by_kind() -> None:
    staff = [staff_told(f"staff-{number}") for number in range(4)]
    tell(school_told(), *TWENTY, *TWENTY, *staff)
    assert reconcile([school_told(), *TWENTY]).reason == "too-many-absent: staff"


def test_what_differs_in_a_refused_snapshot_is_not_applied_either() -> None:
    tell(school_told(), *TWENTY)
    reconcile([school_told(), pupil_told("pupil-new")])
    assert store.find_pupils(SCHOOL, ["pupil-new"]) == {}


def test_a_refused_snapshot_may_be_sent_again_and_does_not_keep_the_next_one_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell(school_told(), *TWENTY)
    message = published(_but(10))
    work(message)
    ((_, body),) = dead_letters("portal-dlq")
    again = intake.read_envelope(body, "")
    assert isinstance(again, SnapshotMessage)
    monkeypatch.setenv("SNAPSHOT_MOST_ABSENT_PERCENT", "50")
    work(again)
    assert report().state == "finished"
    assert len(list(store.all_pupils(SCHOOL, date(2026, 11, 22)))) == 20
    assert reconcile([school_told(), *TWENTY], SECOND).state == "finished"


def test_a_refusal_that_could_not_be_put_aside_is_refused_again(monkeypatch: pytest.MonkeyPatch) -> None:
    message = _file(_whole(), key="nowhere")

    def fails(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")

    with monkeypatch.context() as patch:
        patch.setattr(service, "put_aside", fails)
        with pytest.raises(ClientError):
            work(message)
    work(message)
    assert [reason for reason, _ in dead_letters("portal-dlq")] == ["not-there"]
    assert asked() == []


def test_a_reason_and_a_report_carry_nothing_of_what_a_line_says() -> None:
    line = pupil_told(first_name="Canary", last_name="Distinctive", year_group="Year 77")
    reconcile([school_told(), line, b'{"Canary": "Distinctive"}\n'])
    assert "Canary" not in str(rows("People"))
    assert "Distinctive" not in json.dumps(rows("People"), default=str)
