"""Booking appointments through the route: what is answered, and which field is named (B7, D2, D4, I6)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from functions.bookings.handler import lambda_handler
from school_events.events.evenings.rules import slot_id
from school_events.events.model import SchoolEvent
from tests.support.contexts import NOW
from tests.support.evening_checker import faults_of_evening
from tests.support.evening_world import Wanted, a_school_with_teachers, an_evening, slot
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.tables import everything

pytestmark = pytest.mark.usefixtures("tables")

BOOK = "POST /v1/schools/{school_id}/bookings"
ONE = "GET /v1/schools/{school_id}/bookings/{booking_id}"
CANCEL = "POST /v1/schools/{school_id}/bookings/{booking_id}/cancel"


@pytest.fixture(autouse=True)
def event(tables: None) -> Iterator[SchoolEvent]:
    """An evening with a buffer of two minutes; it is the moment of the tests."""
    a_school_with_teachers()
    with time_machine.travel(NOW, tick=False):
        yield an_evening(minutes=8, buffer=2, most=5)


def asks(
    event: SchoolEvent,
    *wanted: Wanted,
    parent: int = 1,
    headers: dict[str, str] | None = None,
    roles: tuple[str, ...] = ("parent",),
    on_behalf_of: str | None = None,
) -> dict[str, Any]:
    """What a parent, or the school for them, is answered."""
    items = [
        {"pupil_id": pupil_id, "slot_id": slot_id(slot(event, teacher, clock))} for pupil_id, teacher, clock in wanted
    ]
    body: dict[str, Any] = {"event_id": event.id, "items": items}
    person = f"contact-{parent}"
    if on_behalf_of is not None:
        body["on_behalf_of"], person = on_behalf_of, "staff-admin"
    request = http_event(BOOK, None, body, roles=roles, person=person, headers=headers)
    answer: dict[str, Any] = lambda_handler(request, LambdaContext())
    return answer


def problem_of(answer: dict[str, Any]) -> tuple[int, str, list[str]]:
    """A refusal's status, kind and the fields to blame."""
    body = json_of(answer)
    return answer["statusCode"], body["type"].rsplit(":", 1)[1], [one["field"] for one in body["errors"]]


def test_a_household_books_all_its_appointments_in_one_request_and_the_same_again_is_the_same(
    event: SchoolEvent,
) -> None:
    wanted: list[Wanted] = [("pupil-1", "teacher-1", "17:00"), ("pupil-2", "teacher-1", "17:10")]
    first = asks(event, *wanted, headers={"Idempotency-Key": "one"})
    assert (first["statusCode"], json_of(first)["state"]) == (201, "confirmed"), first["body"]
    assert len(json_of(first)["booking_ids"]) == 2
    shown = http_event(ONE, {"booking_id": json_of(first)["booking_ids"][0]}, roles=("parent",), person="contact-1")
    assert json_of(lambda_handler(shown, LambdaContext()))["slot_id"] == slot_id(slot(event, "teacher-1", "17:00"))
    before = everything()
    assert json_of(asks(event, *wanted, headers={"Idempotency-Key": "one"})) == json_of(first)
    assert everything() == before
    assert faults_of_evening(event, buffer_minutes=2) == []


def test_a_clash_names_the_familys_own_appointment_that_is_in_the_way(event: SchoolEvent) -> None:
    mine = json_of(asks(event, ("pupil-1", "teacher-1", "17:10")))["booking_ids"][0]
    before = everything()
    answer = asks(event, ("pupil-2", "teacher-2", "17:10"))
    assert problem_of(answer) == (409, "appointment-clash", ["items.0.slot_id"])
    assert json_of(answer)["in_the_way"] == [
        {
            "field": "items.0.slot_id",
            "booking_id": mine,
            "slot_id": slot_id(slot(event, "teacher-1", "17:10")),
            "starts_at": "2026-12-03T17:10:00Z",
            "ends_at": "2026-12-03T17:18:00Z",
        }
    ]
    assert everything() == before


def test_what_somebody_else_has_is_taken_and_nothing_is_said_of_it(event: SchoolEvent) -> None:
    theirs = json_of(asks(event, ("pupil-3", "teacher-1", "17:10"), parent=3))["booking_ids"][0]
    answer = asks(event, ("pupil-1", "teacher-1", "17:10"))
    assert problem_of(answer) == (409, "slot-taken", ["items.0.slot_id"])
    assert "in_the_way" not in json_of(answer)
    assert theirs not in answer["body"]


def test_a_family_has_as_many_appointments_as_the_evening_lets_it_have(event: SchoolEvent) -> None:
    some: list[Wanted] = [("pupil-1", f"teacher-{number}", f"17:{number}0") for number in (1, 2, 3)]
    assert asks(event, *some)["statusCode"] == 201
    before = everything()
    more: list[Wanted] = [("pupil-2", f"teacher-{number}", f"17:{number + 3}0") for number in (1, 2)]
    more.append(("pupil-2", "teacher-3", "17:00"))
    assert problem_of(asks(event, *more, parent=2)) == (409, "family-limit", ["items"])
    assert everything() == before
    assert asks(event, *more[:2], parent=2)["statusCode"] == 201


def test_the_school_books_for_a_family(event: SchoolEvent) -> None:
    wanted: Wanted = ("pupil-3", "teacher-2", "17:30")
    answer = asks(event, wanted, roles=("school_admin",), on_behalf_of="contact-3")
    assert answer["statusCode"] == 201
    assert problem_of(asks(event, wanted, parent=3))[:2] == (409, "already-booked")
    stranger = asks(event, ("pupil-1", "teacher-2", "17:40"), roles=("school_admin",), on_behalf_of="contact-3")
    assert stranger["statusCode"] == 404


def test_a_parent_gives_an_appointment_up_and_its_slot_is_free_at_once(event: SchoolEvent) -> None:
    booking_id = json_of(asks(event, ("pupil-1", "teacher-1", "17:10")))["booking_ids"][0]
    request = http_event(CANCEL, {"booking_id": booking_id}, roles=("parent",), person="contact-1")
    assert lambda_handler(request, LambdaContext())["statusCode"] == 200
    assert faults_of_evening(event) == []
    assert asks(event, ("pupil-3", "teacher-1", "17:10"), parent=3)["statusCode"] == 201
    assert asks(event, ("pupil-1", "teacher-2", "17:10"))["statusCode"] == 201


@pytest.mark.parametrize("slot_named", ["slot_", "slot_1234567", "10011020", "slot_100110200", 5, "slot_20011020"])
def test_what_is_no_id_of_a_slot_names_the_field_and_changes_nothing(event: SchoolEvent, slot_named: Any) -> None:
    before = everything()
    body = {"event_id": event.id, "items": [{"pupil_id": "pupil-1", "slot_id": slot_named}]}
    request = http_event(BOOK, None, body, roles=("parent",), person="contact-1")
    assert problem_of(lambda_handler(request, LambdaContext())) == (422, "invalid", ["items.0.slot_id"])
    assert everything() == before


def test_more_items_than_one_transaction_can_write_name_the_field(event: SchoolEvent) -> None:
    items = [{"pupil_id": "pupil-1", "slot_id": slot_id(slot(event, "teacher-1", "17:00"))}] * 17
    request = http_event(BOOK, None, {"event_id": event.id, "items": items}, roles=("parent",), person="contact-1")
    assert problem_of(lambda_handler(request, LambdaContext())) == (422, "invalid", ["items"])
