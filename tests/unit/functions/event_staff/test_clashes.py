"""Who of the staff is to be at two events at once, through the routes (B6)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.support.contexts import NOW
from tests.support.http_events import json_of
from tests.support.people import portal_message, tell
from tests.support.tables import everything
from tests.unit.functions.event_slots.asking import EVENING, HALL, ONLINE, a_plan
from tests.unit.functions.event_slots.asking import planned as set_plan
from tests.unit.functions.event_staff.asking import clashes, club, let_work, listed, staffed, times, trip
from tests.unit.functions.events.asking import (
    EVENT,
    a_school_with_a_calendar,
    as_parent,
    as_staff,
    call,
    made,
    version_of,
)


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW):
        yield


def test_who_is_allocated_to_two_things_at_once_is_allocated_and_the_clash_reported() -> None:
    chess = staffed(club())
    museum = made(trip("2027-03-17T09:00", "2027-03-17T16:00"))
    answer = let_work(museum, "staff-1", "staff-2")
    assert (answer["staff-2"]["clashes"], answer["staff-2"]["clash_count"]) == ([], 0)
    (clash,) = answer["staff-1"]["clashes"]
    assert clash == {
        "session_id": "session_001",
        "starts_at": "2027-03-17T15:30:00Z",
        "ends_at": "2027-03-17T16:00:00Z",
        "other": {
            "event_id": chess,
            "kind": "club",
            "status": "draft",
            "title": "Chess",
            "session_id": "session_002",
            "starts_at": "2027-03-17T15:30:00Z",
            "ends_at": "2027-03-17T16:30:00Z",
        },
    }
    seen_from_chess = listed(call(f"GET {EVENT}/staff", chess))[0]["clashes"]
    assert [(one["session_id"], one["other"]["event_id"]) for one in seen_from_chess] == [("session_002", museum)]
    (reported,) = listed(clashes())
    assert (reported["staff_id"], reported["name"]) == ("staff-1", "Zoë Adeyemi")
    assert times([reported]) == [("2027-03-17T15:30:00Z", "2027-03-17T16:00:00Z")]
    assert [one["event_id"] for one in reported["between"]] == [museum, chess]


def test_what_ends_when_the_other_begins_by_the_clocks_of_summer_time_is_no_clash() -> None:
    staffed(club())
    staffed(trip("2027-04-21T09:00", "2027-04-21T15:30"))
    assert listed(clashes()) == []
    staffed(trip("2027-04-28T09:00", "2027-04-28T15:31"))
    assert times(listed(clashes())) == [("2027-04-28T14:30:00Z", "2027-04-28T14:31:00Z")]


def test_at_a_parents_evening_a_teachers_own_appointments_count() -> None:
    evening = made(EVENING)
    set_plan(evening, a_plan(HALL | {"available": [{"starts_at": "17:00", "ends_at": "17:30"}]}, ONLINE))
    december = ("2026-12-01", "2026-12-31")
    staffed(trip("2026-12-03T17:30", "2026-12-03T19:00"), "staff-1", "staff-2")
    (clash,) = listed(clashes(*december))
    assert clash["staff_id"] == "staff-2"
    assert {one["event_id"] for one in clash["between"]} > {evening}


def test_a_moved_added_or_cancelled_session_clashes_where_it_now_is_and_the_answer_says_so() -> None:
    staffed(trip("2027-03-18T09:00", "2027-03-18T17:00"))
    staffed(trip("2027-03-24T09:00", "2027-03-24T17:00"))
    chess = staffed(club())
    assert times(listed(clashes())) == [("2027-03-24T15:30:00Z", "2027-03-24T16:30:00Z")]
    session = f"{EVENT}/sessions/{{session_id}}"
    cancelled = _change(f"POST {session}/cancel", chess, "session_003")
    assert (cancelled["cancelled"], cancelled["staff_clashes"]) == (True, [])
    assert listed(clashes()) == []
    moved = _change(f"PUT {session}", chess, "session_002", "2027-03-18")
    assert [(one["staff_id"], one["starts_at"]) for one in moved["staff_clashes"]] == [
        ("staff-1", "2027-03-18T15:30:00Z")
    ]
    assert _change(f"PUT {session}", chess, "session_002", "2027-03-18") == moved
    added = _change(f"POST {EVENT}/sessions", chess, None, "2027-03-24")
    assert [one["other"]["title"] for one in added["staff_clashes"]] == ["Museum"]
    assert [one["starts_at"] for one in listed(clashes())] == ["2027-03-18T15:30:00Z", "2027-03-24T15:30:00Z"]


def _change(route: str, event_id: str, session_id: str | None, day: str | None = None) -> Any:
    body = None if day is None else {"day": day, "starts_at": "15:30", "ends_at": "16:30"}
    path = {} if session_id is None else {"session_id": session_id}
    answer = call(route, event_id, body, path=path, headers=version_of(event_id))
    assert answer["statusCode"] in {200, 201}, answer["body"]
    return json_of(answer)


def test_a_cancelled_event_and_who_has_left_the_staff_clash_no_more() -> None:
    chess = staffed(club(), "staff-1", "staff-2")
    museum = staffed(trip("2027-03-17T09:00", "2027-03-17T17:00"), "staff-1", "staff-2")
    assert [one["staff_id"] for one in listed(clashes())] == ["staff-1", "staff-2"]
    tell(portal_message("StaffRemoved", {"staff_id": "staff-2"}, version=2))
    assert [one["staff_id"] for one in listed(clashes())] == ["staff-1"]
    left = listed(call(f"GET {EVENT}/staff", chess))[1]
    assert (left["name"], left["clashes"], left["clash_count"]) == ("", [], 0)
    assert call(f"POST {EVENT}/publish", museum)["statusCode"] == 200
    assert call(f"POST {EVENT}/cancel", museum)["statusCode"] == 200
    assert listed(clashes()) == []


def test_the_report_is_of_local_days_in_stable_pages_that_cannot_be_forged() -> None:
    staffed(club())
    staffed(club("Draughts"))
    whole = listed(clashes(last="2027-05-31"))
    assert len(whole) == 9
    assert len(listed(clashes("2027-03-17", "2027-03-17"))) == 1
    assert listed(clashes("2027-03-18", "2027-03-23")) == []
    paged: list[dict[str, Any]] = []
    query = {"limit": "4"}
    while True:
        page = json_of(clashes(query=query))
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        query |= {"cursor": page["next_cursor"]}
    assert paged == whole
    assert clashes(last="2027-05-30", query=query)["statusCode"] == 422


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2027-05-02", "2027-05-01"),
        ("2027-01-01", "2027-04-03"),
        ("2027-02-29", "2027-03-01"),
        ("0001-01-01", "0001-01-02"),
        ("9999-12-30", "9999-12-31"),
    ],
)
def test_days_that_make_no_sense_are_refused_naming_the_parameter(first: str, last: str) -> None:
    answer = clashes(first, last)
    assert answer["statusCode"] == 422
    assert json_of(answer)["errors"][0]["field"] in {"from", "to"}


def test_staff_see_their_own_clashes_and_never_what_else_their_colleagues_do() -> None:
    staffed(club("Surprise party"), "staff-2")
    staffed(club("Draughts"), "staff-1")
    chess = staffed(club(), "staff-1", "staff-2")
    answer = call(f"GET {EVENT}/staff", chess, **as_staff())
    mine, theirs = listed(answer)
    assert {one["other"]["title"] for one in mine["clashes"]} == {"Draughts"}
    assert (theirs["clashes"], theirs["clash_count"]) == (None, None)
    assert "Surprise" not in answer["body"]
    for caller in (as_staff(), as_parent(), {"roles": ("finance",), "person": "staff-admin"}):
        assert clashes(**caller)["statusCode"] == 403


def test_of_very_many_clashes_the_first_are_shown_and_all_are_counted() -> None:
    for title in ("Draughts", "Go", "Bridge"):
        staffed(club(title))
    (one,) = let_work(made(club()), "staff-1").values()
    assert (len(one["clashes"]), one["clash_count"]) == (20, 27)


def test_a_report_changes_nothing() -> None:
    staffed(club())
    staffed(club("Draughts"))
    before = everything()
    listed(clashes())
    assert everything() == before
