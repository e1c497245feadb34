"""A batch from the Portal's queue: the good are applied, the hopeless set aside with the reason, the rest retried."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.portal_sync.handler import lambda_handler
from school_events.core import clock
from school_events.people import access, store, upkeep, writing
from tests.support.contexts import PARENT, SCHOOL, a_context
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import (
    contact_told,
    link_told,
    portal_message,
    pupil_told,
    school_told,
)
from tests.support.portal_queue import on_the_bus
from tests.support.queues import dead_letters, waiting_later
from tests.support.tables import messages, rows

pytestmark = pytest.mark.usefixtures("tables")


def _handled(*bodies: Any) -> list[str]:
    answer = lambda_handler(sqs_event(*bodies, queue="portal"), LambdaContext())
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def _dead() -> list[tuple[str, str]]:
    return dead_letters("portal-dlq")


def test_a_batch_of_a_household_is_applied_whole() -> None:
    household = (school_told(), pupil_told(), contact_told(), link_told())
    assert _handled(*(on_the_bus(one) for one in household)) == []
    assert [link.pupil_id for link in access.open_links(a_context(actor=PARENT), "contact-1")] == ["pupil-1"]
    assert _dead() == []


def test_a_message_that_can_never_be_right_is_set_aside_as_it_came_and_the_others_are_applied() -> None:
    poison = on_the_bus(pupil_told("pupil-9", "Canary", "Distinctive", "Year 77"))
    assert _handled(on_the_bus(school_told()), poison, on_the_bus(pupil_told())) == []
    ((reason, body),) = _dead()
    assert reason == "invalid: pupil.year_group"
    assert json.loads(body) == poison
    assert set(store.find_pupils(SCHOOL, ["pupil-1", "pupil-9"])) == {"pupil-1"}


@pytest.mark.parametrize(
    ("message_type", "reason"),
    [
        ("PupilExpelled", "unknown-type"),
        ("PupilExpelled.v2", "unknown-type"),
        ("PupilChanged.v2", "unknown-version"),
        ("SnapshotAvailable.v9", "unknown-version"),
        ("", "unknown-type"),
    ],
)
def test_a_type_or_version_not_accepted_is_set_aside_with_which_of_the_two(message_type: str, reason: str) -> None:
    assert _handled(on_the_bus(portal_message(message_type, {"pupil_id": "pupil-1"}))) == []
    assert [given for given, _ in _dead()] == [reason]
    assert rows("People") == []


def test_a_message_after_the_end_of_the_contract_is_set_aside_and_is_no_failure() -> None:
    ended = portal_message("SchoolContractEnded", {"ended_on": "2026-01-01"}, version=2)
    assert _handled(on_the_bus(school_told()), on_the_bus(ended)) == []
    assert _handled(on_the_bus(pupil_told())) == []
    assert [reason for reason, _ in _dead()] == ["contract-ended"]
    assert store.find_pupils(SCHOOL, ["pupil-1"]) == {}


def test_a_snapshot_is_handed_on_to_be_reconciled_with() -> None:
    sample = Path("events_schemas/samples/portal/SnapshotAvailable.v1.json")
    assert _handled(json.loads(sample.read_text())) == []
    (asked,) = (upkeep.read(json.dumps(body)) for body in messages("reconciliation"))
    assert isinstance(asked, upkeep.SnapshotMessage)
    assert (asked.school_id, asked.snapshot.records) == ("demo-school", 4128)


def test_a_withdrawal_has_the_school_refitted_now_and_when_no_writer_can_hold_the_old_settings() -> None:
    withdrawn = on_the_bus(school_told(categories=["pupil_name"], version=2))
    assert _handled(on_the_bus(school_told())) == []
    assert messages("reconciliation") == []
    assert _handled(withdrawn) == []
    (now,) = (upkeep.read(json.dumps(body)) for body in messages("reconciliation"))
    assert now == upkeep.RefitMessage(school_id=SCHOOL, revision=2, last=False)
    assert waiting_later("reconciliation") == 1


def test_a_refitting_that_could_not_be_asked_for_is_asked_for_when_the_message_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    withdrawn = on_the_bus(school_told(categories=["pupil_name"], version=2))
    assert _handled(on_the_bus(school_told())) == []
    monkeypatch.setenv("RECONCILIATION_QUEUE_URL", "https://sqs.eu-west-2.amazonaws.com/123456789012/not-there")
    assert _handled(withdrawn) == ["message-1"]
    monkeypatch.undo()
    assert _handled(withdrawn) == []
    assert len(messages("reconciliation")) == 1


def test_what_has_not_happened_yet_is_set_aside_since_nothing_could_repair_it_until_then() -> None:
    name, detail = pupil_told()
    in_time, early = (clock.to_text(clock.utc_now() + timedelta(minutes=minutes)) for minutes in (4, 6))
    assert _handled(on_the_bus(school_told()), on_the_bus((name, detail | {"occurred_at": early}))) == []
    assert [reason for reason, _ in _dead()] == ["invalid: occurred_at"]
    assert store.find_pupils(SCHOOL, ["pupil-1"]) == {}
    assert _handled(on_the_bus((name, detail | {"occurred_at": in_time}))) == []
    assert set(store.find_pupils(SCHOOL, ["pupil-1"])) == {"pupil-1"}


def test_what_fails_for_another_reason_is_delivered_again_and_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    decide = writing.decide

    def down_for_one(*args: Any) -> Any:
        if args[2].ids == ("pupil-2",):
            raise ConnectionError
        return decide(*args)

    monkeypatch.setattr(writing, "decide", down_for_one)
    bodies = [on_the_bus(one) for one in (school_told(), pupil_told("pupil-1"), pupil_told("pupil-2"))]
    assert _handled(*bodies) == ["message-3"]
    assert set(store.find_pupils(SCHOOL, ["pupil-1", "pupil-2"])) == {"pupil-1"}
    monkeypatch.undo()
    assert _handled(bodies[2]) == []
    assert set(store.find_pupils(SCHOOL, ["pupil-1", "pupil-2"])) == {"pupil-1", "pupil-2"}


def test_a_dead_letter_queue_that_cannot_be_reached_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_DLQ_URL", "https://sqs.eu-west-2.amazonaws.com/123456789012/not-there")
    assert _handled("{", on_the_bus(school_told())) == ["message-1"]
    assert store.find_school(SCHOOL).id == SCHOOL


def test_schools_of_one_batch_do_not_mix() -> None:
    other = ("PupilChanged", pupil_told()[1] | {"school_id": "school-2"})
    assert _handled(on_the_bus(school_told()), on_the_bus(pupil_told()), on_the_bus(other)) == []
    assert set(store.find_pupils(SCHOOL, ["pupil-1"])) == {"pupil-1"}
    assert store.find_pupils("school-2", ["pupil-1"]) == {}


def test_nothing_personal_reaches_logs_metrics_or_the_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "commit", _down)
    message = pupil_told("pupil-1", "Canaryfirst", "Canarylast", characteristics={"sen": {"status": "E"}})
    message[1]["pupil"]["Canaryfield Lane 7"] = "Canaryvalue"
    wrong = pupil_told("pupil-2", "Canaryfirst", "Canarylast", "Canaryyear")
    tell_school = on_the_bus(school_told())
    assert _handled(tell_school, on_the_bus(message), on_the_bus(wrong)) == ["message-1"]
    output = capsys.readouterr()
    assert "Canary" not in output.out + output.err
    assert all("Canary" not in reason for reason, _ in _dead())


def _down(*_: Any) -> bool:
    raise ConnectionError("Canaryfirst Canarylast")
