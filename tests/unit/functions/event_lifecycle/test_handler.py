"""The routes of an event's life: what is answered, and what is then there."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from school_events.events import store
from school_events.events.api import NewEvent
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import json_of
from tests.support.people import portal_message, tell
from tests.support.tables import everything, rows
from tests.unit.functions.events.asking import (
    CLUB,
    EVENT,
    EVENTS,
    TRIP,
    a_school_with_a_calendar,
    call,
    made,
    published,
    version_of,
)

WINDOW = {"opens_at": "2027-01-10T00:00:00Z", "closes_at": "2027-02-01T00:00:00Z"}
AGAIN = {
    "takes_place": {"starts_at": "2027-02-05T08:30", "ends_at": "2027-02-05T17:00"},
    "booking_window": WINDOW,
}
STAFF = {"staff": [{"staff_id": "staff-1", "role": "lead"}, {"staff_id": "staff-2", "role": "helper"}]}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW):
        yield


def _cancelled() -> str:
    event_id = published()
    assert call(f"POST {EVENT}/cancel", event_id)["statusCode"] == 200
    return event_id


def _listed(**query: str) -> list[str]:
    return [one["id"] for one in json_of(call(f"GET {EVENTS}", query=query))["items"]]


def test_a_cancelled_event_has_no_place_to_book() -> None:
    event_id = published()
    answer = call(f"POST {EVENT}/cancel", event_id)
    assert (json_of(answer)["status"], answer["headers"]["ETag"]) == ("cancelled", '"4"')
    assert {row["bookable"]["BOOL"] for row in rows("Bookings") if row["kind"]["S"] == "place"} == {False}
    assert call(f"POST {EVENT}/cancel", event_id)["body"] == answer["body"]


@pytest.mark.parametrize("move", ["publish", "close", "complete"])
def test_what_is_cancelled_does_not_come_back(move: str) -> None:
    event_id = _cancelled()
    before = everything()
    assert call(f"POST {EVENT}/{move}", event_id)["statusCode"] == 409
    assert everything() == before


def test_a_draft_is_deleted_and_not_cancelled() -> None:
    event_id = made()
    assert call(f"POST {EVENT}/cancel", event_id)["statusCode"] == 409


def test_an_event_is_completed_when_it_is_over() -> None:
    event_id = published()
    assert call(f"POST {EVENT}/complete", event_id)["statusCode"] == 409
    with time_machine.travel(NOW + timedelta(days=30)):
        answer = call(f"POST {EVENT}/complete", event_id)
    assert json_of(answer)["status"] == "completed"


def test_a_deleted_draft_leaves_nothing_behind() -> None:
    before = everything()["Events"]
    event_id = made(CLUB)
    assert call(f"PUT {EVENT}/staff", event_id, STAFF, headers=version_of(event_id))["statusCode"] == 200
    answer = call(f"DELETE {EVENT}", event_id, headers=version_of(event_id))
    assert json_of(answer) == {"id": event_id, "archived": False}
    assert everything()["Events"] == before
    assert call(f"GET {EVENT}", event_id)["statusCode"] == 404


def test_what_somebody_has_changed_meanwhile_is_not_deleted() -> None:
    event_id = made()
    read = version_of(event_id)
    assert call(f"PATCH {EVENT}", event_id, {"title": "Zoo"}, headers=read)["statusCode"] == 200
    before = everything()
    assert call(f"DELETE {EVENT}", event_id, headers=read)["statusCode"] == 412
    assert call(f"DELETE {EVENT}", event_id)["statusCode"] == 422
    assert everything() == before


def test_what_families_wait_for_is_neither_deleted_nor_archived() -> None:
    event_id = published()
    before = everything()
    assert call(f"DELETE {EVENT}", event_id, headers=version_of(event_id))["statusCode"] == 409
    assert everything() == before


def test_what_is_archived_is_listed_only_when_asked_for() -> None:
    event_id, other = _cancelled(), made()
    assert json_of(call(f"DELETE {EVENT}", event_id, headers=version_of(event_id)))["archived"]
    assert json_of(call(f"DELETE {EVENT}", event_id, headers=version_of(event_id)))["archived"]
    assert _listed() == [other]
    assert _listed(status="cancelled") == []
    assert _listed(status="archived") == [event_id]
    assert json_of(call(f"GET {EVENT}", event_id))["archived"]


def test_a_duplicate_says_the_same_at_other_dates_and_is_a_draft() -> None:
    event_id = published(TRIP | {"minimum": 2})
    answer = call(f"POST {EVENT}/duplicate", event_id, AGAIN)
    new_id = json_of(answer)["id"]
    assert (answer["statusCode"], json_of(answer)["status"]) == (201, "draft")
    assert answer["headers"]["Location"] == f"/v1/schools/{SCHOOL}/events/{new_id}"
    model, copy = (store.find_event(SCHOOL, one) for one in (event_id, new_id))
    same = NewEvent.model_fields.keys() - {"takes_place", "booking_window"}
    assert {name: getattr(copy, name) for name in same} == {name: getattr(model, name) for name in same}
    assert (str(copy.starts_on), copy.version) == ("2027-02-05", 1)
    (session,) = store.sessions_of(SCHOOL, new_id)
    assert session.starts_at.isoformat() == "2027-02-05T08:30:00+00:00"
    assert store.allocations_of(SCHOOL, new_id) == ()
    assert not [row for row in rows("Bookings") if f"#{new_id}#" in row["pk"]["S"]]


def test_staff_come_along_if_asked_but_for_those_who_have_left() -> None:
    event_id = made()
    assert call(f"PUT {EVENT}/staff", event_id, STAFF, headers=version_of(event_id))["statusCode"] == 200
    tell(portal_message("StaffRemoved", {"staff_id": "staff-2"}, version=9))
    new_id = json_of(call(f"POST {EVENT}/duplicate", event_id, AGAIN | {"with_staff": True}))["id"]
    assert [(one.staff_id, one.role) for one in store.allocations_of(SCHOOL, new_id)] == [("staff-1", "lead")]
    assert _listed(staff="staff-1") == [event_id, new_id]


def test_a_duplicated_club_meets_as_its_weekly_plan_says_whatever_became_of_single_sessions() -> None:
    event_id = made(CLUB)
    session = f"{EVENT}/sessions/{{session_id}}"
    for route, number, day in (
        (f"POST {session}/cancel", "session_001", None),
        (f"PUT {session}", "session_002", "2027-05-13"),
        (f"POST {EVENT}/sessions", None, "2027-05-14"),
    ):
        path = {} if number is None else {"session_id": number}
        body = None if day is None else {"day": day, "starts_at": "08:00", "ends_at": "09:00"}
        assert call(route, event_id, body, path=path, headers=version_of(event_id))["statusCode"] in {200, 201}
    again = {"meets": CLUB["meets"], "booking_window": CLUB["booking_window"]}
    new_id = json_of(call(f"POST {EVENT}/duplicate", event_id, again))["id"]
    assert store.sessions_of(SCHOOL, new_id) == store.sessions_of(SCHOOL, made(CLUB))
    assert store.sessions_of(SCHOOL, new_id) != store.sessions_of(SCHOOL, event_id)


def test_the_same_request_twice_makes_one_duplicate() -> None:
    event_id = made()
    headers = {"Idempotency-Key": "key-1"}
    first, second = (call(f"POST {EVENT}/duplicate", event_id, AGAIN, headers=headers) for _ in range(2))
    assert first["body"] == second["body"]
    assert len(_listed()) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"takes_place": None}, "takes_place"),
        ({"meets": CLUB["meets"]}, "meets"),
        ({"booking_window": WINDOW | {"closes_at": "2027-02-06T00:00:00Z"}}, "booking_window.closes_at"),
        ({"kind": "club"}, "kind"),
        ({"with_staff": "yes"}, "with_staff"),
    ],
)
def test_dates_that_make_no_sense_are_refused(change: dict[str, Any], field: str) -> None:
    event_id = made()
    before = everything()
    answer = call(f"POST {EVENT}/duplicate", event_id, AGAIN | change)
    assert answer["statusCode"] == 422
    assert [error["field"] for error in json_of(answer)["errors"]] == [field]
    assert everything() == before
