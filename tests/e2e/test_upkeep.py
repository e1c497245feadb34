"""What keeps a whole school right, through the front door and under each function's own role (A2, A4)."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local import __main__ as command
from local import dead_letters, snapshots
from local.dead_letters import DeadLetter
from local.demo_school import PortalMessage
from local.deployed import local_stage_settings
from local.stage import LocalStage
from local.waiting import wait_for
from tests.e2e.small_school import EVERYTHING, SmallSchool

SPECIAL_NEEDS = {"status": "K", "starts_on": "2025-09-01"}


@pytest.fixture
def school(stage: LocalStage) -> SmallSchool:
    """A school that is announced, with an administrator."""
    school = SmallSchool(stage, f"small-{time.time_ns()}")
    school.publish(school.announced(), school.admin())
    return school


def take(school: SmallSchool, *pupils: PortalMessage, later: int = 0) -> dict[str, Any]:
    """Let the Portal publish a snapshot of the school with these pupils; what became of it."""
    lines = [school.announced(), school.admin(), *pupils]
    taken_at = datetime.now(UTC) + timedelta(seconds=later)
    return snapshots.report(school.stage, snapshots.publish(school.stage, school.id, lines, taken_at))


def test_a_snapshot_puts_right_what_was_missing_wrong_or_too_much(school: SmallSchool) -> None:
    school.publish(school.pupil("pup-1"), school.pupil("pup-2", "Mangled"), school.pupil("pup-3"))
    there = (school.pupil("pup-1"), school.pupil("pup-2", "Whole"), school.pupil("pup-4", "Late"))

    first = take(school, *there)

    assert (first["state"], first["drift"]["named_missing"]) == ("finished", ["pupil#pup-4"])
    assert first["drift"]["named_wrong"] == ["pupil#pup-2"]
    assert first["drift"]["named_extra"] == ["pupil#pup-3"]
    assert school.read("/pupils/pup-2")["last_name"] == "Whole"
    assert school.read("/pupils/pup-4")["last_name"] == "Late"
    # What one snapshot lacks is only told; a second one that lacks it too is believed.
    assert school.read("/pupils/pup-3")["last_name"] == "Khan"

    second = take(school, *there, later=1)

    assert second["state"] == "finished"
    assert school.read("/pupils/pup-3") is None
    assert school.read("/pupils/pup-1")["last_name"] == "Khan"


def test_a_snapshot_that_lacks_too_much_changes_nothing_and_is_a_dead_letter_with_its_reason(
    school: SmallSchool,
) -> None:
    school.publish(*(school.pupil(f"pup-{number}") for number in range(8)))

    refused = take(school, school.pupil("pup-0", "Changed"))

    assert (refused["state"], refused["reason"]) == ("refused", "too-many-absent: pupil")
    assert school.read("/pupils/pup-0")["last_name"] == "Khan"
    letters = wait_for("the dead letter", lambda: _letters(school))
    assert [(one.kind, one.reason) for one in letters] == [("SnapshotAvailable", "reason=too-many-absent: pupil")]


def test_a_snapshot_is_published_by_command_and_its_record_shown(
    stage: LocalStage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--port", str(stage.ports.first), "snapshot"]) == 0

    record = json.loads(capsys.readouterr().out)
    assert (record["state"], record["records"] > 4_000) == ("finished", True)


def test_what_a_school_no_longer_lets_us_hold_is_purged_and_comes_back_with_the_next_snapshot(
    school: SmallSchool,
) -> None:
    school.publish(school.pupil("pup-1"))
    school.await_pupil("pup-1", characteristics=_characteristics(SPECIAL_NEEDS))

    school.publish(school.announced([one for one in EVERYTHING if one != "sen"], version=2))

    school.await_pupil("pup-1", characteristics=_characteristics(None))
    assert "2025-09-01" not in str(_item(school, f"SCH#{school.id}#PUPIL#pup-1", "PUPIL"))

    school.publish(school.announced(version=3))
    lines = [school.announced(version=3), school.admin(), school.pupil("pup-1")]
    snapshot = snapshots.publish(school.stage, school.id, lines, datetime.now(UTC))
    assert snapshots.report(school.stage, snapshot)["state"] == "finished"
    school.await_pupil("pup-1", characteristics=_characteristics(SPECIAL_NEEDS))


def _letters(school: SmallSchool) -> list[DeadLetter]:
    return [one for one in dead_letters.show(school.stage, "portal") if school.id in one.body]


def _characteristics(sen: dict[str, str] | None) -> dict[str, object]:
    return {"sen": sen, "free_school_meals": None, "fsm_ever6": None, "pupil_premium": None}


def _item(school: SmallSchool, pk: str, sk: str) -> dict[str, Any]:
    """An item of the People table as it is kept."""
    answer = school.stage.client("dynamodb").get_item(
        TableName=local_stage_settings().physical("people"),
        Key={"pk": {"S": pk}, "sk": {"S": sk}},
        ConsistentRead=True,
    )
    item: dict[str, Any] = answer.get("Item", {})
    return item
