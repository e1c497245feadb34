"""The routes of staff allocation: who may do what, and what is answered."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from school_events.core.dynamodb import MOST_ACTIONS
from school_events.events.staffing import service
from tests.support.contexts import NOW
from tests.support.http_events import json_of
from tests.support.tables import everything
from tests.unit.functions.event_staff.asking import let_work, staffed, trip
from tests.unit.functions.events.asking import EVENT, EVENTS, a_school_with_a_calendar, as_staff, call, made, version_of


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW):
        yield


def test_staff_are_allocated_and_find_their_event_and_times() -> None:
    event_id = made()
    body = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}
    answer = call(f"PUT {EVENT}/staff", event_id, body, headers=version_of(event_id))
    assert json_of(answer)["items"] == [
        {"staff_id": "staff-1", "role": "lead", "name": "Zoë Adeyemi", "clashes": [], "clash_count": 0}
    ]
    assert answer["headers"]["ETag"] == '"2"'
    assert json_of(call(f"GET {EVENT}/staff", event_id, **as_staff())) == json_of(answer)
    assert call(f"GET {EVENT}", event_id, **as_staff())["statusCode"] == 200
    assert [event["id"] for event in json_of(call(f"GET {EVENTS}", **as_staff()))["items"]] == [event_id]
    entries = json_of(_timetable("staff-1", **as_staff()))["items"]
    assert [(entry["event_id"], entry["role"], entry["starts_at"]) for entry in entries] == [
        (event_id, "lead", "2026-12-04T08:30:00Z")
    ]


def test_staff_who_are_not_allocated_see_nothing_of_an_event() -> None:
    event_id = made()
    body = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}
    call(f"PUT {EVENT}/staff", event_id, body, headers=version_of(event_id))
    body = {"staff": [{"staff_id": "staff-2", "role": "helper"}]}
    assert call(f"PUT {EVENT}/staff", event_id, body, headers=version_of(event_id))["statusCode"] == 200
    for path in (EVENT, f"{EVENT}/staff"):
        assert call(f"GET {path}", event_id, **as_staff())["statusCode"] == 404
        assert call(f"GET {path}", event_id, **as_staff("staff-2"))["statusCode"] == 200
    assert json_of(call(f"GET {EVENTS}", **as_staff()))["items"] == []
    assert json_of(_timetable("staff-1", **as_staff()))["items"] == []


def test_when_a_draft_moves_its_staff_find_it_on_the_new_day() -> None:
    event_id = made()
    body = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}
    call(f"PUT {EVENT}/staff", event_id, body, headers=version_of(event_id))
    moved = {"takes_place": {"starts_at": "2027-06-04T08:30", "ends_at": "2027-06-05T17:00"}}
    assert call(f"PATCH {EVENT}", event_id, moved, headers=version_of(event_id))["statusCode"] == 200
    assert json_of(_timetable("staff-1"))["items"] == []
    entries = json_of(_timetable("staff-1", first="2027-06-05", last="2027-06-05"))["items"]
    assert [entry["starts_at"] for entry in entries] == ["2027-06-04T07:30:00Z"]
    assert json_of(call(f"GET {EVENTS}", query={"staff": "staff-1", "from": "2027-06-04"}))["items"]


def test_only_the_schools_staff_are_allocated_once_each() -> None:
    event_id = made()
    lead = {"staff_id": "staff-1", "role": "lead"}
    before = everything()
    for staff, field in (
        ([{"staff_id": "staff-9", "role": "lead"}], "staff.0.staff_id"),
        ([lead, lead | {"role": "helper"}], "staff.1.staff_id"),
        ([lead | {"role": "cook"}], "staff.0.role"),
        ([{"staff_id": "contact-1", "role": "lead"}], "staff.0.staff_id"),
    ):
        answer = call(f"PUT {EVENT}/staff", event_id, {"staff": staff}, headers=version_of(event_id))
        assert answer["statusCode"] == 422
        assert [error["field"] for error in json_of(answer)["errors"]] == [field]
    assert everything() == before


def test_more_people_than_fit_into_one_transaction_change_in_two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 + 2 * service.MOST_CHANGED <= MOST_ACTIONS
    monkeypatch.setattr(service, "MOST_CHANGED", 2)
    event_id = staffed(trip("2027-03-17T09:00", "2027-03-17T16:00"), "staff-1", "staff-2")
    before = everything()
    other = [{"staff_id": "staff-admin", "role": "lead"}]
    answer = call(f"PUT {EVENT}/staff", event_id, {"staff": other}, headers=version_of(event_id))
    assert [error["field"] for error in json_of(answer)["errors"]] == ["staff"]
    assert everything() == before
    let_work(event_id)
    assert list(let_work(event_id, "staff-admin")) == ["staff-admin"]


def test_allocating_on_a_stale_event_is_refused() -> None:
    event_id = made()
    answer = call(f"PUT {EVENT}/staff", event_id, {"staff": []}, headers={"If-Match": '"9"'})
    assert answer["statusCode"] == 412


def test_a_timetable_is_ones_own_or_an_administrators_to_read() -> None:
    assert _timetable("staff-2", **as_staff())["statusCode"] == 404
    assert _timetable("staff-2")["statusCode"] == 200
    assert _timetable("staff-9")["statusCode"] == 404
    assert _timetable("staff-1", first="2026-12-05", last="2026-12-04")["statusCode"] == 422
    assert _timetable("staff-1", first="2026-09-01", last="2027-09-01")["statusCode"] == 200
    assert _timetable("staff-1", first="2026-09-01", last="2027-09-02")["statusCode"] == 422


def _timetable(staff_id: str, first: str = "2026-12-01", last: str = "2026-12-31", **caller: Any) -> dict[str, Any]:
    route = "GET /v1/schools/{school_id}/staff/{staff_id}/timetable"
    return call(route, path={"staff_id": staff_id}, query={"from": first, "to": last}, **caller)
