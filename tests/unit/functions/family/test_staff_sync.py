"""A member of staff's refresh gives exactly what is new of the events they work at, and nobody else's (F3)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from functions.family import handler
from functions.outbox.handler import lambda_handler as outbox
from school_events.family import working
from tests.support.contexts import NOW, SCHOOL
from tests.support.crashes import Calls, watched
from tests.support.http_events import LambdaContext, claims, http_event, json_of
from tests.support.streams import row_record, stream_event
from tests.support.tables import rows
from tests.unit.functions.event_staff.asking import club, let_work, staffed, trip
from tests.unit.functions.events.asking import EVENT, a_school_with_a_calendar, call, version_of

SYNC = "GET /v1/schools/{school_id}/me/sync"
MUSEUM = trip("2027-04-21T09:00", "2027-04-21T16:00")


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW, tick=False):
        yield


class App:
    """A teacher's app, which remembers how far it has come."""

    def __init__(self, person: str = "staff-1") -> None:
        self.asks: dict[str, Any] = {"roles": ("staff",), "person": person}
        self.cursor = self.answer()["cursor"]

    def answer(self, cursor: str | None = None, **query: str) -> Any:
        """What one refresh says."""
        query |= {"cursor": cursor} if cursor else {}
        answer = handler.lambda_handler(http_event(SYNC, query=query, **self.asks), LambdaContext())
        assert answer["statusCode"] == 200, answer["body"]
        return json_of(answer)

    def refresh(self) -> list[tuple[str, str]]:
        """What came since the last time: what happened, to which event."""
        answer = self.answer(self.cursor)
        self.cursor = answer["cursor"]
        assert {one["thing"] for one in answer["changes"]} <= {"event"}
        return [(one["what"], one["id"]) for one in answer["changes"]]


def followed() -> None:
    """What the outbox does about the events as they now are."""
    records = [row_record(row) for row in rows("Events") if row["sk"]["S"] == "EVENT"]
    assert outbox(stream_event(*records), LambdaContext()) == {"batchItemFailures": []}


def test_who_is_allocated_sees_the_event_at_once_and_who_no_longer_is_sees_it_go() -> None:
    mine, theirs = App(), App("staff-2")
    event_id = staffed(MUSEUM)
    answer = mine.answer(mine.cursor)
    (change,) = answer["changes"]
    assert (change["thing"], change["what"], change["id"]) == ("event", "created", event_id)
    assert change["content"] == {
        "id": event_id,
        "kind": "trip",
        "status": "draft",
        "version": 2,
        "title": "Museum",
        "location": "London",
        "starts_on": "2027-04-21",
        "ends_on": "2027-04-21",
        "time_zone": "Europe/London",
        "archived": False,
        "role": "lead",
    }
    assert theirs.refresh() == []
    mine.cursor = answer["cursor"]
    let_work(event_id, "staff-2")
    assert mine.refresh() == [("removed", event_id)]
    assert theirs.refresh() == [("created", event_id)]
    assert (mine.refresh(), theirs.refresh()) == ([], [])


def test_every_change_of_an_event_is_seen_by_its_staff_and_by_nobody_else() -> None:
    event_id = staffed(club())
    mine, theirs = App(), App("staff-2")
    session = f"{EVENT}/sessions/{{session_id}}"
    moved = {"day": "2027-03-18", "starts_at": "15:30", "ends_at": "16:30"}
    for route, body, path in (
        (f"PATCH {EVENT}", {"location": "Hall"}, {}),
        (f"PUT {session}", moved, {"session_id": "session_002"}),
        (f"POST {EVENT}/publish", None, {}),
        (f"POST {session}/cancel", None, {"session_id": "session_001"}),
        (f"POST {EVENT}/close", None, {}),
        (f"POST {EVENT}/cancel", None, {}),
        (f"DELETE {EVENT}", None, {}),
    ):
        answer = call(route, event_id, body, path=path, headers=version_of(event_id))
        assert answer["statusCode"] == 200, answer["body"]
        followed()
        assert mine.refresh() == [("changed", event_id)], route
    assert theirs.refresh() == []


def test_a_draft_that_is_deleted_goes_for_its_staff_as_well() -> None:
    event_id = staffed(MUSEUM)
    mine = App()
    assert call(f"DELETE {EVENT}", event_id, headers=version_of(event_id))["statusCode"] == 200
    assert mine.refresh() == [("removed", event_id)]
    assert mine.answer()["changes"] == []


def test_staff_who_come_along_with_a_duplicate_see_it() -> None:
    event_id = staffed(MUSEUM)
    followed()
    mine = App()
    window = {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2026-12-01T00:00:00Z"}
    times = {"starts_at": "2027-05-04T09:00", "ends_at": "2027-05-04T16:00"}
    asked = {"takes_place": times, "booking_window": window, "with_staff": True}
    made = json_of(call(f"POST {EVENT}/duplicate", event_id, asked))["id"]
    followed()
    assert ("created", made) in mine.refresh()


def test_an_app_that_starts_over_is_given_everything_even_what_the_index_does_not_know_yet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = {staffed(MUSEUM), staffed(club())}
    staffed(club("Draughts"), "staff-2")
    assert {one["id"] for one in App().answer()["changes"]} == events
    monkeypatch.setattr(working, "allocations_after", lambda *_: ())
    assert {one["id"] for one in App().answer()["changes"]} == events


def test_nothing_new_costs_one_read_besides_that_of_who_asks() -> None:
    staffed(MUSEUM)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        mine = App()
        with watched(Calls()) as asked:
            assert mine.refresh() == []
    assert asked.names == ["BatchGetItem", "Query"]


def test_a_teacher_whose_child_is_at_the_school_asks_for_either() -> None:
    event_id = staffed(MUSEUM)
    app = App()
    both = claims((SCHOOL, "staff-1", ("staff",)), (SCHOOL, "contact-1", ("parent",)))
    app.asks = {"claimed": both}
    as_parent, as_staff = (app.answer(**{"as": who}) for who in ("contact", "staff"))
    assert {one["thing"] for one in as_parent["changes"]} == {"child"}
    assert [one["id"] for one in as_staff["changes"]] == [event_id]
    assert {one["thing"] for one in app.answer()["changes"]} == {"child"}
