"""A batch from the Portal's queue: the good are applied, the hopeless set aside with the reason, the rest retried."""

import json
from typing import Any

import pytest

from functions.portal_sync.handler import lambda_handler
from school_events.core import aws
from school_events.people import access, store, sync
from tests.support.contexts import PARENT, SCHOOL, a_context
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import (
    PortalMessage,
    contact_told,
    link_told,
    portal_message,
    pupil_told,
    school_told,
)
from tests.support.tables import rows

pytestmark = pytest.mark.usefixtures("tables")


def _on_the_bus(message: PortalMessage) -> dict[str, Any]:
    """As EventBridge puts a message on a queue."""
    message_type, detail = message
    return {
        "version": "0",
        "id": "191af99c-ef8c-5aae-ba21-172ee86ee490",
        "detail-type": message_type,
        "source": "portal",
        "account": "111122223333",
        "time": "2026-09-14T08:30:01Z",
        "region": "eu-west-2",
        "resources": [],
        "detail": detail,
    }


def _handled(*bodies: Any) -> list[str]:
    answer = lambda_handler(sqs_event(*bodies, queue="portal"), LambdaContext())
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def _dead() -> list[tuple[str, str]]:
    """Reason and body of what is in the dead-letter queue."""
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName="portal-dlq")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return [(one["MessageAttributes"]["reason"]["StringValue"], one["Body"]) for one in found.get("Messages", [])]


def test_a_batch_of_a_household_is_applied_whole() -> None:
    messages = (school_told(), pupil_told(), contact_told(), link_told())
    assert _handled(*(_on_the_bus(one) for one in messages)) == []
    assert [link.pupil_id for link in access.open_links(a_context(actor=PARENT), "contact-1")] == ["pupil-1"]
    assert _dead() == []


def test_a_message_that_can_never_be_right_is_set_aside_as_it_came_and_the_others_are_applied() -> None:
    poison = _on_the_bus(pupil_told("pupil-9", "Canary", "Distinctive", "Year 77"))
    assert _handled(_on_the_bus(school_told()), poison, _on_the_bus(pupil_told())) == []
    ((reason, body),) = _dead()
    assert reason == "invalid: pupil.year_group"
    assert json.loads(body) == poison
    assert set(store.find_pupils(SCHOOL, ["pupil-1", "pupil-9"])) == {"pupil-1"}


@pytest.mark.parametrize("message_type", ["SnapshotAvailable", "SchoolContractEnded", "PupilExpelled"])
def test_a_type_not_accepted_is_set_aside_as_unknown(message_type: str) -> None:
    assert _handled(_on_the_bus(portal_message(message_type, {"pupil_id": "pupil-1"}))) == []
    assert [reason for reason, _ in _dead()] == ["unknown-type"]
    assert rows("People") == []


def test_what_fails_for_another_reason_is_delivered_again_and_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    decide = sync._decide

    def down_for_one(*args: Any) -> Any:
        if args[2].ids == ("pupil-2",):
            raise ConnectionError
        return decide(*args)

    monkeypatch.setattr(sync, "_decide", down_for_one)
    bodies = [_on_the_bus(one) for one in (school_told(), pupil_told("pupil-1"), pupil_told("pupil-2"))]
    assert _handled(*bodies) == ["message-3"]
    assert set(store.find_pupils(SCHOOL, ["pupil-1", "pupil-2"])) == {"pupil-1"}
    monkeypatch.undo()
    assert _handled(bodies[2]) == []
    assert set(store.find_pupils(SCHOOL, ["pupil-1", "pupil-2"])) == {"pupil-1", "pupil-2"}


def test_a_dead_letter_queue_that_cannot_be_reached_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_DLQ_URL", "https://sqs.eu-west-2.amazonaws.com/123456789012/not-there")
    assert _handled("{", _on_the_bus(school_told())) == ["message-1"]
    assert store.find_school(SCHOOL).id == SCHOOL


def test_schools_of_one_batch_do_not_mix() -> None:
    other = ("PupilChanged", pupil_told()[1] | {"school_id": "school-2"})
    assert _handled(_on_the_bus(school_told()), _on_the_bus(pupil_told()), _on_the_bus(other)) == []
    assert set(store.find_pupils(SCHOOL, ["pupil-1"])) == {"pupil-1"}
    assert store.find_pupils("school-2", ["pupil-1"]) == {}


def test_nothing_personal_reaches_logs_metrics_or_the_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "_commit", _down)
    message = pupil_told("pupil-1", "Canaryfirst", "Canarylast", characteristics={"sen": {"status": "E"}})
    message[1]["pupil"]["Canaryfield Lane 7"] = "Canaryvalue"
    wrong = pupil_told("pupil-2", "Canaryfirst", "Canarylast", "Canaryyear")
    tell_school = _on_the_bus(school_told())
    assert _handled(tell_school, _on_the_bus(message), _on_the_bus(wrong)) == ["message-1"]
    output = capsys.readouterr()
    assert "Canary" not in output.out + output.err
    assert all("Canary" not in reason for reason, _ in _dead())


def _down(*_: Any) -> bool:
    raise ConnectionError("Canaryfirst Canarylast")
