"""What families tell of a child's health: encrypted wherever it is kept, shown to few, each reading noted (D3, H6)."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError

from school_events.bookings.health import gateway, store
from school_events.core import aws
from school_events.people.aliases import alias_of
from tests.support.booked_world import a_school_with_families
from tests.support.contexts import NOW, SCHOOL
from tests.support.people import link_told, pupil_told, tell
from tests.support.tables import everything, rows
from tests.unit.functions.booking_answers.asking import (
    ADMIN,
    ALLOCATED,
    ANSWERS,
    FATHER,
    FILLED,
    FINANCE,
    LUNCH,
    MOTHER,
    NEIGHBOUR,
    ROUTE,
    SECRET,
    SHEET,
    STRANGER,
    a_trip,
    answered,
    ask,
    booked,
    values,
    version_of,
)

pytestmark = pytest.mark.usefixtures("tables")

SHOWN = dict(FILLED) | {"eats": ["nuts", "milk"]}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield


def _read() -> list[tuple[str, str, str]]:
    """Who read what, as the audit log has it."""
    lines = [row for row in rows("Audit") if row["action"]["S"].endswith(".read")]
    return sorted((row["action"]["S"], row["subject"]["S"], row["actor"]["S"]) for row in lines)


def test_nothing_that_is_kept_says_what_was_told() -> None:
    event = a_trip()
    booking_id = booked(event, headers={"Idempotency-Key": "key-1"})
    answered(event, booking_id, answers={**FILLED, "which": f"{SECRET}, treated"}, key="key-2")
    kept = json.dumps(everything())
    assert SECRET not in kept
    assert '"which"' not in json.dumps([row for row in rows("Bookings") if row["sk"]["S"] == "BOOKING"])
    (item,) = [row for row in rows("Bookings") if row["sk"]["S"] == "HEALTH"]
    assert {one["question_id"] for one in json.loads(item["record"]["S"])["answers"]} == {"ill", "which", "eats"}


def test_yes_is_as_long_as_no() -> None:
    event = a_trip()
    booking_id = booked(event)
    before = store.find_answers(SCHOOL, [booking_id])[booking_id].answers[0]
    answered(event, booking_id, answers={"goes": "yes", "lunch": "packed", "ill": "no"})
    after = store.find_answers(SCHOOL, [booking_id])[booking_id].answers[0]
    assert before.question_id == after.question_id == "ill"
    assert len(b64decode(before.sealed)) == len(b64decode(after.sealed))


@pytest.mark.parametrize(
    ("caller", "status"),
    [(ADMIN, 200), (ALLOCATED, 200), (MOTHER, 200), (STRANGER, 404), (FATHER, 404), (NEIGHBOUR, 404), (FINANCE, 403)],
)
def test_answers_are_read_by_who_gave_them_by_administrators_and_by_staff_of_the_event(
    caller: Mapping[str, Any], status: int
) -> None:
    booking_id = booked(a_trip())
    got, body = ask(ANSWERS, caller, booking_id=booking_id)
    assert got == status
    if status != 200:
        assert SECRET not in json.dumps(body)
        assert _read() == []
        return
    assert values(body) == SHOWN
    assert {one["question_id"]: one["sensitive"] for one in body["answers"] if one["sensitive"]} == {
        "ill": "medical",
        "which": "medical",
        "eats": "dietary",
    }
    kind = "contact" if caller is MOTHER else "staff"
    assert _read() == [("answers.read", booking_id, alias_of(SCHOOL, kind, caller["person"]))]


def test_the_booking_itself_shows_nobody_what_is_about_health() -> None:
    booking_id = booked(a_trip())
    for caller in (ADMIN, ALLOCATED, MOTHER, FATHER):
        from functions.bookings.handler import lambda_handler
        from tests.support.http_events import LambdaContext, http_event

        seen = lambda_handler(
            http_event(f"GET {ROUTE}/bookings/{{booking_id}}", {"booking_id": booking_id}, **caller), LambdaContext()
        )
        assert seen["statusCode"] == 200
        assert SECRET not in seen["body"]


def test_the_sheet_of_the_day_has_who_comes_in_pages_and_each_booking_is_noted() -> None:
    event = a_trip(capacity=4)
    told = [booked(event)]
    for pupil, contact in (("pupil-3", 3), ("pupil-4", 4)):
        caller = {"person": f"contact-{contact}", "roles": ["parent"]}
        item = {"pupil_id": pupil, "answers": {**FILLED, "which": "Hay fever"}, "form_version": version_of(event)}
        told += ask(f"POST {ROUTE}/bookings", caller, {"event_id": event.id, "items": [item]})[1]["booking_ids"]
    seen, cursor = [], None
    for _ in range(2):
        query = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        status, page = ask(SHEET, ALLOCATED, event_id=event.id, query=query)
        assert status == 200
        seen += page["items"]
        cursor = page["next_cursor"]
    assert cursor is None
    assert [one["booking_id"] for one in seen] == told
    assert [values(one)["which"] for one in seen] == [SECRET, "Hay fever", "Hay fever"]
    assert {name for one in seen for name in values(one)} == {"ill", "which", "eats"}
    assert [subject for _, subject, _ in _read()] == sorted(told)


def test_that_nothing_was_told_of_a_childs_health_is_a_reading_as_well() -> None:
    event = a_trip(LUNCH, {"id": "ill", "kind": "text", "prompt": "Ill?", "required": False, "sensitive": "medical"})
    booking_id = booked(event, {"lunch": "packed"})
    status, page = ask(SHEET, ALLOCATED, event_id=event.id)
    assert (status, [one["answers"] for one in page["items"]]) == (200, [[]])
    assert [(action, subject) for action, subject, _ in _read()] == [("answers.read", booking_id)]


@pytest.mark.parametrize(("caller", "status"), [(STRANGER, 404), (FINANCE, 403), (MOTHER, 403)])
def test_the_sheet_is_for_administrators_and_staff_of_the_event(caller: Mapping[str, Any], status: int) -> None:
    event = a_trip()
    booked(event)
    assert ask(SHEET, caller, event_id=event.id)[0] == status
    assert _read() == []


def test_an_answer_put_beside_another_booking_or_question_cannot_be_read(caplog: pytest.LogCaptureFixture) -> None:
    event = a_trip()
    booking_id = booked(event)
    item = next(row for row in rows("Bookings") if row["sk"]["S"] == "HEALTH")
    record = json.loads(item["record"]["S"])
    record["answers"][0]["sealed"] = record["answers"][1]["sealed"]
    aws.client("dynamodb").put_item(TableName="Bookings", Item=item | {"record": {"S": json.dumps(record)}})
    status, body = ask(ANSWERS, ADMIN, booking_id=booking_id)
    assert (status, values(body)) == (200, SHOWN | {"ill": None})
    assert "an answer cannot be decrypted" in caplog.text
    context = {"school": "school-2", "booking": booking_id, "question": "which"}
    with pytest.raises(gateway.Unreadable):
        gateway.unseal(record["answers"][1]["sealed"], context)


def test_an_answer_of_another_key_keeps_the_others_back_from_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    booking_id = booked(a_trip())
    decrypt = aws.client("kms").decrypt

    def refuse_one(**asked: Any) -> Any:
        if asked["EncryptionContext"]["question"] == "ill":
            raise ClientError({"Error": {"Code": "IncorrectKeyException", "Message": ""}}, "Decrypt")
        return decrypt(**asked)

    monkeypatch.setattr(aws.client("kms"), "decrypt", refuse_one)
    status, body = ask(ANSWERS, ADMIN, booking_id=booking_id)
    assert (status, values(body)) == (200, SHOWN | {"ill": None})


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"which": "x" * 1001}, "which"),
        ({"which": "\u0000" * 1000}, "which"),
        ({"ill": "perhaps"}, "ill"),
        ({"ill": ""}, "ill"),
        ({"eats": ["nuts", "beef"]}, "eats"),
    ],
)
def test_a_wrong_answer_about_health_is_named_and_not_repeated(answers: Mapping[str, Any], field: str) -> None:
    event = a_trip()
    before = everything()
    item = {"pupil_id": "pupil-1", "answers": {**FILLED, **answers}, "form_version": version_of(event)}
    status, problem = ask(f"POST {ROUTE}/bookings", MOTHER, {"event_id": event.id, "items": [item]})
    named = {one["field"] for one in problem["errors"]}
    assert status == 422
    assert f"items.0.answers.{field}" in named
    assert SECRET not in json.dumps(problem)
    assert everything() == before


@pytest.mark.parametrize("code", ["ThrottlingException", "KMSInternalException"])
def test_while_nothing_can_be_encrypted_nothing_is_booked(
    code: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event = a_trip()
    before = everything()

    def refuse(**asked: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": str(asked)}}, "Encrypt")

    monkeypatch.setattr(aws.client("kms"), "encrypt", refuse)
    item = {"pupil_id": "pupil-1", "answers": dict(FILLED), "form_version": version_of(event)}
    status, problem = ask(f"POST {ROUTE}/bookings", MOTHER, {"event_id": event.id, "items": [item]})
    assert status == 503
    assert SECRET not in json.dumps(problem) + caplog.text
    assert everything() == before


def test_a_full_event_encrypts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    event = a_trip(capacity=1)
    booked(event)
    monkeypatch.setattr(gateway, "seal", lambda *_: pytest.fail("encrypted"))
    item = {"pupil_id": "pupil-2", "answers": dict(FILLED), "form_version": version_of(event)}
    assert ask(f"POST {ROUTE}/bookings", MOTHER, {"event_id": event.id, "items": [item]})[0] == 409


def test_who_has_nothing_more_to_tell_leaves_nothing_kept() -> None:
    event = a_trip(LUNCH, {"id": "ill", "kind": "text", "prompt": "Ill?", "required": False, "sensitive": "medical"})
    booking_id = booked(event, {"lunch": "packed", "ill": SECRET})
    assert store.find_answers(SCHOOL, [booking_id])
    assert answered(event, booking_id, answers={"lunch": "school"})[0] == 200
    assert store.find_answers(SCHOOL, [booking_id]) == {}
    assert values(ask(ANSWERS, MOTHER, booking_id=booking_id)[1]) == {"lunch": "school"}


def test_a_household_too_large_for_one_transaction_is_told_to_book_some_then_others() -> None:
    children = [f"child-{number}" for number in range(16)]
    tell(*(pupil_told(one) for one in children), *(link_told("contact-1", one) for one in children))
    event = a_trip(capacity=20, invited=children)
    items = [{"pupil_id": one, "answers": dict(FILLED), "form_version": version_of(event)} for one in children]
    before = everything()
    status, problem = ask(f"POST {ROUTE}/bookings", MOTHER, {"event_id": event.id, "items": items})
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["items"])
    assert everything() == before
    assert ask(f"POST {ROUTE}/bookings", MOTHER, {"event_id": event.id, "items": items[:8]})[0] == 201
