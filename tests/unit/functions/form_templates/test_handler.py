"""Form templates through the routes: made once, listed, replaced and deleted; each school its own (D3)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from functions.form_templates.handler import lambda_handler
from functions.outbox.handler import lambda_handler as outbox
from school_events.events.forms import store, templates
from tests.support import crashes
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import a_small_school
from tests.support.streams import row_record, stream_event
from tests.support.tables import everything, rows

TEMPLATES = "/v1/schools/{school_id}/form-templates"
TEMPLATE = f"{TEMPLATES}/{{template_id}}"
SWIMS = {"id": "swims", "kind": "yes_no", "prompt": "Can your child swim?", "required": True}
HOW_FAR = {
    "id": "how_far",
    "kind": "number",
    "prompt": "How many metres?",
    "required": True,
    "number": {"least": 1, "most": 5000},
    "shown_if": {"question_id": "swims", "answers": ["yes"]},
}
SWIMMING = {"name": "Swimming", "questions": [SWIMS, HOW_FAR]}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_small_school()
    with time_machine.travel(NOW, tick=False):
        yield


def ask(route: str, template_id: str = "", body: Any = None, **others: Any) -> dict[str, Any]:
    """What a route answers, as the administrator."""
    path = {"template_id": template_id} if template_id else {}
    answer = lambda_handler(http_event(route, path, body, **others), LambdaContext())
    return {"status": answer["statusCode"], "headers": answer["headers"], "body": json_of(answer)}


def made(body: Any = SWIMMING, **others: Any) -> str:
    """A template's id."""
    answer = ask(f"POST {TEMPLATES}", body=body, **others)
    assert answer["status"] == 201, answer["body"]
    return str(answer["body"]["id"])


def read(version: int) -> dict[str, Any]:
    """The header that says what was read."""
    return {"headers": {"If-Match": f'"{version}"'}}


def fields(answer: dict[str, Any]) -> list[str]:
    """Which fields an answer blames."""
    return [error["field"] for error in answer["body"]["errors"]]


def test_a_template_that_was_made_is_read_with_its_questions_and_its_version() -> None:
    answer = ask(f"GET {TEMPLATE}", made())
    assert (answer["status"], answer["headers"]["ETag"]) == (200, '"1"')
    unasked: dict[str, Any] = {"choices": [], "number": None, "shown_if": None, "sensitive": None}
    assert answer["body"]["questions"] == [
        unasked | SWIMS,
        unasked | HOW_FAR | {"number": {"least": 1, "most": 5000, "whole": True}},
    ]


def test_the_same_request_makes_one_template() -> None:
    key = {"headers": {"Idempotency-Key": "key-1"}}
    assert made(**key) == made(**key)
    assert len(ask(f"GET {TEMPLATES}")["body"]["items"]) == 1


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ([SWIMS, SWIMS], "questions.1.id"),
        ([HOW_FAR, SWIMS], "questions.0.shown_if.question_id"),
        ([SWIMS | {"number": {"least": 1}}], "questions.0.number"),
        (
            [SWIMS, HOW_FAR | {"shown_if": {"question_id": "swims", "answers": ["maybe"]}}],
            "questions.1.shown_if.answers",
        ),
        ([HOW_FAR | {"number": {"least": 1.5}}], "questions.0.number.least"),
        ([SWIMS | {"sensitive": "financial"}], "questions.0.sensitive"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused_by_name_and_nothing_is_made(
    questions: list[dict[str, Any]], field: str
) -> None:
    before = everything()
    refused = ask(f"POST {TEMPLATES}", body={"name": "Wrong", "questions": questions})
    assert (refused["status"], fields(refused)) == (422, [field])
    assert everything() == before


def test_templates_are_listed_page_after_page_in_the_order_they_were_made() -> None:
    ids = [made({"name": f"Template {number}", "questions": []}) for number in range(5)]
    listed: list[str] = []
    cursor = None
    while True:
        query = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        page = ask(f"GET {TEMPLATES}", query=query)["body"]
        listed += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert listed == sorted(ids)


def test_of_two_who_replace_a_template_one_wins() -> None:
    template = made()
    first = ask(f"PUT {TEMPLATE}", template, SWIMMING | {"name": "First"}, **read(1))
    second = ask(f"PUT {TEMPLATE}", template, SWIMMING | {"name": "Second"}, **read(1))
    assert (first["status"], first["headers"]["ETag"], second["status"]) == (200, '"2"', 412)
    assert ask(f"GET {TEMPLATE}", template)["body"]["name"] == "First"


def test_a_write_that_somebody_was_faster_than_is_refused_by_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    template = made()
    seen = store.find_template(SCHOOL, template)
    assert ask(f"PUT {TEMPLATE}", template, SWIMMING | {"name": "First"}, **read(1))["status"] == 200
    monkeypatch.setattr(store, "find_template", lambda *_: seen)
    assert ask(f"PUT {TEMPLATE}", template, SWIMMING | {"name": "Second"}, **read(1))["status"] == 412
    assert ask(f"DELETE {TEMPLATE}", template, **read(1))["status"] == 412


def test_replacing_a_template_by_the_same_makes_no_new_version() -> None:
    template = made()
    same = ask(f"PUT {TEMPLATE}", template, SWIMMING, **read(1))
    assert (same["status"], same["headers"]["ETag"]) == (200, '"1"')


def test_a_deleted_template_is_gone_and_deleting_needs_the_version_that_was_read() -> None:
    template = made()
    assert ask(f"DELETE {TEMPLATE}", template, **read(7))["status"] == 412
    assert ask(f"DELETE {TEMPLATE}", template, **read(1))["status"] == 200
    assert ask(f"GET {TEMPLATE}", template)["status"] == 404
    assert ask(f"DELETE {TEMPLATE}", template, **read(1))["status"] == 404


def test_without_if_match_nothing_is_replaced() -> None:
    refused = ask(f"PUT {TEMPLATE}", made(), SWIMMING)
    assert (refused["status"], fields(refused)) == (422, ["If-Match"])


def test_what_was_done_to_a_template_is_in_the_audit_log() -> None:
    template = made()
    (row,) = [one for one in rows("Events") if template in one["sk"]["S"]]
    assert outbox(stream_event(row_record(row)), None) == {"batchItemFailures": []}
    (line,) = rows("Audit")
    assert (line["action"]["S"], line["subject"]["S"]) == ("form_template.created", template)


def test_a_deletion_that_broke_off_half_way_is_in_the_audit_log_and_can_be_finished() -> None:
    template = made()
    with crashes.watched(crashes.Calls(stop_before=2)), pytest.raises(crashes.Killed):
        templates.remove(a_context(), template, 1)
    (row,) = [one for one in rows("Events") if template in one["sk"]["S"]]
    assert '"form_template.deleted"' in row["change"]["S"]
    assert ask(f"DELETE {TEMPLATE}", template, **read(2))["status"] == 200
    assert ask(f"GET {TEMPLATE}", template)["status"] == 404
