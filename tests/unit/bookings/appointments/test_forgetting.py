"""Appointments of people who are anonymised: their time is nobody's any more, slots and counts stay (H2)."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest

from school_events.bookings import anonymising
from school_events.bookings.appointments.errors import AppointmentClash
from school_events.events.model import SchoolEvent
from tests.support.booked_world import as_system
from tests.support.contexts import NOW
from tests.support.crashes import Calls, Killed, watched
from tests.support.evening_checker import faults_of_evening
from tests.support.evening_world import a_school_with_teachers, an_evening, book_slots, bookings_of
from tests.support.rewind import bookmark_tables
from tests.support.tables import rows

pytestmark = pytest.mark.usefixtures("tables")

LATER = NOW + timedelta(days=1)


@pytest.fixture
def event(tables: None) -> SchoolEvent:
    """An evening at which a mother has booked for two children."""
    a_school_with_teachers()
    evening = an_evening()
    book_slots(evening, ("pupil-1", "teacher-1", "17:00"), ("pupil-2", "teacher-2", "17:10"))
    return evening


def diary_owners() -> set[str]:
    """Whose diaries there are."""
    return {row["pk"]["S"].split("#", 2)[2] for row in rows("Bookings") if row["kind"]["S"] == "diary"}


def nobodies() -> Iterator[str]:
    """Ids that are nobody's."""
    return (f"nobody_{number}" for number in count())


def forget_child() -> None:
    """The first child is anonymised."""
    ids = nobodies()
    anonymising.forget_pupil(as_system(), "pupil-1", LATER, lambda: next(ids))


def test_a_forgotten_childs_appointment_is_in_no_diary_of_theirs_and_the_siblings_stays(event: SchoolEvent) -> None:
    forget_child()
    assert {"PUPIL#pupil-2", "CONTACT#contact-1"} < diary_owners()
    assert "PUPIL#pupil-1" not in diary_owners()
    assert not [row for row in rows("Bookings") if "pupil-1" in str(row)]
    assert faults_of_evening(event) == []
    book_slots(event, ("pupil-2", "teacher-1", "17:20"))


def test_of_a_forgotten_parent_the_childrens_appointments_stay(event: SchoolEvent) -> None:
    ids = nobodies()
    anonymising.forget_contact(as_system(), "contact-1", ["pupil-1", "pupil-2"], LATER, lambda: next(ids))
    assert not [row for row in rows("Bookings") if "contact-1" in str(row)]
    assert faults_of_evening(event) == []
    with pytest.raises(AppointmentClash):
        book_slots(event, ("pupil-1", "teacher-2", "17:00"), parent=2)


def test_who_takes_a_parent_over_has_their_appointments(event: SchoolEvent) -> None:
    mine = book_slots(event, ("pupil-1", "teacher-3", "17:30"))
    anonymising.forget_contact(as_system(), "contact-1", ["pupil-1", "pupil-2"], LATER, lambda: "contact-2")
    assert "CONTACT#contact-1" not in diary_owners()
    assert faults_of_evening(event) == []
    assert bookings_of(mine)[0].booked_by == "contact-2"
    with pytest.raises(AppointmentClash):
        book_slots(event, ("pupil-2", "teacher-3", "17:00"), parent=2)


def test_killed_anywhere_and_asked_again_nothing_of_the_child_is_left(event: SchoolEvent) -> None:
    go_back = bookmark_tables()
    with watched(Calls()) as calls:
        forget_child()
    for point in calls.points():
        go_back()
        with pytest.raises(Killed), watched(Calls(point)):
            forget_child()
        forget_child()
        assert not [row for row in rows("Bookings") if "pupil-1" in str(row)]
        assert faults_of_evening(event) == []
