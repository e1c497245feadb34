"""The slots of a parents' evening through the routes: planned, previewed, made, moved and shown (B1, B7)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from functions.event_slots.handler import lambda_handler as event_slots
from functions.event_staff.handler import lambda_handler as event_staff
from school_events.bookings import calling_off, cancelling, places
from school_events.bookings.rules import SLOTS
from school_events.events import store
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import group_told, link_told, portal_message, pupil_told, tell
from tests.support.tables import everything
from tests.unit.functions.event_slots.asking import (
    EVENING,
    HALL,
    ONLINE,
    a_plan,
    a_school_with_classes,
    grid,
    invite,
    plan,
    planned,
    slots,
    take,
    times,
)
from tests.unit.functions.events.asking import EVENT, EVENTS, TRIP, as_parent, as_staff, call, made, version_of

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_classes()
    with time_machine.travel(NOW):
        yield


def published(body: dict[str, Any] | None = None) -> str:
    """A published evening with a plan, to which the child is invited."""
    event_id = made(EVENING)
    planned(event_id, body)
    answer = call(f"POST {EVENT}/publish", event_id)
    assert answer["statusCode"] == 200, answer["body"]
    invite(event_id)
    return event_id


def test_a_plan_of_a_draft_is_previewed_as_a_grid_and_makes_the_capacity() -> None:
    event_id = made(EVENING)
    answer = planned(event_id, a_plan(minutes=20, buffer_minutes=5))
    assert answer == {
        "event_version": 2,
        "capacity": 4,
        "desks": [
            {"number": 1, "staff_ids": ["staff-1"], "slots": 2},
            {"number": 2, "staff_ids": ["staff-2"], "slots": 2},
        ],
        "kept": [],
    }
    seen = grid(event_id)
    assert seen["plan"] == a_plan(
        *(
            {"available": [], "unavailable": [], "room": None, "video_link": None, "meets": None} | one
            for one in (HALL, ONLINE)
        ),
        minutes=20,
        buffer_minutes=5,
        breaks=[],
        most_per_family=None,
    )
    assert seen["desks"][0]["staff"][0]["staff_id"] == "staff-1"
    assert [(slot["starts_at"], slot["state"], slot["room"]) for slot in seen["desks"][0]["slots"]] == [
        ("2026-12-03T17:00:00Z", "free", "Hall"),
        ("2026-12-03T17:25:00Z", "free", "Hall"),
    ]
    assert json_of(call(f"GET {EVENT}", event_id))["capacity"] == 4
    assert not list(places.places_of(SCHOOL, event_id, SLOTS))


def test_publishing_makes_a_place_of_each_slot_and_again_changes_nothing() -> None:
    event_id = made(EVENING)
    planned(event_id)
    before = [slot["id"] for slot in slots(grid(event_id))]
    assert call(f"POST {EVENT}/publish", event_id)["statusCode"] == 200
    made_now = list(places.places_of(SCHOOL, event_id, SLOTS))
    assert [f"slot_{int(item.number)}" for item in made_now] == before
    assert {(item.state, item.bookable) for item in made_now} == {("free", True)}
    there = everything()
    assert call(f"POST {EVENT}/publish", event_id)["statusCode"] == 200
    assert everything() == there


def test_an_evening_without_a_plan_is_not_published() -> None:
    event_id = made(EVENING)
    before = everything()
    answer = call(f"POST {EVENT}/publish", event_id)
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (409, "slot_plan")
    assert everything() == before


def test_nobody_is_offered_a_teacher_who_has_left() -> None:
    tell(group_told(staff=("staff-1", "staff-2"), version=2))
    event_id, draft = published(), made(EVENING)
    planned(draft)
    mine = take(event_id, "17:20", "staff-2")
    tell(portal_message("StaffRemoved", {"staff_id": "staff-2"}, version=2))
    before = everything()
    answer = call(f"POST {EVENT}/publish", draft)
    assert answer["statusCode"] == 409
    assert [one["field"] for one in json_of(answer)["errors"]] == ["slot_plan.desks.1.staff_ids"]
    assert everything() == before
    seen = grid(event_id, **as_parent())
    assert seen["choices"][0]["desks"] == [1]
    assert [slot["booking_id"] for slot in slots(seen) if slot["state"] == "mine"] == [mine.id]
    assert call(f"POST {EVENT}/publish", event_id)["statusCode"] == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"capacity": 10}, "capacity"),
        ({"minimum": 1}, "minimum"),
        ({"price": {"amount": 500}}, "price.amount"),
        ({"takes_place": None}, "takes_place"),
        ({"takes_place": {"starts_at": "2026-12-03T17:00", "ends_at": "2026-12-04T18:00"}}, "takes_place.ends_at"),
        ({"kind": "trip"}, "capacity"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_an_evening_has_one_local_evening_no_price_and_the_capacity_of_its_plan(
    change: dict[str, Any], field: str
) -> None:
    before = everything()
    answer = call(f"POST {EVENTS}", body=EVENING | change)
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (422, field)
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (a_plan(minutes=1), "appointment_minutes"),
        (a_plan(buffer_minutes=31), "buffer_minutes"),
        (a_plan(most_per_family=0), "most_per_family"),
        (a_plan(breaks=[{"starts_at": "17:30", "ends_at": "17:30"}]), "breaks.0.ends_at"),
        (a_plan(breaks=[{"starts_at": "17:30:10", "ends_at": "17:40"}]), "breaks.0.starts_at"),
        (a_plan(HALL, HALL), "desks.1.staff_ids"),
        (a_plan(HALL | {"staff_ids": ["staff-1", "staff-1"]}), "desks.0.staff_ids"),
        (a_plan(HALL | {"staff_ids": ["staff-1", "nobody"]}), "desks.0.staff_ids.1"),
        (a_plan(HALL | {"staff_ids": []}), "desks.0.staff_ids"),
        (a_plan(HALL, ONLINE | {"video_link": "http://meet.school.test/"}), "desks.1.video_link"),
        (a_plan(HALL, ONLINE | {"video_link": "https://a:b@meet.school.test/"}), "desks.1.video_link"),
        (a_plan(HALL, ONLINE | {"video_link": "https:///nowhere"}), "desks.1.video_link"),
        (a_plan(HALL, ONLINE | {"video_link": "https://[::1"}), "desks.1.video_link"),
        (a_plan(HALL, ONLINE | {"video_link": "https://[colour]/"}), "desks.1.video_link"),
        (a_plan(HALL, ONLINE | {"video_link": "https://meet.school.test:colour/"}), "desks.1.video_link"),
        (a_plan(HALL, ONLINE | {"room": "Gym"}), "desks.1.video_link"),
        (a_plan(HALL, {"staff_ids": ["staff-2"], "room": "Hall"}), "desks.1.room"),
        (a_plan(HALL | {"meets": {"teaching_groups": ["group-1", "group-9"]}}), "desks.0.meets.teaching_groups.1"),
        (a_plan(HALL | {"meets": {"year_groups": ["Upper Sixth"]}}), "desks.0.meets.year_groups.0"),
        (a_plan(HALL | {"available": [{"starts_at": "09:00", "ends_at": "17:05"}]}), "desks.0"),
        (a_plan(HALL | {"unavailable": [{"starts_at": "18:00", "ends_at": "17:05"}]}), "desks.0.unavailable.0.ends_at"),
        (a_plan() | {"desks": []}, "desks"),
        (a_plan() | {"colour": "blue"}, "colour"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_plan_that_makes_no_sense_names_the_field_and_changes_nothing(body: dict[str, Any], field: str) -> None:
    event_id = made(EVENING)
    before = everything()
    answer = plan(event_id, body)
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (422, field)
    assert "colour" not in json_of(answer)["errors"][0]["message"]
    assert everything() == before


def test_a_plan_is_for_the_version_that_was_read_and_for_evenings_only() -> None:
    event_id, trip = made(EVENING), made(TRIP)
    planned(event_id)
    before = everything()
    assert plan(event_id, headers={"If-Match": '"1"'})["statusCode"] == 412
    assert plan(trip)["statusCode"] == 409
    assert call(f"POST {EVENT}/cancel", event_id)["statusCode"] == 409
    assert everything() == before


def test_other_times_of_a_draft_take_the_plan_along() -> None:
    event_id = made(EVENING)
    planned(event_id)
    later = {"takes_place": {"starts_at": "2027-06-03T17:00", "ends_at": "2027-06-03T17:30"}}
    answer = call(f"PATCH {EVENT}", event_id, later, headers=version_of(event_id))
    assert (answer["statusCode"], json_of(answer)["capacity"]) == (200, 6), answer["body"]
    assert times(event_id) == ["16:00", "16:10", "16:20"]
    too_short = {"takes_place": {"starts_at": "2027-06-03T17:00", "ends_at": "2027-06-03T17:05"}}
    answer = call(f"PATCH {EVENT}", event_id, too_short, headers=version_of(event_id))
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (422, "takes_place")


def test_after_booking_only_slots_that_nobody_has_move_and_the_others_are_listed() -> None:
    event_id = published()
    kept = take(event_id, "17:20")
    answer = planned(event_id, a_plan(HALL, ONLINE, minutes=15))
    assert answer["kept"] == [
        {
            "slot_id": f"slot_{kept.place.number}",
            "staff_ids": ["staff-1"],
            "starts_at": "2026-12-03T17:20:00Z",
            "ends_at": "2026-12-03T17:30:00Z",
            "reason": "other_length",
        }
    ]
    assert times(event_id) == ["17:00", "17:20", "17:30", "17:45"]
    assert times(event_id, which=lambda slot: slot["state"] == "taken") == ["17:20"]
    assert grid(event_id, **as_parent())["desks"][0]["slots"][1]["state"] == "mine"


def test_a_slot_that_the_plan_no_longer_has_is_not_booked_again_once_it_is_given_back() -> None:
    event_id = published()
    kept = take(event_id, "17:20")
    planned(event_id, a_plan(ONLINE))
    cancelling.cancel(a_context(), kept)
    (left,) = [item for item in places.places_of(SCHOOL, event_id, SLOTS) if int(item.number) == kept.place.number]
    assert (left.state, left.bookable) == ("free", False)
    assert places.free_places(a_context(), event_id, SLOTS)
    assert kept.place not in places.free_places(a_context(), event_id, SLOTS)
    planned(event_id, a_plan(ONLINE, minutes=20))
    assert times(event_id, "staff-1") == []


def test_a_teacher_taken_out_of_the_plan_keeps_the_appointments_that_families_have() -> None:
    event_id = published()
    take(event_id, "17:20")
    (kept,) = planned(event_id, a_plan(ONLINE))["kept"]
    assert (kept["reason"], kept["staff_ids"]) == ("teachers_not_planned", ["staff-1"])
    assert times(event_id, "staff-1") == ["17:20"]
    assert store.is_allocated(SCHOOL, event_id, "staff-1")
    # Back again, with the same number and the same slots.
    assert planned(event_id)["kept"] == []
    assert times(event_id, "staff-1") == ["17:00", "17:10", "17:20", "17:30", "17:40", "17:50"]


def test_another_room_is_for_those_who_book_from_now_on() -> None:
    event_id = published()
    take(event_id, "17:20")
    (kept,) = planned(event_id, a_plan(HALL | {"room": "Library"}, ONLINE))["kept"]
    assert kept["reason"] == "other_room"
    rooms = {slot["starts_at"][11:16]: slot["room"] for slot in grid(event_id)["desks"][0]["slots"]}
    assert (rooms["17:20"], rooms["17:30"]) == ("Hall", "Library")


def test_a_plan_after_closing_opens_nothing() -> None:
    event_id = published()
    assert call(f"POST {EVENT}/close", event_id)["statusCode"] == 200
    planned(event_id, a_plan(minutes=15))
    assert len(times(event_id)) == 4
    assert {item.bookable for item in places.places_of(SCHOOL, event_id, SLOTS)} == {False}


def test_teachers_of_the_plan_work_at_the_evening_and_have_it_in_their_timetable() -> None:
    event_id = made(EVENING)
    planned(event_id)
    listed = json_of(call(f"GET {EVENT}/staff", event_id))["items"]
    assert [(one["staff_id"], one["role"]) for one in listed] == [("staff-1", "host"), ("staff-2", "host")]
    # Whoever else works there is added without them, and they stay.
    body = {"staff": [{"staff_id": "staff-admin", "role": "lead"}, {"staff_id": "staff-2", "role": "lead"}]}
    assert call(f"PUT {EVENT}/staff", event_id, body, headers=version_of(event_id))["statusCode"] == 200
    assert {one.staff_id: one.role for one in store.allocations_of(SCHOOL, event_id)} == {
        "staff-1": "host",
        "staff-2": "lead",
        "staff-admin": "lead",
    }
    planned(event_id, a_plan(HALL | {"available": [{"starts_at": "17:20", "ends_at": "17:40"}]}))
    assert not store.is_allocated(SCHOOL, event_id, "staff-2")
    query = {"from": "2026-12-01", "to": "2026-12-04"}
    route = "GET /v1/schools/{school_id}/staff/{staff_id}/timetable"
    answer = event_staff(http_event(route, {"staff_id": "staff-1"}, query=query, **as_staff()), LambdaContext())
    assert [one["event_id"] for one in json_of(answer)["items"]] == [event_id]


def test_who_is_listed_by_the_school_stays_when_the_plan_has_them_no_more() -> None:
    event_id = made(EVENING)
    listed = {"staff": [{"staff_id": "staff-2", "role": "lead"}]}
    call(f"PUT {EVENT}/staff", event_id, listed, headers=version_of(event_id))
    planned(event_id)
    planned(event_id, a_plan(HALL))
    assert {one.staff_id: one.role for one in store.allocations_of(SCHOOL, event_id)} == {
        "staff-1": "host",
        "staff-2": "lead",
    }
    call(f"PUT {EVENT}/staff", event_id, {"staff": []}, headers=version_of(event_id))
    assert not store.is_allocated(SCHOOL, event_id, "staff-2")


def test_who_is_taken_off_the_schools_list_stays_as_long_as_the_plan_has_them() -> None:
    event_id = made(EVENING)
    listed = {"staff": [{"staff_id": "staff-2", "role": "lead"}]}
    call(f"PUT {EVENT}/staff", event_id, listed, headers=version_of(event_id))
    planned(event_id)
    call(f"PUT {EVENT}/staff", event_id, {"staff": []}, headers=version_of(event_id))
    assert store.is_allocated(SCHOOL, event_id, "staff-2")
    planned(event_id, a_plan(HALL))
    assert not store.is_allocated(SCHOOL, event_id, "staff-2")


def test_a_parent_sees_free_taken_and_mine_of_their_childs_teachers_and_nothing_else() -> None:
    tell(pupil_told("pupil-2"), group_told("group-2", ["pupil-2"], ["staff-2"]))
    event_id = published()
    mine, others = take(event_id, "17:20"), take(event_id, "17:30", pupil_id="pupil-2")
    seen = grid(event_id, **as_parent())
    assert seen["plan"] is None
    assert seen["choices"] == [{"pupil_id": "pupil-1", "desks": [1], "groups": ["Mathematics"]}]
    assert [desk["number"] for desk in seen["desks"]] == [1]
    by_time = {slot["starts_at"][11:16]: slot for slot in slots(seen)}
    assert (by_time["17:20"]["state"], by_time["17:20"]["room"]) == ("mine", "Hall")
    assert (by_time["17:20"]["booking_id"], by_time["17:20"]["pupil_id"]) == (mine.id, "pupil-1")
    assert by_time["17:30"]["state"] == "taken"
    assert by_time["17:40"]["state"] == "free"
    for clock in ("17:30", "17:40"):
        assert {by_time[clock][name] for name in ("booking_id", "pupil_id", "room", "video_link")} == {None}
    assert others.id not in str(seen)


def test_a_parent_whose_link_is_cut_or_child_is_not_invited_finds_no_evening() -> None:
    event_id = published()
    other = made(EVENING)
    planned(other)
    for cut in (False, True):
        if cut:
            tell(link_told(restricted=True, version=2))
        for one in (other, event_id) if cut else (other,):
            before = everything()
            event = http_event(f"GET {EVENT}/slots", {"event_id": one}, **as_parent())
            assert event_slots(event, LambdaContext())["statusCode"] == 404
            assert everything() == before


def test_teachers_see_their_own_slots_and_who_has_them() -> None:
    event_id = published()
    booking = take(event_id, "17:20")
    seen = grid(event_id, **as_staff())
    assert {one["staff_id"] for desk in seen["desks"] for one in desk["staff"]} == {"staff-1"}
    assert [slot["booking_id"] for slot in slots(seen) if slot["state"] == "taken"] == [booking.id]
    assert [slot["state"] for slot in slots(grid(event_id, **as_staff("staff-2")))] == ["free"] * 6
    assert seen["plan"] is None


def test_of_several_teachers_of_a_class_a_family_meets_either_or_all_together() -> None:
    tell(group_told(staff=("staff-1", "staff-2"), version=2))
    event_id = published()
    assert grid(event_id, **as_parent())["choices"][0]["desks"] == [1, 2]
    joint = {"staff_ids": ["staff-2", "staff-1"], "available": [{"starts_at": "17:00", "ends_at": "17:30"}]}
    planned(event_id, a_plan(HALL, ONLINE, joint))
    (choice,) = grid(event_id, **as_parent())["choices"]
    assert choice["desks"] == [3]
    assert times(event_id) == ["17:30", "17:40", "17:50"]


def test_the_plan_may_say_otherwise_than_the_portal_whose_families_come() -> None:
    event_id = published(
        a_plan(HALL | {"meets": {"year_groups": ["9"]}}, ONLINE | {"meets": {"registration_groups": ["8B"]}})
    )
    assert grid(event_id, **as_parent())["choices"] == [{"pupil_id": "pupil-1", "desks": [2], "groups": ["8B"]}]


def test_a_copy_has_the_plan_at_its_own_times_without_teachers_who_are_gone() -> None:
    event_id = published()
    tell(portal_message("StaffRemoved", {"staff_id": "staff-2"}, version=2))
    body = {
        "takes_place": {"starts_at": "2027-06-03T16:00", "ends_at": "2027-06-03T17:00"},
        "booking_window": EVENING["booking_window"],
    }
    answer = call(f"POST {EVENT}/duplicate", event_id, body)
    assert answer["statusCode"] == 201, answer["body"]
    copy = str(json_of(answer)["id"])
    assert store.find_event(SCHOOL, copy).capacity == 6
    assert times(copy) == ["15:00", "15:10", "15:20", "15:30", "15:40", "15:50"]
    assert not slots({"desks": [one for one in grid(copy)["desks"] if one["staff"][0]["staff_id"] == "staff-2"]})


def test_a_draft_goes_with_its_plan_and_all_that_belongs_to_it() -> None:
    event_id = made(EVENING)
    planned(event_id)
    answer = call(f"DELETE {EVENT}", event_id, headers=version_of(event_id))
    assert answer["statusCode"] == 200, answer["body"]
    assert not [row for row in everything()["Events"] if event_id in row["pk"]["S"]]


def test_a_cancelled_evening_takes_back_every_appointment() -> None:
    event_id = published()
    take(event_id, "17:20")
    assert call(f"POST {EVENT}/cancel", event_id)["statusCode"] == 200
    assert {item.bookable for item in places.places_of(SCHOOL, event_id, SLOTS)} == {False}
    assert calling_off.call_off(a_context(), store.find_event(SCHOOL, event_id), lambda: True)
    assert {item.state for item in places.places_of(SCHOOL, event_id, SLOTS)} == {"free"}
    assert plan(event_id)["statusCode"] == 409
