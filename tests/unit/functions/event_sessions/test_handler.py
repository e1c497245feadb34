"""Single sessions of a club through the routes: moved, cancelled and added, also when families have booked (B4)."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import time_machine

from functions.bookings.handler import lambda_handler as bookings
from functions.event_lifecycle.handler import lambda_handler as event_lifecycle
from functions.event_sessions.handler import lambda_handler as event_sessions
from functions.event_staff.handler import lambda_handler as event_staff
from functions.events.handler import lambda_handler as events
from functions.invitations.handler import lambda_handler as invitations
from functions.registers.handler import lambda_handler as registers
from school_events.events import store
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.tables import everything, rows
from tests.unit.functions.events.asking import CLUB, EVENT, EVENTS, TRIP, a_school_with_a_calendar, made, published

SESSIONS = f"{EVENT}/sessions"
ADD = f"POST {SESSIONS}"
MOVE = f"PUT {SESSIONS}/{{session_id}}"
CANCEL = f"POST {SESSIONS}/{{session_id}}/cancel"
REGISTER = f"GET {SESSIONS}/{{session_id}}/register"
PARENT: Mapping[str, Any] = {"roles": ("parent",), "person": "contact-1"}
TEACHER: Mapping[str, Any] = {"roles": ("staff",), "person": "staff-1"}
FUNCTIONS = {ADD: event_sessions, MOVE: event_sessions, CANCEL: event_sessions, REGISTER: registers}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW):
        yield


def at(day: str, starts_at: str = "15:30", ends_at: str = "16:30") -> dict[str, str]:
    """When a session is to be."""
    return {"day": day, "starts_at": starts_at, "ends_at": ends_at}


def ask(route: str, event_id: str, body: Any = None, session_id: str = "session_001", **others: Any) -> dict[str, Any]:
    """What a route answers; as the administrator who has just read the event unless told."""
    version = str(others.pop("version", store.find_event(SCHOOL, event_id).version))
    headers = {"If-Match": f'"{version}"'} | others.pop("headers", {})
    path = {"event_id": event_id} | ({"session_id": session_id} if "{session_id}" in route else {})
    answer = FUNCTIONS[route](http_event(route, path, body, headers=headers, **others), LambdaContext())
    return {"status": answer["statusCode"], "etag": answer["headers"].get("ETag"), "body": json_of(answer)}


def seen(event_id: str, **caller: Any) -> dict[str, Any]:
    """The event as its caller reads it."""
    answer = events(http_event(f"GET {EVENT}", {"event_id": event_id}, **caller), LambdaContext())
    assert answer["statusCode"] == 200, answer["body"]
    return dict(json_of(answer))


def times(event_id: str) -> list[str]:
    """When the club meets, earliest first."""
    return [one["starts_at"] for one in seen(event_id)["sessions"] if not one["cancelled"]]


def booked() -> str:
    """A published club with one child in it."""
    event_id = published(CLUB)
    asked = {"audience": {"pupils": ["pupil-1"]}}
    invite = http_event(f"POST {EVENT}/invitations", {"event_id": event_id}, asked)
    assert invitations(invite, LambdaContext())["statusCode"] == 200
    body = {"event_id": event_id, "items": [{"pupil_id": "pupil-1"}]}
    book = http_event("POST /v1/schools/{school_id}/bookings", None, body, **PARENT)
    assert bookings(book, LambdaContext())["statusCode"] == 201
    return event_id


def expected(event_id: str, session_id: str) -> list[str]:
    """Who is on the register of a session."""
    answer = ask(REGISTER, event_id, session_id=session_id)
    assert answer["status"] == 200
    return [one["pupil_id"] for one in answer["body"]["expected"]]


def test_a_session_moves_and_stays_the_session_it_is() -> None:
    event_id = made(CLUB)
    answer = ask(MOVE, event_id, at("2027-03-18", "16:00", "17:15"), "session_002")
    assert (answer["status"], answer["etag"]) == (200, '"2"')
    assert answer["body"] == {
        "id": "session_002",
        "starts_at": "2027-03-18T16:00:00Z",
        "ends_at": "2027-03-18T17:15:00Z",
        "cancelled": False,
        "event_version": 2,
        "staff_clashes": [],
    }
    assert times(event_id)[:3] == ["2027-03-10T15:30:00Z", "2027-03-18T16:00:00Z", "2027-03-24T15:30:00Z"]


def test_places_of_single_sessions_follow_them() -> None:
    event_id = published(CLUB | {"places": "session"})
    assert ask(ADD, event_id, at("2027-05-13"))["status"] == 201
    assert ask(MOVE, event_id, at("2027-03-09", "08:00", "08:30"), "session_001")["status"] == 200
    assert ask(CANCEL, event_id, session_id="session_002")["status"] == 200
    gates = {
        (row["pool"]["S"], row["bookable"]["BOOL"], row["closes_at"]["S"][:16])
        for row in rows("Bookings")
        if row["pool"]["S"] in {f"session-session_0{number}" for number in ("01", "02", "10")}
    }
    assert gates == {
        ("session-session_001", True, "2027-03-09T08:00"),
        ("session-session_002", False, "2027-03-10T00:00"),
        ("session-session_010", True, "2027-03-10T00:00"),
    }


def test_a_session_that_moves_over_the_change_of_the_clocks_keeps_its_time_by_the_clock() -> None:
    event_id = made(CLUB)
    ask(MOVE, event_id, at("2027-04-22"), "session_003")
    assert times(event_id)[2:4] == ["2027-04-21T14:30:00Z", "2027-04-22T14:30:00Z"]


def test_an_added_session_gets_a_number_that_no_session_ever_had() -> None:
    event_id = made(CLUB)
    assert len(times(event_id)) == 9
    assert ask(CANCEL, event_id, session_id="session_009")["status"] == 200
    answer = ask(ADD, event_id, at("2027-05-13"))
    assert (answer["status"], answer["body"]["id"]) == (201, "session_010")
    assert len(times(event_id)) == 9


def test_the_same_addition_sent_twice_adds_one_session() -> None:
    event_id = made(CLUB)
    first, second = (
        ask(ADD, event_id, at("2027-05-13"), version=1, headers={"Idempotency-Key": "key-1"}) for _ in range(2)
    )
    assert first == second
    assert len(times(event_id)) == 10
    other = ask(ADD, event_id, at("2027-05-14"), version=1, headers={"Idempotency-Key": "key-1"})
    assert other["status"] == 422


def test_a_cancelled_session_stays_to_be_seen_and_cancelling_again_changes_nothing() -> None:
    event_id = made(CLUB)
    assert ask(CANCEL, event_id, session_id="session_002")["body"]["cancelled"] is True
    assert [one["id"] for one in seen(event_id)["sessions"] if one["cancelled"]] == ["session_002"]
    before = everything()
    assert ask(CANCEL, event_id, session_id="session_002")["status"] == 200
    assert everything() == before
    assert ask(MOVE, event_id, at("2027-05-13"), "session_002")["status"] == 409
    assert everything() == before


def test_moving_a_session_to_where_it_is_changes_nothing() -> None:
    event_id = made(CLUB)
    before = everything()
    assert ask(MOVE, event_id, at("2027-03-10"))["status"] == 200
    assert everything() == before


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    (at("2027-04-14"), "day", "INSET"),
    (at("2027-05-03"), "day", "bank holiday"),
    (at("2027-06-02"), "day", "half-term"),
    (at("2027-04-05"), "day", "no term"),
    (at("2026-11-20"), "starts_at", "past"),
    (at("2027-03-17", "16:29", "17:00"), "starts_at", "session_002"),
    (at("2027-03-17", "14:30", "15:31"), "starts_at", "session_002"),
    (at("2027-03-18", "16:30", "16:30"), "ends_at", "later"),
    (at("2027-03-28", "01:30", "02:30"), "starts_at", "clocks"),
    ({"day": "2027-03-18", "starts_at": "16:30:30", "ends_at": "17:00"}, "starts_at", "minute"),
    ({"day": 20270318, "starts_at": "16:30", "ends_at": "17:00"}, "day", "text"),
    (at("2027-03-18") | {"because": "x"}, "because", ""),
]


@pytest.mark.parametrize("route", [ADD, MOVE])
def test_a_time_at_which_the_club_cannot_meet_is_refused_naming_the_field_and_the_reason(route: str) -> None:
    event_id = made(CLUB)
    before = everything()
    for body, field, reason in REFUSED:
        answer = ask(route, event_id, body)
        assert answer["status"] == 422, (body, answer["body"])
        (error,) = answer["body"]["errors"]
        assert error["field"] == field
        assert reason in error["message"]
    assert everything() == before


def test_right_before_and_right_after_another_session_there_is_room() -> None:
    event_id = made(CLUB)
    assert ask(ADD, event_id, at("2027-03-17", "14:30", "15:30"))["status"] == 201
    assert ask(ADD, event_id, at("2027-03-17", "16:30", "17:30"))["status"] == 201


def test_the_last_session_left_is_not_cancelled_by_itself() -> None:
    event_id = made(CLUB | {"meets": CLUB["meets"] | {"last_day": "2027-03-17"}})
    assert ask(CANCEL, event_id)["status"] == 200
    before = everything()
    assert ask(CANCEL, event_id, session_id="session_002")["status"] == 409
    assert everything() == before


def test_families_can_never_book_when_the_club_is_over() -> None:
    late = {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2027-05-26T12:00:00Z"}
    event_id = made(CLUB | {"booking_window": late})
    before = everything()
    for route, body in ((CANCEL, None), (MOVE, at("2027-05-20"))):
        answer = ask(route, event_id, body, "session_009")
        assert (answer["status"], answer["body"]["errors"][0]["field"]) == (409, "booking_window.closes_at")
    assert everything() == before


def test_a_session_that_has_begun_is_history() -> None:
    event_id = published(CLUB)
    with time_machine.travel("2027-03-10T15:30:00Z"):
        before = everything()
        assert ask(CANCEL, event_id)["status"] == 409
        assert ask(MOVE, event_id, at("2027-03-11"))["status"] == 409
        assert everything() == before
        assert ask(CANCEL, event_id, session_id="session_002")["status"] == 200


def test_a_trip_has_no_single_sessions() -> None:
    event_id = made(TRIP)
    before = everything()
    assert ask(MOVE, event_id, at("2026-12-07"))["status"] == 409
    assert ask(CANCEL, event_id)["status"] == 409
    assert ask(ADD, event_id, at("2026-12-07"))["status"] == 409
    assert everything() == before


def test_a_club_whose_places_are_being_made_is_left_alone() -> None:
    event_id = made(CLUB)
    item = store.EventItem.get(*_key(event_id))
    item.update(actions=[store.EventItem.status.set("publishing")])
    assert ask(CANCEL, event_id)["status"] == 409


def _key(event_id: str) -> tuple[str, str]:
    key = store.event_key(SCHOOL, event_id)
    return key.pk, key.sk


def test_what_somebody_else_has_changed_meanwhile_is_read_first() -> None:
    event_id = made(CLUB)
    assert ask(CANCEL, event_id, session_id="session_002", version=1)["status"] == 200
    before = everything()
    for route, body in ((ADD, at("2027-05-13")), (MOVE, at("2027-05-13")), (CANCEL, None)):
        assert ask(route, event_id, body, version=1)["status"] == 412
    assert everything() == before


def test_of_two_who_change_a_club_at_once_one_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = made(CLUB)
    read = store.find_event(SCHOOL, event_id)
    assert ask(CANCEL, event_id, session_id="session_002")["status"] == 200
    before = everything()
    monkeypatch.setattr(store, "find_event", lambda *_: read)
    for route, body in ((ADD, at("2027-05-13")), (MOVE, at("2027-05-13")), (CANCEL, None)):
        assert ask(route, event_id, body)["status"] == 412
    assert everything() == before


def test_a_session_or_event_that_is_not_there_is_not_found() -> None:
    event_id = made(CLUB)
    assert ask(CANCEL, event_id, session_id="session_010")["status"] == 404
    assert ask(MOVE, event_id, at("2027-05-13"), "session_010")["status"] == 404
    for route, body in ((ADD, at("2027-05-13")), (MOVE, at("2027-05-13")), (CANCEL, None)):
        assert ask(route, event_id, body, school_id="school-2", version=1)["status"] == 404


def test_first_and_last_day_follow_and_with_them_lists_and_timetables() -> None:
    event_id = made(CLUB)
    staff = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}
    headers = {"If-Match": '"1"'}
    event_staff(http_event(f"PUT {EVENT}/staff", {"event_id": event_id}, staff, headers=headers), LambdaContext())
    ask(CANCEL, event_id, session_id="session_001")
    ask(MOVE, event_id, at("2027-02-03"), "session_009")
    event = seen(event_id, **TEACHER)
    assert (event["starts_on"], event["ends_on"]) == ("2027-02-03", "2027-05-19")
    query = {"from": "2027-02-03", "to": "2027-02-28"}
    parameters = {"staff_id": "staff-1"}
    route = "GET /v1/schools/{school_id}/staff/{staff_id}/timetable"
    listed = json_of(event_staff(http_event(route, parameters, query=query, **TEACHER), LambdaContext()))["items"]
    assert [one["starts_at"] for one in listed] == ["2027-02-03T15:30:00Z"]
    query = {"from": "2027-03-08", "to": "2027-03-17"}
    listed = json_of(event_staff(http_event(route, parameters, query=query, **TEACHER), LambdaContext()))["items"]
    assert [(one["starts_at"], one["cancelled"]) for one in listed] == [
        ("2027-03-10T15:30:00Z", True),
        ("2027-03-17T15:30:00Z", False),
    ]
    listed = json_of(events(http_event(f"GET {EVENTS}", query={"from": "2027-02-04"}), LambdaContext()))["items"]
    assert listed == []


def test_other_changes_of_a_draft_keep_its_sessions_and_new_times_make_them_anew() -> None:
    event_id = made(CLUB)
    ask(CANCEL, event_id, session_id="session_002")
    ask(MOVE, event_id, at("2027-05-28"), "session_009")
    ask(ADD, event_id, at("2027-05-13"))
    sessions = seen(event_id)["sessions"]
    changed = _change(event_id, {"capacity": 5})
    assert (changed["capacity"], changed["sessions"], changed["ends_on"]) == (5, sessions, "2027-05-28")
    anew = _change(event_id, {"meets": CLUB["meets"]})
    assert [one["id"] for one in anew["sessions"]] == [f"session_{number:03d}" for number in range(1, 10)]
    assert not any(one["cancelled"] for one in anew["sessions"])


def _change(event_id: str, changes: dict[str, Any]) -> dict[str, Any]:
    headers = {"If-Match": f'"{store.find_event(SCHOOL, event_id).version}"'}
    answer = events(http_event(f"PATCH {EVENT}", {"event_id": event_id}, changes, headers=headers), LambdaContext())
    assert answer["statusCode"] == 200, answer["body"]
    return dict(json_of(answer))


def test_the_register_follows_and_what_families_booked_stays() -> None:
    event_id = booked()
    before = everything()["Bookings"]
    assert expected(event_id, "session_002") == ["pupil-1"]
    ask(CANCEL, event_id, session_id="session_002")
    ask(MOVE, event_id, at("2027-03-25", "08:00", "08:40"), "session_003")
    assert ask(ADD, event_id, at("2027-05-13"))["body"]["id"] == "session_010"
    assert everything()["Bookings"] == before
    register = ask(REGISTER, event_id, session_id="session_002")["body"]
    assert (register["cancelled"], register["expected"]) == (True, [])
    register = ask(REGISTER, event_id, session_id="session_003")["body"]
    assert (register["starts_at"], register["cancelled"]) == ("2027-03-25T08:00:00Z", False)
    assert expected(event_id, "session_003") == expected(event_id, "session_010") == ["pupil-1"]


def test_the_family_sees_what_became_of_the_sessions() -> None:
    event_id = booked()
    ask(CANCEL, event_id, session_id="session_002")
    ask(MOVE, event_id, at("2027-03-25"), "session_003")
    sessions = {one["id"]: one for one in seen(event_id, **PARENT)["sessions"]}
    assert sessions["session_002"]["cancelled"] is True
    assert sessions["session_003"]["starts_at"] == "2027-03-25T15:30:00Z"


def test_a_club_is_over_after_the_last_session_that_took_place() -> None:
    event_id = published(CLUB)
    assert ask(CANCEL, event_id, session_id="session_009")["status"] == 200
    complete = http_event(f"POST {EVENT}/complete", {"event_id": event_id})
    with time_machine.travel("2027-05-19T15:29:00Z"):
        assert event_lifecycle(complete, LambdaContext())["statusCode"] == 409
    with time_machine.travel("2027-05-19T15:30:00Z"):
        assert event_lifecycle(complete, LambdaContext())["statusCode"] == 200


@pytest.mark.parametrize("caller", [PARENT, TEACHER, {"roles": ("finance",), "person": "staff-admin"}])
def test_only_administrators_change_sessions(caller: dict[str, Any]) -> None:
    event_id = booked()
    before = everything()
    for route, body in ((ADD, at("2027-05-13")), (MOVE, at("2027-05-13")), (CANCEL, None)):
        assert ask(route, event_id, body, **caller)["status"] == 403
    assert everything() == before
