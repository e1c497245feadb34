"""A trip's own details through the routes: who sees what, what may change, and what follows to other dates (B1, B9)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from school_events.events import store
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
    as_parent,
    as_staff,
    call,
    invited,
    made,
    published,
    version_of,
)

PLAN: dict[str, Any] = {
    "legs": [
        {
            "mode": "train",
            "origin": "London",
            "destination": "Paris",
            "departs": {"at": "2026-12-04T09:00"},
            "arrives": {"at": "2026-12-04T12:20", "zone": "Europe/Paris"},
        },
        {
            "mode": "walk",
            "origin": "School",
            "destination": "Station",
            "departs": {"at": "2026-12-04T08:30"},
            "arrives": {"at": "2026-12-04T08:50"},
        },
    ],
    "itinerary": [
        {"day": "2026-12-04", "at": "13:00", "text": "Lunch"},
        {"day": "2026-12-04", "text": "Bring a packed lunch"},
    ],
}
ABROAD: dict[str, Any] = TRIP | {
    "takes_place": {"starts_at": "2026-12-04T08:30", "ends_at": "2026-12-05T23:00"},
    "trip": PLAN,
    "for_staff": {"pupils_per_adult": 2, "emergency_contact": "Head of year, 01632 960123"},
}
STAFF = {"staff": [{"staff_id": "staff-1", "role": "lead"}, {"staff_id": "staff-2", "role": "helper"}]}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW):
        yield


def _seen(event_id: str, **caller: Any) -> dict[str, Any]:
    answer = call(f"GET {EVENT}", event_id, **caller)
    assert answer["statusCode"] == 200, answer["body"]
    return dict(json_of(answer))


def _changed(event_id: str, **changes: Any) -> dict[str, Any]:
    return call(f"PATCH {EVENT}", event_id, changes, headers=version_of(event_id))


def _staffed(event_id: str) -> None:
    assert call(f"PUT {EVENT}/staff", event_id, STAFF, headers=version_of(event_id))["statusCode"] == 200


def _news() -> int:
    return len([row for row in rows("Events") if row["kind"]["S"] == "news"])


def test_legs_and_itinerary_are_shown_in_order_with_the_zone_of_each_end_and_in_utc() -> None:
    plan = _seen(made(ABROAD))["trip"]
    assert [leg["mode"] for leg in plan["legs"]] == ["walk", "train"]
    assert plan["legs"][1]["departs"] == {
        "at": "2026-12-04T09:00:00", "zone": "Europe/London", "instant": "2026-12-04T09:00:00Z",
    }  # fmt: skip
    assert plan["legs"][1]["arrives"] == {
        "at": "2026-12-04T12:20:00", "zone": "Europe/Paris", "instant": "2026-12-04T11:20:00Z",
    }  # fmt: skip
    assert [entry["text"] for entry in plan["itinerary"]] == ["Bring a packed lunch", "Lunch"]


def test_families_see_the_plan_and_never_what_is_for_staff() -> None:
    event_id = published(ABROAD)
    _staffed(event_id)
    invited(event_id, "pupil-1")
    for_parent = _seen(event_id, **as_parent())
    assert for_parent["trip"] == _seen(event_id)["trip"]
    assert for_parent["for_staff"] is None
    assert "960123" not in call(f"GET {EVENT}", event_id, **as_parent())["body"]
    assert _seen(event_id, **as_staff())["for_staff"]["emergency_contact"] == "Head of year, 01632 960123"


def test_the_ratio_is_a_hint_and_blocks_nothing() -> None:
    event_id = published(ABROAD)
    assert _seen(event_id)["for_staff"]["ratio"] == {"target": 2, "staff": 0, "pupils": 3, "enough": False}
    _staffed(event_id)
    assert _seen(event_id)["for_staff"]["ratio"] == {"target": 2, "staff": 2, "pupils": 3, "enough": True}
    assert _changed(event_id, for_staff={"pupils_per_adult": 1})["statusCode"] == 200
    assert _seen(event_id)["for_staff"]["ratio"] == {"target": 1, "staff": 2, "pupils": 3, "enough": False}
    assert _changed(event_id, for_staff={"emergency_contact": "Office"})["statusCode"] == 200
    assert _seen(event_id)["for_staff"]["ratio"] is None


def test_who_has_left_the_staff_is_not_counted_as_an_adult() -> None:
    event_id = made(ABROAD)
    _staffed(event_id)
    tell(portal_message("StaffRemoved", {"staff_id": "staff-2"}, version=2))
    assert _seen(event_id)["for_staff"]["ratio"]["staff"] == 1


def test_a_published_trips_plan_may_change_and_families_are_told_only_of_what_they_see() -> None:
    event_id = published(ABROAD)
    before = _news()
    assert _changed(event_id, for_staff={"pupils_per_adult": 5})["statusCode"] == 200
    assert _news() == before
    answer = _changed(event_id, trip=PLAN | {"itinerary": []})
    assert (answer["statusCode"], json_of(answer)["trip"]["itinerary"]) == (200, [])
    assert _news() == before + 1
    assert json_of(_changed(event_id, trip=None))["trip"] is None


def _train(**changes: Any) -> dict[str, Any]:
    return {"trip": {"legs": [PLAN["legs"][0] | changes]}}


def _arriving_in(zone: str) -> dict[str, Any]:
    return _train(arrives={"at": "2026-12-04T12:20", "zone": zone})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (_train(departs={"at": "2026-12-03T09:00"}), "trip.legs.0.departs.at"),
        (_train(mode="rocket"), "trip.legs.0.mode"),
        (_train(departs={"at": "2026-12-04T09:00Z"}), "trip.legs.0.departs.at"),
        (_arriving_in("Paris"), "trip.legs.0.arrives.zone"),
        (_arriving_in("../x"), "trip.legs.0.arrives.zone"),
        ({"trip": {"legs": [PLAN["legs"][0]] * 31}}, "trip.legs"),
        ({"trip": {"itinerary": [{"day": "2026-12-06", "text": "Lost"}]}}, "trip.itinerary.0.day"),
        ({"trip": {"itinerary": [{"day": "2026-12-04", "text": " "}]}}, "trip.itinerary.0.text"),
        ({"for_staff": {"pupils_per_adult": 0}}, "for_staff.pupils_per_adult"),
        ({"for_staff": {"pupils_per_adult": "2"}}, "for_staff.pupils_per_adult"),
    ],
)
@pytest.mark.parametrize("make", [made, published])
def test_a_plan_that_makes_no_sense_is_named_and_changes_nothing(make: Any, change: dict[str, Any], field: str) -> None:
    event_id = make(ABROAD)
    before = everything()
    answer = _changed(event_id, **change)
    assert (answer["statusCode"], [one["field"] for one in json_of(answer)["errors"]]) == (422, [field])
    assert everything() == before


@pytest.mark.parametrize("field", ["trip", "for_staff"])
def test_a_club_has_nothing_that_belongs_to_trips(field: str) -> None:
    answer = call(f"POST {EVENTS}", body=CLUB | {field: ABROAD[field]})
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (422, field)
    published_club = published(CLUB)
    answer = _changed(published_club, **{field: ABROAD[field]})
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (422, field)
    assert _seen(published_club)["for_staff"] is None


def test_a_draft_whose_dates_move_away_from_its_plan_is_refused_until_both_are_said() -> None:
    event_id = made(ABROAD)
    times = {"starts_at": "2026-12-03T08:30", "ends_at": "2026-12-03T23:00"}
    answer = _changed(event_id, takes_place=times)
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (422, "trip.legs.0.arrives.at")
    assert _changed(event_id, takes_place=times, trip=None)["statusCode"] == 200


AGAIN = {
    "takes_place": {"starts_at": "2027-02-05T08:30", "ends_at": "2027-02-06T23:00"},
    "booking_window": {"opens_at": "2027-01-10T00:00:00Z", "closes_at": "2027-02-01T00:00:00Z"},
}


def test_a_copy_has_the_plan_at_its_own_dates_or_the_one_that_is_given() -> None:
    event_id = published(ABROAD)
    copy = _seen(json_of(call(f"POST {EVENT}/duplicate", event_id, AGAIN))["id"])
    assert [leg["departs"]["at"] for leg in copy["trip"]["legs"]] == ["2027-02-05T08:30:00", "2027-02-05T09:00:00"]
    assert [entry["day"] for entry in copy["trip"]["itinerary"]] == ["2027-02-05"] * 2
    assert copy["for_staff"]["emergency_contact"] == "Head of year, 01632 960123"
    other = call(f"POST {EVENT}/duplicate", event_id, AGAIN | {"trip": {}})
    assert _seen(json_of(other)["id"])["trip"] == {"legs": [], "itinerary": []}


def test_a_copy_that_is_shorter_than_its_plan_is_refused_and_names_what_does_not_fit() -> None:
    event_id = made(ABROAD)
    short = AGAIN | {"takes_place": {"starts_at": "2027-02-05T08:45", "ends_at": "2027-02-05T17:00"}}
    answer = call(f"POST {EVENT}/duplicate", event_id, short)
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (422, "trip.legs.0.departs.at")


def test_an_event_kept_before_trips_had_plans_can_still_be_read() -> None:
    event_id = made()
    assert (_seen(event_id)["trip"], _seen(event_id)["for_staff"]) == (None, None)
    kept = store.find_event(SCHOOL, event_id).details.model_dump(exclude={"trip", "for_staff"})
    assert type(store.find_event(SCHOOL, event_id).details).model_validate(kept).trip is None
