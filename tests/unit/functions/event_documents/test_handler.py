"""Documents through the routes: asked for, sent, confirmed, fetched by whom they are for, taken away (B9)."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine

from functions.event_documents.handler import lambda_handler as event_documents
from functions.housekeeping.handler import lambda_handler as housekeeping
from functions.outbox.handler import lambda_handler as outbox
from school_events.core import aws
from school_events.events.documents import gateway, rules
from tests.support.contexts import NOW, SCHOOL
from tests.support.crashes import Calls, Killed, watched
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.memory import made_once
from tests.support.people import link_removed, tell
from tests.support.streams import row_record, stream_event
from tests.support.tables import INDEXES, everything, rows
from tests.unit.events.documents.things import PDF
from tests.unit.functions.events.asking import (
    EVENT,
    a_school_with_a_calendar,
    as_parent,
    as_staff,
    call,
    invited,
    made,
    published,
    version_of,
)

DOCUMENTS = f"{EVENT}/documents"
DOCUMENT = f"{DOCUMENTS}/{{document_id}}"
ASK, LIST = f"POST {DOCUMENTS}", f"GET {DOCUMENTS}"
CONFIRM, FETCH, REMOVE = f"POST {DOCUMENT}/confirm", f"GET {DOCUMENT}/file", f"DELETE {DOCUMENT}"
LETTER: dict[str, Any] = {
    "name": "Letter to parents",
    "kind": "letter",
    "content_type": "application/pdf",
    "size": len(PDF),
}
RISKS = LETTER | {"name": "Risks", "kind": "risk_assessment"}
STAFF = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    made_once(a_school_with_a_calendar, *INDEXES)
    with time_machine.travel(NOW, tick=False):
        yield


def ask(route: str, event_id: str, document_id: str | None = None, body: Any = None, **others: Any) -> dict[str, Any]:
    """What a route answers; as the administrator unless told."""
    path = {"event_id": event_id} | ({"document_id": document_id} if document_id else {})
    answer = event_documents(http_event(route, path, body, **others), LambdaContext())
    body = json_of(answer) if answer["body"] else None
    return {"status": answer["statusCode"], "body": body, "headers": answer["headers"]}


def asked(event_id: str, body: dict[str, Any] = LETTER) -> dict[str, Any]:
    """A document that waits for its file, and where that goes."""
    answer = ask(ASK, event_id, body=body)
    assert answer["status"] == 201, answer
    return dict(answer["body"])


def send(upload: dict[str, Any], content: bytes = PDF, content_type: str = "application/pdf") -> None:
    """What storage does with a form it takes; the local stage takes real ones (``tests/e2e``)."""
    aws.client("s3").put_object(Bucket="documents", Key=upload["fields"]["key"], Body=content, ContentType=content_type)


def added(event_id: str, body: dict[str, Any] = LETTER) -> str:
    """A document that can be seen."""
    document = asked(event_id, body)
    send(document["upload"])
    assert ask(CONFIRM, event_id, document["document"]["id"])["status"] == 200
    return str(document["document"]["id"])


def seen(event_id: str, **caller: Any) -> list[str]:
    """The names somebody sees in the list."""
    answer = ask(LIST, event_id, **caller)
    assert answer["status"] == 200, answer
    return [one["name"] for one in answer["body"]["items"]]


def stored() -> list[str]:
    """The keys of all files there are."""
    return [one["Key"] for one in aws.client("s3").list_objects_v2(Bucket="documents").get("Contents", [])]


def clear_up(after: timedelta) -> int:
    """What a run of housekeeping does about documents, so much later."""
    with time_machine.travel(NOW + after):
        return housekeeping({}, LambdaContext(remaining_ms=50_000))["documents"]


def test_the_form_lets_exactly_what_was_said_be_sent_to_exactly_one_place_and_not_for_long() -> None:
    event_id = made()
    answer = asked(event_id)
    key = f"waiting/{SCHOOL}/{event_id}/{answer['document']['id']}"
    policy = json.loads(base64.b64decode(answer["upload"]["fields"]["policy"]))
    assert {"key": key} in policy["conditions"]
    assert {"bucket": "documents"} in policy["conditions"]
    assert {"Content-Type": "application/pdf"} in policy["conditions"]
    assert ["content-length-range", len(PDF), len(PDF)] in policy["conditions"]
    assert not [one for one in policy["conditions"] if "starts-with" in one]
    assert policy["expiration"] == "2026-11-23T09:10:00Z" == answer["upload"]["expires_at"]
    assert urlsplit(answer["upload"]["url"]).hostname == "documents.s3.eu-west-2.amazonaws.com"


def test_a_document_is_seen_by_nobody_else_before_it_is_confirmed() -> None:
    event_id = _trip_with_teacher_and_family()
    document = asked(event_id)
    document_id = document["document"]["id"]
    everybody: tuple[dict[str, Any], ...] = ({}, as_staff(), as_parent())
    for _ in ("before it is sent", "after"):
        assert [seen(event_id, **who) for who in everybody] == [["Letter to parents"], [], []]
        assert [ask(FETCH, event_id, document_id, **who)["status"] for who in everybody] == [404] * 3
        send(document["upload"])


def test_a_confirmed_document_is_fetched_by_a_link_that_says_nothing_and_saves_a_file() -> None:
    event_id = _trip_with_teacher_and_family()
    document_id = added(event_id)
    answer = ask(FETCH, event_id, document_id, **as_parent())
    assert (answer["status"], answer["headers"]["Cache-Control"]) == (303, "no-store")
    link = urlsplit(answer["headers"]["Location"])
    assert (link.hostname, link.path) == (
        "documents.s3.eu-west-2.amazonaws.com", f"/kept/{SCHOOL}/{event_id}/{document_id}",
    )  # fmt: skip
    assert "X-Amz-Expires=300&" in link.query
    assert "etter" not in link.query
    kept = aws.client("s3").get_object(Bucket="documents", Key=link.path[1:])
    assert kept["Body"].read() == PDF
    assert kept["ContentDisposition"] == (
        "attachment; filename=\"Letter to parents.pdf\"; filename*=UTF-8''Letter%20to%20parents.pdf"
    )


def _trip_with_teacher_and_family() -> str:
    event_id = published()
    assert call(f"PUT {EVENT}/staff", event_id, STAFF, headers=version_of(event_id))["statusCode"] == 200
    invited(event_id, "pupil-1")
    return event_id


def test_a_risk_assessment_is_for_staff_and_reading_it_is_in_the_audit_log() -> None:
    event_id = _trip_with_teacher_and_family()
    risks = added(event_id, RISKS)
    added(event_id)
    assert seen(event_id, **as_parent()) == ["Letter to parents"]
    assert seen(event_id, **as_staff()) == ["Risks", "Letter to parents"]
    assert ask(FETCH, event_id, risks, **as_parent())["status"] == 404
    before = rows("Audit")
    assert ask(FETCH, event_id, risks, **as_staff())["status"] == 303
    (line,) = [row for row in rows("Audit") if row not in before]
    assert (line["action"]["S"], line["subject"]["S"]) == ("document.read", risks)


def test_staff_of_other_events_and_families_who_are_not_invited_find_nothing() -> None:
    event_id = published()
    document_id = added(event_id)
    for who in (as_staff("staff-2"), as_parent()):
        assert ask(LIST, event_id, **who)["status"] == 404
        assert ask(FETCH, event_id, document_id, **who)["status"] == 404


def test_a_cut_link_closes_documents_at_the_next_request() -> None:
    event_id = _trip_with_teacher_and_family()
    document_id = added(event_id)
    assert ask(FETCH, event_id, document_id, **as_parent())["status"] == 303
    tell(link_removed("contact-1", "pupil-1"))
    assert ask(LIST, event_id, **as_parent())["status"] == 404
    assert ask(FETCH, event_id, document_id, **as_parent())["status"] == 404


def test_a_document_of_another_event_is_not_there() -> None:
    document_id = added(made())
    other = made()
    for route in (CONFIRM, FETCH, REMOVE):
        assert ask(route, other, document_id)["status"] == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "fdp\u202e.exe"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"kind": "poem"}, "kind"),
        ({"content_type": "text/html"}, "content_type"),
        ({"content_type": "application/pdf; charset=x"}, "content_type"),
        ({"size": 0}, "size"),
        ({"size": rules.MOST_BYTES + 1}, "size"),
        ({"size": "12"}, "size"),
        ({"shown_to": "everybody"}, "shown_to"),
        ({"key": "kept/other"}, "key"),
    ],
)
def test_what_makes_no_sense_is_named_and_changes_nothing(change: dict[str, Any], field: str) -> None:
    event_id = made()
    before = everything()
    answer = ask(ASK, event_id, body=LETTER | change)
    assert (answer["status"], answer["body"]["errors"][0]["field"]) == (422, field)
    assert everything() == before


@pytest.mark.parametrize(
    ("content", "content_type", "field"),
    [
        (PDF + b" ", "application/pdf", "size"),
        (b"<" + PDF[1:], "application/pdf", "content_type"),
        (PDF, "text/html", "content_type"),
    ],
)
def test_a_file_that_is_not_what_was_said_is_never_seen_and_goes_within_the_hour(
    content: bytes, content_type: str, field: str
) -> None:
    event_id = _trip_with_teacher_and_family()
    document = asked(event_id)
    send(document["upload"], content, content_type)
    before = everything()
    answer = ask(CONFIRM, event_id, document["document"]["id"])
    assert (answer["status"], answer["body"]["errors"][0]["field"]) == (422, field)
    assert everything() == before
    assert seen(event_id, **as_parent()) == []
    assert clear_up(timedelta(minutes=59)) == 0
    assert clear_up(timedelta(minutes=61)) == 1
    assert (stored(), seen(event_id), _items()) == ([], [], [])


def _items() -> list[str]:
    return [row["state"]["S"] for row in rows("Events") if row["kind"]["S"] == "document"]


def test_a_wrong_file_can_be_sent_again_in_time() -> None:
    document = asked(event_id := made())
    for content, status in ((b"<html>", 422), (PDF, 200)):
        send(document["upload"], content)
        assert ask(CONFIRM, event_id, document["document"]["id"])["status"] == status


def test_without_a_file_or_too_late_nothing_is_confirmed() -> None:
    event_id = made()
    document = asked(event_id)
    assert ask(CONFIRM, event_id, document["document"]["id"])["status"] == 409
    send(document["upload"])
    with time_machine.travel(NOW + rules.CONFIRMED_WITHIN):
        assert ask(CONFIRM, event_id, document["document"]["id"])["status"] == 409


def test_what_is_sent_after_it_was_confirmed_reaches_nobody() -> None:
    event_id = _trip_with_teacher_and_family()
    document = asked(event_id)
    send(document["upload"])
    document_id = document["document"]["id"]
    first = ask(CONFIRM, event_id, document_id)
    send(document["upload"], b"%PDF-evil" + PDF[9:])
    assert ask(CONFIRM, event_id, document_id) == first
    key = urlsplit(ask(FETCH, event_id, document_id, **as_parent())["headers"]["Location"]).path[1:]
    assert aws.client("s3").get_object(Bucket="documents", Key=key)["Body"].read() == PDF


def test_the_same_request_twice_asks_for_one_document() -> None:
    event_id = made()
    headers = {"Idempotency-Key": "key-1"}
    first, second = (ask(ASK, event_id, body=LETTER, headers=headers) for _ in range(2))
    assert first["body"]["document"] == second["body"]["document"]
    assert second["body"]["upload"]["fields"]["key"] == first["body"]["upload"]["fields"]["key"]
    assert ask(ASK, event_id, body=RISKS, headers=headers)["status"] == 422
    assert [row for row in rows("Idempotency") if "policy" in str(row)] == []
    send(second["body"]["upload"])
    assert ask(CONFIRM, event_id, first["body"]["document"]["id"])["status"] == 200
    again = ask(ASK, event_id, body=LETTER, headers=headers)
    assert (again["body"]["document"]["state"], again["body"]["upload"]) == ("ready", None)


def test_a_removed_document_is_gone_at_once_and_its_file_within_minutes() -> None:
    event_id = _trip_with_teacher_and_family()
    document_id = added(event_id)
    assert ask(REMOVE, event_id, document_id)["body"] == {"id": document_id}
    assert seen(event_id) == []
    for route in (FETCH, CONFIRM, REMOVE):
        assert ask(route, event_id, document_id)["status"] == 404
    assert len(stored()) == 2
    assert clear_up(timedelta(seconds=61)) == 1
    assert (stored(), _items()) == ([], [])


def test_an_event_takes_twenty_documents() -> None:
    event_id = made()
    for _ in range(rules.MOST_DOCUMENTS):
        asked(event_id)
    before = everything()
    assert ask(ASK, event_id, body=LETTER)["status"] == 409
    assert everything() == before


def test_a_cancelled_event_takes_no_more_documents_and_families_keep_what_there_is() -> None:
    event_id = _trip_with_teacher_and_family()
    document_id = added(event_id)
    assert call(f"POST {EVENT}/cancel", event_id)["statusCode"] == 200
    assert ask(ASK, event_id, body=LETTER)["status"] == 409
    assert seen(event_id, **as_parent()) == ["Letter to parents"]
    assert ask(REMOVE, event_id, document_id)["status"] == 200


def test_a_deleted_draft_takes_its_documents_with_it() -> None:
    event_id = made()
    added(event_id)
    asked(event_id, RISKS)
    assert call(f"DELETE {EVENT}", event_id, headers=version_of(event_id))["statusCode"] == 200
    assert _items() == ["removed", "removed"]
    assert clear_up(timedelta(seconds=61)) == 2
    assert (stored(), [row for row in rows("Events") if event_id in row["pk"]["S"]]) == ([], [])


def test_a_copy_of_an_event_has_no_documents() -> None:
    event_id = made()
    added(event_id)
    again = {
        "takes_place": {"starts_at": "2027-02-05T08:30", "ends_at": "2027-02-05T17:00"},
        "booking_window": {"opens_at": "2027-01-10T00:00:00Z", "closes_at": "2027-02-01T00:00:00Z"},
    }
    copy = json_of(call(f"POST {EVENT}/duplicate", event_id, again))["id"]
    assert seen(copy) == []


def test_adding_and_removing_are_in_the_audit_log() -> None:
    event_id = made()
    document_id = added(event_id)

    def last_line() -> tuple[str, str]:
        records = [row_record(row) for row in rows("Events") if row["kind"]["S"] == "document"]
        assert outbox(stream_event(*records), LambdaContext()) == {"batchItemFailures": []}
        line = rows("Audit")[-1]
        return line["action"]["S"], line["subject"]["S"]

    assert last_line() == ("document.added", document_id)
    with time_machine.travel(NOW + timedelta(seconds=5)):
        ask(REMOVE, event_id, document_id)
    assert last_line() == ("document.removed", document_id)


def _killed_while_confirming(point: int) -> tuple[str, str]:
    event_id = made()
    document = asked(event_id)
    send(document["upload"])
    with pytest.raises(Killed), watched(Calls(stop_before=point)):
        ask(CONFIRM, event_id, document["document"]["id"])
    return event_id, document["document"]["id"]


def test_killed_anywhere_a_confirmation_can_be_asked_for_again() -> None:
    for point in _points_of_confirming():
        event_id, document_id = _killed_while_confirming(point)
        assert ask(CONFIRM, event_id, document_id)["body"]["state"] == "ready"
        assert clear_up(timedelta(hours=2)) == 0
        assert ask(FETCH, event_id, document_id)["status"] == 303


def test_killed_anywhere_and_never_asked_for_again_no_file_is_left_that_nobody_sees() -> None:
    for point in _points_of_confirming():
        event_id, document_id = _killed_while_confirming(point)
        (document,) = ask(LIST, event_id)["body"]["items"]
        clear_up(timedelta(hours=2))
        left = [key for key in stored() if document_id in key and key.startswith("kept/")]
        assert bool(left) == (document["state"] == "ready")


def _points_of_confirming() -> list[int]:
    event_id = made()
    document = asked(event_id)
    send(document["upload"])
    with watched(Calls()) as calls:
        assert ask(CONFIRM, event_id, document["document"]["id"])["status"] == 200
    return calls.points()


def test_while_storage_does_not_answer_nothing_is_cleared_away_and_it_is_done_minutes_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event_id = made()
    document_id = added(event_id)
    ask(REMOVE, event_id, document_id)
    with monkeypatch.context() as broken:
        broken.setattr(gateway, "delete", lambda *_: 1 / 0)
        assert clear_up(timedelta(minutes=2)) == 1
    assert len(stored()) == 2
    assert clear_up(timedelta(minutes=8)) == 1
    assert (stored(), _items()) == ([], [])
