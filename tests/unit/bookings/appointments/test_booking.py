"""Appointments of a parents' evening: all a family asks for or none, and nobody in two places at once (D2, D4, B7)."""


import pytest

from school_events.bookings import service
from school_events.bookings.appointments.errors import SlotTaken
from school_events.bookings.ways import Wish
from school_events.core.errors import Invalid, SchoolEventsError
from school_events.events.model import SchoolEvent
from tests.support.booked_world import UNASKED, an_event, as_parent
from tests.support.evening_checker import faults_of_evening
from tests.support.evening_world import (
    TEACHERS,
    Wanted,
    a_school_with_teachers,
    an_evening,
    book_slots,
    bookings_of,
    plan,
    slot,
)
from tests.support.tables import everything

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def _school(tables: None) -> None:
    a_school_with_teachers()


def refused(error: type[SchoolEventsError], event: SchoolEvent, *wanted: Wanted, parent: int = 1) -> SchoolEventsError:
    """Why a family does not get what it asks for; nothing is changed."""
    before = everything()
    with pytest.raises(error) as refusal:
        book_slots(event, *wanted, parent=parent)
    assert type(refusal.value) is error
    assert everything() == before
    return refusal.value


def test_two_children_and_three_teachers_are_booked_in_one_go() -> None:
    event = an_evening()
    booked = book_slots(
        event,
        ("pupil-1", "teacher-1", "17:00"),
        ("pupil-1", "teacher-2", "17:10"),
        ("pupil-2", "teacher-1", "17:20"),
        ("pupil-2", "teacher-3", "17:30"),
    )
    assert booked.state == "confirmed"
    assert booked.payment_id is None
    assert [(one.pupil_id, one.place.number) for one in bookings_of(booked)] == [
        ("pupil-1", slot(event, "teacher-1", "17:00")),
        ("pupil-1", slot(event, "teacher-2", "17:10")),
        ("pupil-2", slot(event, "teacher-1", "17:20")),
        ("pupil-2", slot(event, "teacher-3", "17:30")),
    ]
    assert faults_of_evening(event) == []


def test_if_one_slot_is_taken_the_family_gets_none_and_no_other_instead() -> None:
    event = an_evening()
    book_slots(event, ("pupil-3", "teacher-2", "17:10"), parent=3)
    refusal = refused(SlotTaken, event, ("pupil-1", "teacher-1", "17:00"), ("pupil-1", "teacher-2", "17:10"))
    assert [one.field for one in refusal.fields] == ["items.1.slot_id"]
    assert isinstance(refusal, SlotTaken)
    assert refusal.in_the_way == ()


def test_a_slot_that_is_gone_or_has_begun_is_taken() -> None:
    event = an_evening()
    refused(SlotTaken, event, ("pupil-1", "teacher-1", "17:05"))
    plan(event, TEACHERS[1:])
    refused(Invalid, event, ("pupil-1", "teacher-1", "17:00"))
    plan(event, minutes=20)
    refused(SlotTaken, event, ("pupil-1", "teacher-1", "17:10"))


def test_an_evening_is_booked_by_slots_and_nothing_else_is() -> None:
    trip, event = an_event(price=0), an_evening()
    number = slot(event, "teacher-1", "17:00")
    assert _field_to_blame(event, None) == "items.0.slot_id"
    assert _field_to_blame(trip, number) == "items.0.slot_id"


def _field_to_blame(event: SchoolEvent, number: int | None) -> str:
    with pytest.raises(Invalid) as refusal:
        service.book(as_parent(), "contact-1", event.id, [Wish("pupil-1", slot=number)], UNASKED)
    return refusal.value.fields[0].field
