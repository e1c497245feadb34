"""Lists of events: by day and standing, and paging that holds still while events come, go and change."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine

from tests.support.contexts import NOW
from tests.support.http_events import json_of
from tests.unit.functions.events.asking import (
    EVENT,
    EVENTS,
    TRIP,
    a_school_with_a_calendar,
    as_staff,
    call,
    made,
    version_of,
)

DAYS = range(5, 12)


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW):
        yield


def _trip(day: int) -> dict[str, Any]:
    return TRIP | {
        "takes_place": {"starts_at": f"2026-12-{day:02}T08:30", "ends_at": f"2026-12-{day:02}T17:00"},
        "title": f"Trip of the {day}th",
    }


def _staffed(event_id: str) -> None:
    staff = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}
    assert call(f"PUT {EVENT}/staff", event_id, staff, headers=version_of(event_id))["statusCode"] == 200


def _pages(between: Callable[[int], object], **caller: Any) -> list[str]:
    """Every id listed, page by page, with something happening after each page."""
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = json_of(call(f"GET {EVENTS}", query=query, **caller))
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            return seen
        between(len(seen))
        query = {"limit": "2", "cursor": page["next_cursor"]}


@pytest.mark.parametrize("caller", [{}, as_staff()], ids=["an administrator", "staff"])
def test_what_stays_as_it_is_is_listed_once_whatever_happens_to_others(caller: dict[str, Any]) -> None:
    ids = {day: made(_trip(day)) for day in DAYS}
    for event_id in ids.values():
        _staffed(event_id)

    def meanwhile(seen: int) -> None:
        if seen == 2:
            _staffed(made(_trip(1)))
            gone = ids[6]
            assert call(f"DELETE {EVENT}", gone, headers=version_of(gone))["statusCode"] == 200
        if seen == 4:
            moved = ids[10]
            change = {"takes_place": _trip(2)["takes_place"]}
            assert call(f"PATCH {EVENT}", moved, change, headers=version_of(moved))["statusCode"] == 200

    seen = _pages(meanwhile, **caller)
    assert [one for one in seen if one not in {ids[6], ids[10]}] == [ids[day] for day in (5, 7, 8, 9, 11)]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"from": "2026-12-07", "to": "2026-12-09"}, (7, 8, 9)),
        ({"to": "2026-12-06"}, (5, 6)),
        ({"to": "2026-12-04"}, ()),
        ({"from": "2026-12-09", "to": "2026-12-08"}, ()),
        ({"from": "2026-12-10", "staff": "staff-1"}, (11,)),
        ({"to": "2026-12-10", "staff": "staff-1"}, (5,)),
    ],
)
def test_a_range_of_days_holds_both_its_ends(query: dict[str, str], days: tuple[int, ...]) -> None:
    ids = {day: made(_trip(day)) for day in DAYS}
    _staffed(ids[5])
    _staffed(ids[11])
    listed = json_of(call(f"GET {EVENTS}", query=query))["items"]
    assert [one["id"] for one in listed] == [ids[day] for day in days]
