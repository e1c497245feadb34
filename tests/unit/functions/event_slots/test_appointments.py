"""Who meets whom at an evening, as each caller may see it (B7, C2, H6)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from functions.event_slots.handler import lambda_handler
from school_events.events.evenings.rules import slot_id
from school_events.events.model import SchoolEvent
from tests.support.booked_world import an_event
from tests.support.contexts import NOW
from tests.support.evening_world import a_school_with_teachers, an_evening, book_slots, plan, slot
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import link_removed, portal_message, tell
from tests.support.tables import everything, rows

pytestmark = pytest.mark.usefixtures("tables")

APPOINTMENTS = "GET /v1/schools/{school_id}/events/{event_id}/appointments"


@pytest.fixture(autouse=True)
def event(tables: None) -> Iterator[SchoolEvent]:
    """An evening at which the mother and the father of two have booked, and another family; the moment of the tests."""
    a_school_with_teachers()
    with time_machine.travel(NOW, tick=False):
        evening = an_evening()
        book_slots(evening, ("pupil-1", "teacher-1", "17:20"), ("pupil-2", "teacher-1", "17:10"))
        book_slots(evening, ("pupil-1", "teacher-2", "17:00"), parent=2)
        book_slots(evening, ("pupil-3", "teacher-1", "17:00"), parent=3)
        yield evening


def ask(event: SchoolEvent, role: str, person: str) -> dict[str, Any]:
    """What somebody is answered."""
    request = http_event(APPOINTMENTS, {"event_id": event.id}, roles=(role,), person=person)
    answer: dict[str, Any] = lambda_handler(request, LambdaContext())
    return answer


def seen(event: SchoolEvent, role: str, person: str) -> list[dict[str, Any]]:
    """The appointments that somebody sees."""
    answer = ask(event, role, person)
    assert answer["statusCode"] == 200, answer["body"]
    return list(json_of(answer)["items"])


def briefly(appointments: list[dict[str, Any]]) -> list[tuple[str, str, str, Any]]:
    """When, which child, whom they meet, and whether it is the caller's."""
    return [
        (one["starts_at"][11:16], one["pupil_id"], "+".join(two["staff_id"] for two in one["staff"]), one["mine"])
        for one in appointments
    ]


def readings() -> list[str]:
    """What was read, as the audit log has it."""
    return [row["action"]["S"] for row in rows("Audit") if row["action"]["S"] == "appointments.read"]


def test_a_parent_sees_the_familys_evening_in_order_with_names_and_rooms(event: SchoolEvent) -> None:
    appointments = seen(event, "parent", "contact-1")
    assert briefly(appointments) == [
        ("17:00", "pupil-1", "teacher-2", False),
        ("17:10", "pupil-2", "teacher-1", True),
        ("17:20", "pupil-1", "teacher-1", True),
    ]
    first = appointments[0]
    assert (first["first_name"], first["staff"][0]["name"], first["room"]) == (
        "Name1",
        "Zoë Adeyemi",
        "Room of teacher-2",
    )
    assert first["slot_id"] == slot_id(slot(event, "teacher-2", "17:00"))
    assert readings() == []


def test_a_teacher_sees_their_own_list_and_that_is_in_the_audit_log(event: SchoolEvent) -> None:
    assert briefly(seen(event, "staff", "teacher-1")) == [
        ("17:00", "pupil-3", "teacher-1", None),
        ("17:10", "pupil-2", "teacher-1", None),
        ("17:20", "pupil-1", "teacher-1", None),
    ]
    assert readings() == ["appointments.read"]


def test_an_administrator_sees_everybody(event: SchoolEvent) -> None:
    assert [one[1] for one in briefly(seen(event, "school_admin", "staff-admin"))] == [
        "pupil-3",
        "pupil-1",
        "pupil-2",
        "pupil-1",
    ]
    assert readings() == ["appointments.read"]


def test_whose_business_it_is_not_finds_nothing(event: SchoolEvent) -> None:
    before = everything()
    assert ask(event, "staff", "staff-1")["statusCode"] == 404
    assert ask(event, "parent", "contact-9")["statusCode"] == 404
    assert everything() == before
    tell(link_removed("contact-3", "pupil-3"))
    assert ask(event, "parent", "contact-3")["statusCode"] == 404


def test_invited_families_without_appointments_have_an_empty_evening_and_other_events_none(event: SchoolEvent) -> None:
    assert seen(event, "parent", "contact-4") == []
    trip = an_event(price=0)
    for role, person in (("parent", "contact-1"), ("school_admin", "staff-admin")):
        assert ask(trip, role, person)["statusCode"] == 409


def test_an_appointment_stays_to_be_seen_when_its_teacher_has_left(event: SchoolEvent) -> None:
    tell(portal_message("StaffRemoved", {"staff_id": "teacher-2"}, version=2))
    plan(event, ("teacher-1", "teacher-3", "teacher-4"))
    (kept, *_) = seen(event, "parent", "contact-1")
    assert (kept["starts_at"][11:16], kept["staff"]) == ("17:00", [{"staff_id": "teacher-2", "name": ""}])
