"""The routes of events: who may do what, and what is answered."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from functions.events.handler import lambda_handler
from school_events.events import store

from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import a_small_school, portal_message, staff_told, tell
from tests.support.tables import everything, rows

EVENTS = "/v1/schools/{school_id}/events"
EVENT = f"{EVENTS}/{{event_id}}"
TRIP: dict[str, Any] = {
    "kind": "trip",
    "title": "Science Museum",
    "description": "A day at the Science Museum.",
    "location": "London",
    "takes_place": {"starts_at": "2026-12-04T08:30", "ends_at": "2026-12-04T17:00"},
    "capacity": 3,
    "price": {"amount": 1250, "currency": "gbp"},
    "booking_window": {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2026-12-01T00:00:00Z"},
    "form": {
        "questions": [{"id": "consent", "kind": "consent", "prompt": "I agree that my child goes.", "required": True}]
    },
}
CLUB: dict[str, Any] = {
    "kind": "club",
    "title": "Chess",
    "meets": {
        "weekday": 3,
        "starts_at": "15:30",
        "ends_at": "16:30",
        "first_day": "2027-03-08",
        "last_day": "2027-06-04",
    },
    "capacity": 2,
    "price": {"amount": 0},
    "booking_window": {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2027-03-10T00:00:00Z"},
}
CALENDAR = {
    "academic_year": "2026-27",
    "terms": [
        {"name": "Autumn term", "starts_on": "2026-09-02", "ends_on": "2026-12-18"},
        {"name": "Spring term", "starts_on": "2027-01-05", "ends_on": "2027-03-25"},
        {"name": "Summer term", "starts_on": "2027-04-12", "ends_on": "2027-07-21"},
    ],
    "half_terms": [{"starts_on": "2027-05-31", "ends_on": "2027-06-04"}],
    "inset_days": ["2027-04-14"],
}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_small_school()
    tell(staff_told("staff-2"), portal_message("TermCalendarUpdated", {"calendar": CALENDAR}))
    with time_machine.travel(NOW):
        yield


def _call(route: str, event_id: str | None = None, body: Any = None, **others: Any) -> dict[str, Any]:
    parameters = {} if event_id is None else {"event_id": event_id}
    return lambda_handler(http_event(route, parameters | others.pop("path", {}), body, **others), LambdaContext())


def _staff(person: str = "staff-1") -> dict[str, Any]:
    return {"roles": ("staff",), "person": person}


def _parent(person: str = "contact-1") -> dict[str, Any]:
    return {"roles": ("parent",), "person": person}


def _made(body: dict[str, Any] = TRIP) -> str:
    answer = _call(f"POST {EVENTS}", body=body)
    assert answer["statusCode"] == 201, answer["body"]
    return str(json_of(answer)["id"])


def _version(event_id: str) -> dict[str, str]:
    return {"If-Match": f'"{store.find_event(SCHOOL, event_id).version}"'}


def _published(body: dict[str, Any] = TRIP) -> str:
    event_id = _made(body)
    assert _call(f"POST {EVENT}/publish", event_id)["statusCode"] == 200
    return event_id


def test_a_trip_is_made_as_a_draft_with_one_session_in_utc() -> None:
    made = _call(f"POST {EVENTS}", body=TRIP)
    event_id = json_of(made)["id"]
    assert json_of(made) == {"id": event_id, "status": "draft", "version": 1}
    assert made["headers"]["Location"] == f"/v1/schools/{SCHOOL}/events/{event_id}"
    read = _call(f"GET {EVENT}", event_id)
    event = json_of(read)
    assert read["headers"]["ETag"] == '"1"'
    assert event["sessions"] == [
        {"id": "session_001", "starts_at": "2026-12-04T08:30:00Z", "ends_at": "2026-12-04T17:00:00Z"}
    ]
    assert (event["starts_on"], event["ends_on"], event["time_zone"]) == ("2026-12-04", "2026-12-04", "Europe/London")
    assert event["booking_window"]["closes_at"] == "2026-12-01T00:00:00Z"
    assert event["takes_place"] == {"starts_at": "2026-12-04T08:30:00", "ends_at": "2026-12-04T17:00:00"}
    assert event["form"]["version"] == 1
    assert event["form"]["questions"][0]["prompt"] == "I agree that my child goes."


def test_a_club_meets_on_school_days_only_at_the_same_time_by_the_clock() -> None:
    event = json_of(_call(f"GET {EVENT}", _made(CLUB)))
    assert [session["starts_at"] for session in event["sessions"]] == [
        "2027-03-10T15:30:00Z",
        "2027-03-17T15:30:00Z",
        "2027-03-24T15:30:00Z",
        "2027-04-21T14:30:00Z",  # 14 April is an INSET day; summer time began on 28 March
        "2027-04-28T14:30:00Z",
        "2027-05-05T14:30:00Z",
        "2027-05-12T14:30:00Z",
        "2027-05-19T14:30:00Z",
        "2027-05-26T14:30:00Z",
    ]
    assert (event["starts_on"], event["ends_on"]) == ("2027-03-10", "2027-05-26")


def test_the_same_request_twice_makes_one_event() -> None:
    headers = {"Idempotency-Key": "key-1"}
    first, second = (_call(f"POST {EVENTS}", body=TRIP, headers=headers) for _ in range(2))
    assert first["body"] == second["body"]
    assert len([row for row in rows("Events") if row["sk"]["S"] == "EVENT"]) == 1
    other = _call(f"POST {EVENTS}", body=TRIP | {"title": "Zoo"}, headers=headers)
    assert other["statusCode"] == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 2001}, "capacity"),
        ({"capacity": "3"}, "capacity"),
        ({"capacity": 3.0}, "capacity"),
        ({"minimum": 4}, "minimum"),
        ({"title": ""}, "title"),
        ({"kind": "parents_evening"}, "kind"),
        ({"price": {"amount": 29}}, "price.amount"),
        ({"price": {"amount": -1}}, "price.amount"),
        ({"price": {"amount": 12.5}}, "price.amount"),
        ({"price": {"amount": 1250, "currency": "eur"}}, "price.currency"),
        ({"meets": CLUB["meets"]}, "meets"),
        ({"takes_place": None}, "takes_place"),
        ({"takes_place": {"starts_at": "2026-12-04T08:30Z", "ends_at": "2026-12-04T17:00"}}, "takes_place.starts_at"),
        ({"takes_place": {"starts_at": 1796373000, "ends_at": "2026-12-04T17:00"}}, "takes_place.starts_at"),
        ({"takes_place": {"starts_at": "2026-12-04T08:30", "ends_at": "2026-12-04T08:30"}}, "takes_place.ends_at"),
        ({"takes_place": {"starts_at": "2027-03-28T01:30", "ends_at": "2027-03-29T08:30"}}, "takes_place.starts_at"),
        (
            {"booking_window": {"opens_at": "2026-12-01T00:00:00Z", "closes_at": "2026-12-01T00:00:00Z"}},
            "booking_window.closes_at",
        ),
        (
            {"booking_window": {"opens_at": "2026-12-01T00:00:00Z", "closes_at": "2026-12-04T17:00:01Z"}},
            "booking_window.closes_at",
        ),
        (
            {"booking_window": {"opens_at": "2026-12-01T00:00:00", "closes_at": "2026-12-04T17:00:00Z"}},
            "booking_window.opens_at",
        ),
        ({"form": {"questions": [{"id": "a", "kind": "choice", "prompt": "?", "required": True}]}}, "form.questions.0.choices"),
        ({"form": {"questions": [{"id": "a", "kind": "text", "prompt": "?", "required": "yes"}]}}, "form.questions.0.required"),
    ],
)  # fmt: skip
def test_a_trip_that_makes_no_sense_is_refused_naming_the_field(change: dict[str, Any], field: str) -> None:
    before = everything()
    answer = _call(f"POST {EVENTS}", body=TRIP | change)
    assert answer["statusCode"] == 422
    assert [error["field"] for error in json_of(answer)["errors"]] == [field]
    assert everything() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weekday": 0}, "meets.weekday"),
        ({"weekday": 8}, "meets.weekday"),
        ({"starts_at": "16:30"}, "meets.ends_at"),
        ({"starts_at": "15:30:30"}, "meets.starts_at"),
        ({"starts_at": 930}, "meets.starts_at"),
        ({"last_day": "2027-03-07"}, "meets.last_day"),
        ({"last_day": "2028-03-10"}, "meets.last_day"),
        ({"weekday": 7}, "meets"),
        ({"first_day": "2029-01-01", "last_day": "2029-02-01"}, "meets"),
    ],
)
def test_a_club_that_makes_no_sense_is_refused_naming_the_field(change: dict[str, Any], field: str) -> None:
    calendar_without_sundays = CLUB | {"meets": CLUB["meets"] | change}
    if change == {"weekday": 7}:
        calendar_without_sundays["meets"] |= {"first_day": "2027-03-26", "last_day": "2027-04-11"}
    answer = _call(f"POST {EVENTS}", body=calendar_without_sundays)
    assert answer["statusCode"] == 422
    assert [error["field"] for error in json_of(answer)["errors"]] == [field]


def test_a_draft_changes_completely_and_its_sessions_with_it() -> None:
    event_id = _made(CLUB)
    change = {"meets": CLUB["meets"] | {"weekday": 4, "last_day": "2027-03-20"}, "capacity": 5, "form": TRIP["form"]}
    answer = _call(f"PATCH {EVENT}", event_id, change, headers=_version(event_id))
    event = json_of(answer)
    assert answer["statusCode"] == 200
    assert (answer["headers"]["ETag"], event["version"], event["capacity"]) == ('"2"', 2, 5)
    assert [session["starts_at"] for session in event["sessions"]] == ["2027-03-11T15:30:00Z", "2027-03-18T15:30:00Z"]
    assert event["title"] == "Chess"
    assert event["form"]["version"] == 1
    again = _call(f"PATCH {EVENT}", event_id, {"form": None, "title": "Go"}, headers=_version(event_id))
    assert json_of(again)["form"] is None
    assert json_of(again)["title"] == "Go"


def test_a_stale_change_is_refused_and_changes_nothing() -> None:
    event_id = _made()
    assert _call(f"PATCH {EVENT}", event_id, {"title": "Zoo"}, headers={"If-Match": '"1"'})["statusCode"] == 200
    before = everything()
    answer = _call(f"PATCH {EVENT}", event_id, {"title": "Aquarium"}, headers={"If-Match": '"1"'})
    assert answer["statusCode"] == 412
    assert everything() == before


def test_a_change_must_say_what_it_read() -> None:
    answer = _call(f"PATCH {EVENT}", _made(), {"title": "Zoo"})
    assert answer["statusCode"] == 422
    assert json_of(answer)["errors"][0]["field"] == "If-Match"


@pytest.mark.parametrize("field", ["title", "capacity", "booking_window", "meets", "price"])
def test_a_change_to_nothing_is_refused_naming_the_field(field: str) -> None:
    event_id = _made()
    answer = _call(f"PATCH {EVENT}", event_id, {field: None}, headers=_version(event_id))
    assert answer["statusCode"] == 422
    assert json_of(answer)["errors"][0]["field"] == field


def test_publishing_makes_the_places_and_asking_again_changes_nothing() -> None:
    event_id = _made()
    answer = _call(f"POST {EVENT}/publish", event_id)
    assert json_of(answer)["status"] == "published"
    assert len(rows("Bookings")) == TRIP["capacity"]
    before = everything()
    assert json_of(_call(f"POST {EVENT}/publish", event_id)) == json_of(answer)
    assert everything() == before


def test_of_a_published_event_only_what_is_safe_changes() -> None:
    event_id = _published()
    safe = _call(f"PATCH {EVENT}", event_id, {"location": "Bath"}, headers=_version(event_id))
    assert json_of(safe)["location"] == "Bath"
    before = everything()
    unsafe = _call(f"PATCH {EVENT}", event_id, {"capacity": 9, "title": "x"}, headers=_version(event_id))
    assert unsafe["statusCode"] == 409
    assert [error["field"] for error in json_of(unsafe)["errors"]] == ["capacity"]
    assert everything() == before


def test_closing_shuts_every_place_and_leaves_nothing_due() -> None:
    event_id = _published()
    for _ in range(2):
        answer = _call(f"POST {EVENT}/close", event_id)
        assert json_of(answer)["status"] == "closed"
    assert not any(row["bookable"]["BOOL"] for row in rows("Bookings"))
    assert not any("due_pk" in row for row in rows("Events"))
    assert _call(f"POST {EVENT}/publish", event_id)["statusCode"] == 409


def test_a_draft_cannot_be_closed() -> None:
    assert _call(f"POST {EVENT}/close", _made())["statusCode"] == 409


def test_an_event_whose_booking_is_over_is_not_published() -> None:
    window = {"opens_at": "2026-11-01T00:00:00Z", "closes_at": "2026-11-23T00:00:00Z"}
    event_id = _made(TRIP | {"booking_window": window})
    answer = _call(f"POST {EVENT}/publish", event_id)
    assert answer["statusCode"] == 409
    assert store.find_event(SCHOOL, event_id).status == "draft"


def test_staff_are_allocated_and_find_their_event_and_times() -> None:
    event_id = _made()
    body = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}
    answer = _call(f"PUT {EVENT}/staff", event_id, body, headers=_version(event_id))
    assert json_of(answer)["items"] == [{"staff_id": "staff-1", "role": "lead", "name": "Zoë Adeyemi"}]
    assert answer["headers"]["ETag"] == '"2"'
    assert json_of(_call(f"GET {EVENT}/staff", event_id, **_staff())) == json_of(answer)
    assert _call(f"GET {EVENT}", event_id, **_staff())["statusCode"] == 200
    assert [event["id"] for event in json_of(_call(f"GET {EVENTS}", **_staff()))["items"]] == [event_id]
    entries = json_of(_timetable("staff-1", **_staff()))["items"]
    assert [(entry["event_id"], entry["role"], entry["starts_at"]) for entry in entries] == [
        (event_id, "lead", "2026-12-04T08:30:00Z")
    ]


def test_staff_who_are_not_allocated_see_nothing_of_an_event() -> None:
    event_id = _made()
    body = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}
    _call(f"PUT {EVENT}/staff", event_id, body, headers=_version(event_id))
    body = {"staff": [{"staff_id": "staff-2", "role": "helper"}]}
    assert _call(f"PUT {EVENT}/staff", event_id, body, headers=_version(event_id))["statusCode"] == 200
    for path in (EVENT, f"{EVENT}/staff"):
        assert _call(f"GET {path}", event_id, **_staff())["statusCode"] == 404
        assert _call(f"GET {path}", event_id, **_staff("staff-2"))["statusCode"] == 200
    assert json_of(_call(f"GET {EVENTS}", **_staff()))["items"] == []
    assert json_of(_timetable("staff-1", **_staff()))["items"] == []


def test_when_a_draft_moves_its_staff_find_it_on_the_new_day() -> None:
    event_id = _made()
    body = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}
    _call(f"PUT {EVENT}/staff", event_id, body, headers=_version(event_id))
    moved = {"takes_place": {"starts_at": "2027-06-04T08:30", "ends_at": "2027-06-05T17:00"}}
    assert _call(f"PATCH {EVENT}", event_id, moved, headers=_version(event_id))["statusCode"] == 200
    assert json_of(_timetable("staff-1"))["items"] == []
    entries = json_of(_timetable("staff-1", first="2027-06-05", last="2027-06-05"))["items"]
    assert [entry["starts_at"] for entry in entries] == ["2027-06-04T07:30:00Z"]
    assert json_of(_call(f"GET {EVENTS}", query={"staff": "staff-1", "from": "2027-06-04"}))["items"]


@pytest.mark.parametrize(
    ("staff", "field"),
    [
        ([{"staff_id": "staff-9", "role": "lead"}], "staff.0.staff_id"),
        ([{"staff_id": "staff-1", "role": "lead"}, {"staff_id": "staff-1", "role": "helper"}], "staff.1.staff_id"),
        ([{"staff_id": "staff-1", "role": "cook"}], "staff.0.role"),
        ([{"staff_id": "contact-1", "role": "lead"}], "staff.0.staff_id"),
    ],
)
def test_only_the_schools_staff_are_allocated_once_each(staff: list[dict[str, str]], field: str) -> None:
    event_id = _made()
    before = everything()
    answer = _call(f"PUT {EVENT}/staff", event_id, {"staff": staff}, headers=_version(event_id))
    assert answer["statusCode"] == 422
    assert [error["field"] for error in json_of(answer)["errors"]] == [field]
    assert everything() == before


def test_allocating_on_a_stale_event_is_refused() -> None:
    event_id = _made()
    answer = _call(f"PUT {EVENT}/staff", event_id, {"staff": []}, headers={"If-Match": '"9"'})
    assert answer["statusCode"] == 412


def test_a_timetable_is_ones_own_or_an_administrators_to_read() -> None:
    assert _timetable("staff-2", **_staff())["statusCode"] == 404
    assert _timetable("staff-2")["statusCode"] == 200
    assert _timetable("staff-9")["statusCode"] == 404
    assert _timetable("staff-1", first="2026-12-05", last="2026-12-04")["statusCode"] == 422
    assert _timetable("staff-1", first="2026-09-01", last="2026-12-02")["statusCode"] == 422


def _timetable(staff_id: str, first: str = "2026-12-01", last: str = "2026-12-31", **caller: Any) -> dict[str, Any]:
    route = "GET /v1/schools/{school_id}/staff/{staff_id}/timetable"
    return _call(route, path={"staff_id": staff_id}, query={"from": first, "to": last}, **caller)


def test_a_parent_reads_an_event_only_once_a_child_is_invited() -> None:
    event_id = _published()
    assert _call(f"GET {EVENT}", event_id, **_parent())["statusCode"] == 404
    _invite("pupil-1", event_id)
    assert json_of(_call(f"GET {EVENT}", event_id, **_parent()))["title"] == "Science Museum"
    assert _call(f"GET {EVENT}", event_id, **_parent("contact-9"))["statusCode"] == 404


def _invite(pupil_id: str, event_id: str) -> None:
    from school_events.core.dynamodb import Transaction
    from school_events.invitations import store as invitations

    ctx = a_context()
    transaction = Transaction(ctx)
    invitations.add(transaction, ctx, event_id, pupil_id)
    transaction.commit()


@pytest.mark.parametrize(
    ("route", "body"),
    [
        (f"POST {EVENTS}", TRIP),
        (f"PATCH {EVENT}", {"title": "Zoo"}),
        (f"POST {EVENT}/publish", None),
        (f"POST {EVENT}/close", None),
        (f"PUT {EVENT}/staff", {"staff": []}),
    ],
)
@pytest.mark.parametrize("caller", [_staff(), _parent(), {"roles": ("finance",), "person": "staff-admin"}])
def test_only_administrators_write(route: str, body: Any, caller: dict[str, Any]) -> None:
    event_id = _made()
    before = everything()
    assert _call(route, event_id, body, headers=_version(event_id), **caller)["statusCode"] == 403
    assert everything() == before


@pytest.mark.parametrize("route", [f"GET {EVENT}", f"POST {EVENT}/publish", f"POST {EVENT}/close", f"GET {EVENT}/staff"])
def test_an_event_that_is_not_there_and_another_schools_answer_alike(route: str) -> None:
    event_id = _made()
    stranger = {"school_id": "school-2"}
    assert _call(route, "event_nobody")["statusCode"] == 404
    assert _call(route, event_id, **stranger)["statusCode"] == 404


def test_events_are_listed_by_first_day_in_pages_that_cannot_be_forged() -> None:
    later = TRIP | {"takes_place": {"starts_at": "2027-01-04T08:30", "ends_at": "2027-01-04T17:00"}}
    ids = [_made(later), _made(TRIP), _made(CLUB)]
    first = json_of(_call(f"GET {EVENTS}", query={"limit": "2"}))
    second = json_of(_call(f"GET {EVENTS}", query={"limit": "2", "cursor": first["next_cursor"]}))
    assert [event["id"] for event in first["items"] + second["items"]] == [ids[1], ids[0], ids[2]]
    assert second["next_cursor"] is None
    forged = _call(f"GET {EVENTS}", query={"cursor": first["next_cursor"][:-2] + "AA"})
    assert forged["statusCode"] == 422


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, ["Science Museum", "Chess"]),
        ({"kind": "club"}, ["Chess"]),
        ({"status": "published"}, ["Science Museum"]),
        ({"status": "draft", "kind": "trip"}, []),
        ({"from": "2026-12-05"}, ["Chess"]),
        ({"from": "2026-12-04"}, ["Science Museum", "Chess"]),
        ({"staff": "staff-1"}, []),
    ],
)
def test_events_are_listed_as_asked(query: dict[str, str], titles: list[str]) -> None:
    _published()
    _made(CLUB)
    listed = json_of(_call(f"GET {EVENTS}", query=query))["items"]
    assert [event["title"] for event in listed] == titles


@pytest.mark.parametrize(("name", "value"), [("kind", "party"), ("status", "gone"), ("limit", "0"), ("from", "today")])
def test_a_list_that_makes_no_sense_is_refused_naming_the_parameter(name: str, value: str) -> None:
    answer = _call(f"GET {EVENTS}", query={name: value})
    assert answer["statusCode"] == 422
    assert json_of(answer)["errors"][0]["field"] == name
