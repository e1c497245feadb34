"""A club has a register for each session: who has a place for that session, or for all of the club."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from functions.registers.handler import lambda_handler
from school_events.events.model import SchoolEvent
from tests.support.booked_world import book
from tests.support.club_world import FIRST, ON_FIRST_DAY, SECOND, a_club, a_school_with_clubs, book_sessions
from tests.support.contexts import NOW
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.unit.functions.registers.asking import ADMIN, ATTENDEES, MARK, REGISTER


@pytest.fixture(autouse=True)
def _first_day(tables: None) -> Iterator[None]:
    """It is 2 December, and the club begins."""
    a_school_with_clubs()
    with time_machine.travel(ON_FIRST_DAY, tick=False):
        yield


def ask(route: str, event: SchoolEvent, session_id: str, body: Any = None) -> Any:
    """What a route answers of a session, to an administrator."""
    parameters = {"event_id": event.id} | ({"session_id": session_id} if "{session_id}" in route else {})
    answer = lambda_handler(http_event(route, parameters, body, **ADMIN), LambdaContext())
    assert answer["statusCode"] == 200, answer["body"]
    return json_of(answer)


def mark(event: SchoolEvent, session_id: str, *pupils: str) -> list[str]:
    """What becomes of marks that say that pupils are there."""
    marks = [{"id": "m1", "pupil_id": one, "state": "present", "at": ON_FIRST_DAY.isoformat()} for one in pupils]
    return [one["outcome"] for one in ask(MARK, event, session_id, {"marks": marks})["results"]]


def there(event: SchoolEvent, session_id: str) -> dict[str, bool]:
    """Who is expected at a session, and whether they were marked."""
    return {one["pupil_id"]: one["mark"] is not None for one in ask(REGISTER, event, session_id)["expected"]}


def test_who_booked_a_session_is_expected_at_that_one_only() -> None:
    event = a_club()
    with time_machine.travel(NOW, tick=False):
        book_sessions(event, ("pupil-1", FIRST), ("pupil-1", SECOND), ("pupil-2", SECOND))
    assert mark(event, FIRST, "pupil-1", "pupil-2") == ["kept", "not_expected"]
    assert there(event, FIRST) == {"pupil-1": True}
    assert there(event, SECOND) == {"pupil-1": False, "pupil-2": False}
    listed = {(one["pupil_id"], one["session_id"]) for one in ask(ATTENDEES, event, FIRST)["items"]}
    assert listed == {("pupil-1", FIRST), ("pupil-1", SECOND), ("pupil-2", SECOND)}


def test_who_booked_the_club_is_expected_at_each_session_and_marked_for_one() -> None:
    event = a_club(places="series")
    with time_machine.travel(NOW, tick=False):
        book(event, "pupil-1", "pupil-2")
    assert mark(event, FIRST, "pupil-1") == ["kept"]
    assert there(event, FIRST) == {"pupil-1": True, "pupil-2": False}
    assert there(event, SECOND) == {"pupil-1": False, "pupil-2": False}
