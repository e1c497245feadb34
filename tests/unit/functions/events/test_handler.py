"""The routes of events: who may do what, and what is answered."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from school_events.core.dynamodb import Transaction
from school_events.events import store
from school_events.invitations import store as invitations
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import json_of
from tests.support.tables import everything, rows
from tests.unit.functions.events.asking import (
    CLUB,
    EVENT,
    EVENTS,
    TRIP,
    a_school_with_a_calendar,
    as_parent,
    as_staff,
    call,
    made,
    published,
    version_of,
)


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW):
        yield


def test_a_trip_is_made_as_a_draft_with_one_session_in_utc() -> None:
    answer = call(f"POST {EVENTS}", body=TRIP)
    event_id = json_of(answer)["id"]
    assert json_of(answer) == {"id": event_id, "status": "draft", "version": 1}
    assert answer["headers"]["Location"] == f"/v1/schools/{SCHOOL}/events/{event_id}"
    read = call(f"GET {EVENT}", event_id)
    event = json_of(read)
    assert read["headers"]["ETag"] == '"1"'
    (session,) = event["sessions"]
    assert (session["id"], session["cancelled"]) == ("session_001", False)
    assert (session["starts_at"], session["ends_at"]) == ("2026-12-04T08:30:00Z", "2026-12-04T17:00:00Z")
    assert (event["starts_on"], event["ends_on"], event["time_zone"]) == ("2026-12-04", "2026-12-04", "Europe/London")
    assert event["booking_window"]["closes_at"] == "2026-12-01T00:00:00Z"
    assert event["takes_place"] == {"starts_at": "2026-12-04T08:30:00", "ends_at": "2026-12-04T17:00:00"}
    assert event["form"]["version"] == 1
    assert event["form"]["questions"][0]["prompt"] == "I agree that my child goes."


def test_a_club_meets_on_school_days_only_at_the_same_time_by_the_clock() -> None:
    event = json_of(call(f"GET {EVENT}", made(CLUB)))
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
    first, second = (call(f"POST {EVENTS}", body=TRIP, headers=headers) for _ in range(2))
    assert first["body"] == second["body"]
    assert len([row for row in rows("Events") if row["sk"]["S"] == "EVENT"]) == 1
    other = call(f"POST {EVENTS}", body=TRIP | {"title": "Zoo"}, headers=headers)
    assert other["statusCode"] == 422


def _asked(text: str) -> dict[str, Any]:
    return {"form": {"questions": [{"id": "a", "prompt": "?", "required": True} | json.loads(text)]}}


def _outing(starts_at: Any, ends_at: str) -> dict[str, Any]:
    return {"takes_place": {"starts_at": starts_at, "ends_at": ends_at}}


def _window(opens_at: str, closes_at: str) -> dict[str, Any]:
    return {"booking_window": {"opens_at": opens_at, "closes_at": closes_at}}


NO_TRIPS: list[tuple[dict[str, Any], str]] = [
    ({"colour": "red"}, "colour"),
    ({"capacity": 0}, "capacity"),
    ({"capacity": 2001}, "capacity"),
    ({"capacity": "3"}, "capacity"),
    ({"capacity": 3.0}, "capacity"),
    ({"minimum": 4}, "minimum"),
    ({"title": " "}, "title"),
    ({"kind": "picnic"}, "kind"),
    ({"price": {"amount": 29}}, "price.amount"),
    ({"price": {"amount": -1}}, "price.amount"),
    ({"price": {"amount": 12.5}}, "price.amount"),
    ({"price": {"amount": 1250, "currency": "eur"}}, "price.currency"),
    ({"meets": CLUB["meets"]}, "meets"),
    ({"takes_place": None}, "takes_place"),
    (_outing("2026-12-04T08:30Z", "2026-12-04T17:00"), "takes_place.starts_at"),
    (_outing(1796373000, "2026-12-04T17:00"), "takes_place.starts_at"),
    (_outing("2026-12-04T08:30", "2026-12-04T08:30"), "takes_place.ends_at"),
    (_outing("2027-03-28T01:30", "2027-03-29T08:30"), "takes_place.starts_at"),
    (_outing("0001-01-01T08:30", "2027-03-29T08:30"), "takes_place.starts_at"),
    (_outing("2026-12-04T08:30", "9999-12-31T08:30"), "takes_place.ends_at"),
    (_window("0001-01-01T00:00:00+01:00", "2026-12-01T00:00:00Z"), "booking_window.opens_at"),
    (_window("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"), "booking_window.closes_at"),
    (_window("2026-12-01T00:00:00Z", "2026-12-04T17:00:01Z"), "booking_window.closes_at"),
    (_window("2026-12-01T00:00:00", "2026-12-04T17:00:00Z"), "booking_window.opens_at"),
    (_asked('{"kind": "choice"}'), "form.questions.0.choices"),
    (_asked('{"kind": "text", "required": "yes"}'), "form.questions.0.required"),
]
NO_CLUBS: list[tuple[dict[str, Any], str]] = [
    ({"weekday": 0}, "meets.weekday"),
    ({"weekday": 8}, "meets.weekday"),
    ({"starts_at": "16:30"}, "meets.ends_at"),
    ({"starts_at": "15:30:30"}, "meets.starts_at"),
    ({"starts_at": 930}, "meets.starts_at"),
    ({"last_day": "2027-03-07"}, "meets.last_day"),
    ({"last_day": "2028-03-10"}, "meets.last_day"),
    ({"first_day": "2027-03-26", "last_day": "2027-04-11"}, "meets"),
    ({"first_day": "2029-01-01", "last_day": "2029-02-01"}, "meets"),
]


def test_what_makes_no_sense_is_refused_naming_the_field_and_changes_nothing() -> None:
    before = everything()
    for body, field in [
        *((TRIP | change, field) for change, field in NO_TRIPS),
        *((CLUB | {"meets": CLUB["meets"] | change}, field) for change, field in NO_CLUBS),
    ]:
        answer = call(f"POST {EVENTS}", body=body)
        assert answer["statusCode"] == 422, (body, answer["body"])
        assert [error["field"] for error in json_of(answer)["errors"]] == [field]
    assert everything() == before


def test_a_draft_changes_completely_and_its_sessions_with_it() -> None:
    event_id = made(CLUB)
    change = {"meets": CLUB["meets"] | {"weekday": 4, "last_day": "2027-03-20"}, "capacity": 5, "form": TRIP["form"]}
    answer = call(f"PATCH {EVENT}", event_id, change, headers=version_of(event_id))
    event = json_of(answer)
    assert answer["statusCode"] == 200
    assert (answer["headers"]["ETag"], event["version"], event["capacity"]) == ('"2"', 2, 5)
    assert [session["starts_at"] for session in event["sessions"]] == ["2027-03-11T15:30:00Z", "2027-03-18T15:30:00Z"]
    assert event["title"] == "Chess"
    assert event["form"]["version"] == 1
    again = call(f"PATCH {EVENT}", event_id, {"form": None, "title": "Go"}, headers=version_of(event_id))
    assert json_of(again)["form"] is None
    assert json_of(again)["title"] == "Go"


def test_a_stale_change_is_refused_and_changes_nothing() -> None:
    event_id = made()
    assert call(f"PATCH {EVENT}", event_id, {"title": "Zoo"}, headers={"If-Match": '"1"'})["statusCode"] == 200
    before = everything()
    answer = call(f"PATCH {EVENT}", event_id, {"title": "Aquarium"}, headers={"If-Match": '"1"'})
    assert answer["statusCode"] == 412
    assert everything() == before


def test_a_change_must_say_what_it_read() -> None:
    answer = call(f"PATCH {EVENT}", made(), {"title": "Zoo"})
    assert answer["statusCode"] == 422
    assert json_of(answer)["errors"][0]["field"] == "If-Match"


def test_a_change_to_nothing_is_refused_naming_the_field() -> None:
    event_id = made()
    for field in ("title", "capacity", "booking_window", "meets", "price"):
        answer = call(f"PATCH {EVENT}", event_id, {field: None}, headers=version_of(event_id))
        assert answer["statusCode"] == 422
        assert json_of(answer)["errors"][0]["field"] == field


def test_publishing_makes_the_places_and_asking_again_changes_nothing() -> None:
    event_id = made()
    answer = call(f"POST {EVENT}/publish", event_id)
    assert json_of(answer)["status"] == "published"
    assert len(rows("Bookings")) == TRIP["capacity"]
    before = everything()
    assert json_of(call(f"POST {EVENT}/publish", event_id)) == json_of(answer)
    assert everything() == before


def test_of_a_published_event_only_what_is_safe_changes() -> None:
    event_id = published()
    safe = call(f"PATCH {EVENT}", event_id, {"location": "Bath"}, headers=version_of(event_id))
    assert json_of(safe)["location"] == "Bath"
    before = everything()
    unsafe = call(f"PATCH {EVENT}", event_id, {"minimum": 1, "title": "x"}, headers=version_of(event_id))
    assert unsafe["statusCode"] == 409
    assert [error["field"] for error in json_of(unsafe)["errors"]] == ["minimum"]
    assert everything() == before


def test_the_capacity_of_a_published_event_changes_and_its_places_follow() -> None:
    event_id = published()
    answer = call(f"PATCH {EVENT}", event_id, {"capacity": 2}, headers=version_of(event_id))
    assert (answer["statusCode"], json_of(answer)["capacity"]) == (200, 2)
    assert sorted(row["state"]["S"] for row in rows("Bookings")) == ["free", "free", "retired"]
    stale = call(f"PATCH {EVENT}", event_id, {"capacity": 9}, headers={"If-Match": '"1"'})
    assert stale["statusCode"] == 412
    assert call(f"PATCH {EVENT}", event_id, {"capacity": 5}, headers=version_of(event_id))["statusCode"] == 200
    states = Counter(row["state"]["S"] for row in rows("Bookings"))
    assert states == {"free": 2, "returned": 3}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (TRIP | {"places": "session"}, "places"),
        (CLUB | {"places": "week"}, "places"),
        (CLUB | {"places": "session", "capacity": 334}, "capacity"),
    ],
)
def test_places_of_sessions_that_cannot_be_made_are_refused_by_field(body: dict[str, Any], field: str) -> None:
    before = everything()
    answer = call(f"POST {EVENTS}", body=body)
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (422, field)
    assert everything() == before


def test_what_is_booked_of_a_club_is_said_as_long_as_it_is_a_draft() -> None:
    event_id = made(CLUB)
    changed = call(f"PATCH {EVENT}", event_id, {"places": "session"}, headers=version_of(event_id))
    assert json_of(changed)["places"] == "session"
    assert call(f"POST {EVENT}/publish", event_id)["statusCode"] == 200
    pools = Counter(row["pool"]["S"] for row in rows("Bookings"))
    assert set(pools.values()) == {CLUB["capacity"]}
    assert len(pools) == len(json_of(changed)["sessions"])
    refused = call(f"PATCH {EVENT}", event_id, {"places": "series"}, headers=version_of(event_id))
    assert (refused["statusCode"], json_of(refused)["errors"][0]["field"]) == (409, "places")


def test_closing_shuts_every_place_and_leaves_nothing_due_but_its_news() -> None:
    event_id = published()
    for _ in range(2):
        answer = call(f"POST {EVENT}/close", event_id)
        assert json_of(answer)["status"] == "closed"
    assert not any(row["bookable"]["BOOL"] for row in rows("Bookings"))
    due = [row["sk"]["S"] for row in rows("Events") if "due_pk" in row]
    assert [sk.split("#")[0] for sk in due] == ["NEWS"]
    assert call(f"POST {EVENT}/publish", event_id)["statusCode"] == 409


def test_a_draft_cannot_be_closed() -> None:
    assert call(f"POST {EVENT}/close", made())["statusCode"] == 409


def test_an_event_whose_booking_is_over_is_notpublished() -> None:
    window = {"opens_at": "2026-11-01T00:00:00Z", "closes_at": "2026-11-23T00:00:00Z"}
    event_id = made(TRIP | {"booking_window": window})
    answer = call(f"POST {EVENT}/publish", event_id)
    assert answer["statusCode"] == 409
    assert store.find_event(SCHOOL, event_id).status == "draft"


def test_a_parent_reads_an_event_only_once_a_child_is_invited() -> None:
    event_id = published()
    assert call(f"GET {EVENT}", event_id, **as_parent())["statusCode"] == 404
    _invite("pupil-1", event_id)
    assert json_of(call(f"GET {EVENT}", event_id, **as_parent()))["title"] == "Science Museum"
    assert call(f"GET {EVENT}", event_id, **as_parent("contact-9"))["statusCode"] == 404


def _invite(pupil_id: str, event_id: str) -> None:
    ctx = a_context()
    transaction = Transaction(ctx)
    invitations.add(transaction, ctx, event_id, pupil_id)
    transaction.commit()


@pytest.mark.parametrize("caller", [as_staff(), as_parent(), {"roles": ("finance",), "person": "staff-admin"}])
def test_only_administrators_write(caller: dict[str, Any]) -> None:
    event_id = made()
    before = everything()
    for route, body in (
        (f"POST {EVENTS}", TRIP),
        (f"PATCH {EVENT}", {"title": "Zoo"}),
        (f"POST {EVENT}/publish", None),
        (f"POST {EVENT}/close", None),
        (f"PUT {EVENT}/staff", {"staff": []}),
    ):
        assert call(route, event_id, body, headers=version_of(event_id), **caller)["statusCode"] == 403
    assert everything() == before


def test_an_event_that_is_not_there_and_another_schools_answer_alike() -> None:
    event_id = made()
    for route in (f"GET {EVENT}", f"POST {EVENT}/publish", f"POST {EVENT}/close", f"GET {EVENT}/staff"):
        assert call(route, "event_nobody")["statusCode"] == 404
        assert call(route, event_id, school_id="school-2")["statusCode"] == 404


def test_events_are_listed_by_first_day_in_pages_that_cannot_be_forged() -> None:
    later = TRIP | {"takes_place": {"starts_at": "2027-01-04T08:30", "ends_at": "2027-01-04T17:00"}}
    ids = [made(later), made(TRIP), made(CLUB)]
    first = json_of(call(f"GET {EVENTS}", query={"limit": "2"}))
    second = json_of(call(f"GET {EVENTS}", query={"limit": "2", "cursor": first["next_cursor"]}))
    assert [event["id"] for event in first["items"] + second["items"]] == [ids[1], ids[0], ids[2]]
    assert second["next_cursor"] is None
    forged = call(f"GET {EVENTS}", query={"cursor": first["next_cursor"][:-2] + "AA"})
    assert forged["statusCode"] == 422


def test_events_are_listed_as_asked() -> None:
    published()
    made(CLUB)
    for query, titles in (
        ({}, ["Science Museum", "Chess"]),
        ({"kind": "club"}, ["Chess"]),
        ({"status": "published"}, ["Science Museum"]),
        ({"status": "draft", "kind": "trip"}, []),
        ({"from": "2026-12-05"}, ["Chess"]),
        ({"from": "2026-12-04"}, ["Science Museum", "Chess"]),
        ({"staff": "staff-1"}, []),
    ):
        listed = json_of(call(f"GET {EVENTS}", query=query))["items"]
        assert [event["title"] for event in listed] == titles


def test_a_list_that_makes_no_sense_is_refused_naming_the_parameter() -> None:
    for name, value in (("kind", "party"), ("status", "gone"), ("limit", "0"), ("from", "today")):
        answer = call(f"GET {EVENTS}", query={name: value})
        assert answer["statusCode"] == 422
        assert json_of(answer)["errors"][0]["field"] == name
