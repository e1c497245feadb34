"""Logs say what happened without saying to whom: no name, address or text of a person (I4)."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from school_events.core.logs import logger
from tests.support.http_events import http_event, json_of
from tests.unit.core.conftest import LogLines
from tests.unit.core.test_http_door import status
from tests.unit.core.things import PERSON, THING, THINGS, Things

EMAIL = "zofia.canary@nosey.test"
ONE = {"thing_id": "thing-1"}


@pytest.fixture
def lines(
    log_lines: LogLines, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[LogLines]:
    """Our own log lines; whatever anybody logged or printed is searched for canaries at the end."""
    caplog.set_level(logging.INFO)
    yield log_lines
    printed = capsys.readouterr()
    everything = printed.out + printed.err + caplog.text + str(log_lines())
    everything += " ".join(str(vars(record)) for record in caplog.records)
    for canary in (PERSON, ascii(PERSON)[1:-1], "Canary", EMAIL, "nosey", "thing-1"):
        assert canary not in everything


def with_canaries(route: str) -> dict[str, Any]:
    event = http_event(
        route,
        ONE,
        {"name": PERSON, "email": EMAIL},
        query={"q": PERSON},
        headers={"x-name": EMAIL, "idempotency-key": EMAIL, "if-match": EMAIL},
    )
    event["rawPath"] = f"/v1/schools/school-1/things/{EMAIL}"
    return event


@pytest.mark.parametrize("route", [f"POST {THINGS}", f"GET {THING}", f"PATCH {THING}", f"POST {THING}/book", "GET /x"])
def test_no_request_leaves_anything_of_a_person_in_the_logs(lines: LogLines, route: str) -> None:
    Things().send(with_canaries(route))
    assert lines()


def test_an_answered_request_is_logged_by_route_status_and_time(lines: LogLines) -> None:
    Things().call(f"GET {THING}", ONE)
    (line,) = [one for one in lines() if one["message"] == "answered"]
    assert (line["route"], line["status"], line["request_id"]) == (f"GET {THING}", 200, "request-1")
    assert line["ms"] >= 0


def test_a_bug_is_answered_without_details_and_logged_by_kind_and_place(lines: LogLines) -> None:
    answer = Things().send(with_canaries(f"POST {THING}/break"))
    assert status(answer) == 500
    assert json_of(answer) == {
        "type": "urn:school-events:problem:internal",
        "title": "Something went wrong on our side",
        "status": 500,
        "detail": "",
        "errors": [],
    }
    (line,) = [one for one in lines() if one["level"] == "ERROR"]
    assert (line["message"], line["error"], line["request_id"]) == ("unexpected", "ValueError", "request-1")
    assert "things.py:" in line["where"]


def test_what_one_request_was_about_is_not_said_of_the_next(lines: LogLines) -> None:
    things = Things()
    things.call(f"GET {THING}", ONE)
    logger.info("between requests")
    assert not {"route", "request_id"} & set(lines()[-1])


@pytest.mark.parametrize(
    "busy",
    [ClientError({"Error": {"Code": "ThrottlingException"}}, "Query"), ReadTimeoutError(endpoint_url="https://db")],
)
def test_a_busy_table_is_no_bug_and_the_caller_may_come_back(lines: LogLines, busy: Exception) -> None:
    things = Things()

    @things.api.route("GET", "/v1/busy", public=True, summary="Busy")
    def is_busy() -> None:
        raise busy

    answer = things.call("GET /v1/busy", roles=())
    assert status(answer) == 503
    assert answer["headers"]["Retry-After"]
    assert not [one for one in lines() if one["level"] == "ERROR"]


def test_an_error_before_the_route_is_reached_says_no_more(lines: LogLines, monkeypatch: pytest.MonkeyPatch) -> None:
    things = Things()

    def explode(*_: object) -> None:
        raise LookupError(PERSON)

    monkeypatch.setattr(things.api, "_access", explode)
    assert status(things.call(f"GET {THING}", ONE)) == 500
    assert [one["error"] for one in lines() if one["level"] == "ERROR"] == ["LookupError"]


@pytest.mark.parametrize("library", ["botocore.credentials", "pynamodb.settings", "stripe", "urllib3.connectionpool"])
def test_libraries_say_nothing_of_calls_that_go_well(library: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger(library).info("a call went well")
    logging.getLogger(library).warning("a call went wrong")
    assert caplog.messages == ["a call went wrong"]
