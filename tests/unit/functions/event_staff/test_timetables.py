"""When somebody of the staff works, through the route: over a year, in pages, with what is cancelled marked (B6)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.support.contexts import NOW
from tests.support.http_events import json_of
from tests.unit.functions.event_staff.asking import club, listed, staffed, timetable, trip
from tests.unit.functions.events.asking import EVENT, a_school_with_a_calendar, as_staff, call, version_of


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW):
        yield


def test_a_timetable_has_every_session_of_every_event_by_start_and_says_what_is_a_draft() -> None:
    staffed(trip("2027-04-21T09:00", "2027-04-23T16:00"))
    chess = staffed(club())
    assert call(f"POST {EVENT}/publish", chess)["statusCode"] == 200
    staffed(club("Draughts", starts_at="15:00"), "staff-2")
    entries = listed(timetable(first="2027-04-21", last="2027-04-28", **as_staff()))
    assert [(one["title"], one["starts_at"], one["status"]) for one in entries] == [
        ("Museum", "2027-04-21T08:00:00Z", "draft"),
        ("Chess", "2027-04-21T14:30:00Z", "published"),
        ("Chess", "2027-04-28T14:30:00Z", "published"),
    ]
    assert {one["role"] for one in entries} == {"lead"}
    assert {one["cancelled"] for one in entries} == {False}


def test_a_trip_is_there_on_each_of_its_days() -> None:
    staffed(trip("2027-04-21T09:00", "2027-04-23T16:00"))
    for day, expected in (
        ("2027-04-20", 0),
        ("2027-04-21", 1),
        ("2027-04-22", 1),
        ("2027-04-23", 1),
        ("2027-04-24", 0),
    ):
        assert len(listed(timetable(first=day, last=day))) == expected


def test_a_day_begins_at_midnight_by_the_schools_clocks_in_summer_too() -> None:
    staffed(trip("2027-04-21T00:15", "2027-04-21T00:45", "Stars"))
    entries = {day: listed(timetable(first=day, last=day)) for day in ("2027-04-20", "2027-04-21")}
    assert {day: [one["starts_at"] for one in found] for day, found in entries.items()} == {
        "2027-04-20": [],
        "2027-04-21": ["2027-04-20T23:15:00Z"],
    }


def test_what_is_cancelled_stays_marked_even_when_the_event_begins_later_for_it() -> None:
    chess = staffed(club())
    path = {"session_id": "session_001"}
    cancel = call(f"POST {EVENT}/sessions/{{session_id}}/cancel", chess, path=path, headers=version_of(chess))
    assert cancel["statusCode"] == 200
    entries = listed(timetable(first="2027-03-10", last="2027-03-10"))
    assert [(one["session_id"], one["cancelled"]) for one in entries] == [("session_001", True)]
    assert [one["cancelled"] for one in listed(timetable())] == [True] + [False] * 8


def test_of_a_cancelled_event_everything_is_marked() -> None:
    museum = staffed(trip("2027-04-21T09:00", "2027-04-21T16:00"))
    assert call(f"POST {EVENT}/publish", museum)["statusCode"] == 200
    assert call(f"POST {EVENT}/cancel", museum)["statusCode"] == 200
    assert [(one["status"], one["cancelled"]) for one in listed(timetable())] == [("cancelled", True)]


def test_a_year_comes_in_stable_pages() -> None:
    for title in ("Chess", "Draughts", "Go"):
        staffed(club(title))
    year = ("2026-09-01", "2027-08-31")
    whole = listed(timetable("staff-1", *year))
    assert len(whole) == 27
    assert [one["starts_at"] for one in whole] == sorted(one["starts_at"] for one in whole)
    paged: list[dict[str, Any]] = []
    query = {"limit": "5"}
    while True:
        page = json_of(timetable("staff-1", *year, query=query))
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        query |= {"cursor": page["next_cursor"]}
    assert paged == whole
    assert timetable("staff-2", *year, query=query)["statusCode"] == 422


@pytest.mark.parametrize(
    ("first", "last"), [("2026-01-01", "2027-01-02"), ("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31")]
)
def test_days_that_make_no_sense_are_refused_naming_the_parameter(first: str, last: str) -> None:
    answer = timetable("staff-1", first, last)
    assert answer["statusCode"] == 422
    assert json_of(answer)["errors"][0]["field"] in {"from", "to"}


def test_staff_see_their_own_timetable_only() -> None:
    staffed(club(), "staff-2")
    assert timetable("staff-2", **as_staff())["statusCode"] == 404
    assert timetable("staff-9", **as_staff())["statusCode"] == 404
    assert len(listed(timetable("staff-2", **as_staff("staff-2")))) == 9
    assert timetable("staff-2", roles=("finance",), person="staff-admin")["statusCode"] == 403
