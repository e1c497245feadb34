"""Appointments of a parents' evening: all a family asks for or none, and nobody in two places at once (D2, D4, B7)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from school_events.bookings import cancelling, chores, places, service, store
from school_events.bookings.appointments import service as appointments
from school_events.bookings.appointments.diaries import child, parent
from school_events.bookings.appointments.errors import AppointmentClash, FamilyLimit, SlotTaken
from school_events.bookings.appointments.service import Appointments
from school_events.bookings.appointments.store import diaries_of
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.errors import AlreadyBooked, Invalid, NotFound, SchoolEventsError, WrongState
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from tests.support.booked_world import UNASKED, an_event, as_parent, as_system, keyed
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
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
    wishes,
)
from tests.support.people import contact_told, link_removed, link_told, portal_message, tell
from tests.support.rewind import bookmark_tables
from tests.support.tables import everything

OWNERS = [*(child(f"pupil-{number}") for number in (1, 2, 3)), *(parent(f"contact-{number}") for number in (1, 2, 3))]
MOST_CALLS = 7

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


def test_a_teacher_who_is_not_the_childs_is_no_appointment_for_it() -> None:
    event = an_evening((*TEACHERS, "staff-1"))
    refusal = refused(Invalid, event, ("pupil-1", "teacher-1", "17:00"), ("pupil-1", "staff-1", "17:10"))
    assert [one.field for one in refusal.fields] == ["items.1.slot_id"]


def test_of_several_teachers_of_a_class_a_family_meets_one() -> None:
    event = an_evening()
    either: tuple[Wanted, Wanted] = ("pupil-1", "teacher-3", "17:00"), ("pupil-1", "teacher-4", "17:10")
    assert refused(Invalid, event, *either).fields[0].field == "items.1.slot_id"
    (mine,) = book_slots(event, either[0]).booking_ids
    refusal = refused(AlreadyBooked, event, either[1], parent=2)
    assert isinstance(refusal, AlreadyBooked)
    assert [one.booking_id for one in refusal.in_the_way] == [mine]
    book_slots(event, ("pupil-2", "teacher-4", "17:10"))
    assert faults_of_evening(event) == []


def test_a_family_meets_a_teacher_once_about_each_child() -> None:
    event = an_evening()
    assert refused(Invalid, event, ("pupil-1", "teacher-1", "17:00"), ("pupil-1", "teacher-1", "17:20"))
    assert refused(Invalid, event, ("pupil-1", "teacher-1", "17:00"), ("pupil-2", "teacher-1", "17:00"))
    book_slots(event, ("pupil-1", "teacher-1", "17:00"))
    refused(AlreadyBooked, event, ("pupil-1", "teacher-1", "17:20"))
    refused(AlreadyBooked, event, ("pupil-1", "teacher-1", "17:00"), parent=2)
    book_slots(event, ("pupil-2", "teacher-1", "17:20"))


def test_a_parent_is_not_in_two_places_at_once_also_for_siblings() -> None:
    event = an_evening()
    wanted: tuple[Wanted, Wanted] = ("pupil-1", "teacher-1", "17:00"), ("pupil-2", "teacher-2", "17:00")
    assert refused(Invalid, event, *wanted).fields[0].field == "items.1.slot_id"
    (mine,) = book_slots(event, wanted[0]).booking_ids
    refusal = refused(AppointmentClash, event, wanted[1])
    assert isinstance(refusal, AppointmentClash)
    assert [(one.field, one.booking_id) for one in refusal.in_the_way] == [("items.0.slot_id", mine)]
    book_slots(event, wanted[1], parent=2)
    assert faults_of_evening(event) == []


def test_a_child_is_not_in_two_places_at_once_whichever_parent_books() -> None:
    event = an_evening()
    book_slots(event, ("pupil-1", "teacher-1", "17:00"))
    refused(AppointmentClash, event, ("pupil-1", "teacher-2", "17:00"), parent=2)
    book_slots(event, ("pupil-1", "teacher-2", "17:10"), parent=2)


def test_the_buffer_is_kept_between_two_appointments_of_a_family() -> None:
    event = an_evening(minutes=8, buffer=2)
    book_slots(event, ("pupil-1", "teacher-1", "17:00"), ("pupil-1", "teacher-2", "17:10"))
    plan(event, minutes=4, buffer=5)
    refused(AppointmentClash, event, ("pupil-1", "teacher-3", "17:18"))
    book_slots(event, ("pupil-1", "teacher-3", "17:27"))


def test_two_evenings_of_one_day_share_the_familys_time() -> None:
    early, late = an_evening(), an_evening(times=("17:30", "19:00"))
    book_slots(early, ("pupil-1", "teacher-1", "17:30"))
    refused(AppointmentClash, late, ("pupil-2", "teacher-2", "17:30"))
    book_slots(late, ("pupil-2", "teacher-2", "17:40"))
    tomorrow = an_evening(day="2026-12-04")
    book_slots(tomorrow, ("pupil-1", "teacher-1", "17:30"))
    assert [faults_of_evening(one) for one in (early, late, tomorrow)] == [[], [], []]


def test_the_limit_counts_the_whole_family_whichever_parent_books() -> None:
    event = an_evening(most=3)
    book_slots(event, ("pupil-1", "teacher-1", "17:00"), ("pupil-2", "teacher-2", "17:10"))
    book_slots(event, ("pupil-2", "teacher-1", "17:20"), parent=2)
    refusal = refused(FamilyLimit, event, ("pupil-1", "teacher-2", "17:30"), parent=2)
    assert "at most 3" in refusal.detail
    booking = bookings_of(book_slots(event, ("pupil-3", "teacher-2", "17:30"), parent=3))[0]
    cancelling.cancel(as_parent(3), booking)
    assert faults_of_evening(event, families=[("pupil-1", "pupil-2")], most=3) == []


def test_a_given_up_slot_is_free_at_once_for_others_and_the_familys_time_too() -> None:
    event = an_evening()
    (booking,) = bookings_of(book_slots(event, ("pupil-1", "teacher-1", "17:00")))
    assert cancelling.cancel(as_parent(), booking).state is BookingState.CANCELLED
    assert faults_of_evening(event) == []
    assert list(places.returned_places(NOW + timedelta(days=1))) == []
    book_slots(event, ("pupil-2", "teacher-2", "17:00"))
    book_slots(event, ("pupil-3", "teacher-1", "17:00"), parent=3)
    with pytest.raises(WrongState):
        cancelling.cancel(as_parent(), bookings_of_again(booking.id))


def bookings_of_again(booking_id: str) -> Booking:
    """A booking as it is now."""
    return store.find_booking(SCHOOL, booking_id)


def test_when_the_evening_is_cancelled_so_are_the_appointments_and_the_diaries_are_empty() -> None:
    event = an_evening()
    booked = book_slots(event, ("pupil-1", "teacher-1", "17:00"), ("pupil-2", "teacher-2", "17:10"))
    lifecycle.cancel(a_context(), event.id, places.close_places)
    chores.call_events_off(NOW + timedelta(minutes=1), lambda _school: as_system(), lambda: True)
    assert {one.state for one in bookings_of(booked)} == {BookingState.CANCELLED}
    assert faults_of_evening(event) == []
    assert [item for owner in OWNERS for item in diaries_of(SCHOOL, owner) if item.record.appointments] == []


def test_the_same_request_again_is_the_same_answer_and_without_a_key_already_booked() -> None:
    event = an_evening()
    wanted: Wanted = ("pupil-1", "teacher-1", "17:00")
    first = book_slots(event, wanted, asked=keyed("one"))
    before = everything()
    assert book_slots(event, wanted, asked=keyed("one")) == first
    assert everything() == before
    refused(AlreadyBooked, event, wanted)


def test_a_request_whose_twin_was_quicker_gives_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_evening()
    wanted: Wanted = ("pupil-1", "teacher-1", "17:00")
    answers: list[Booked] = []
    complete = Appointments.complete

    def after_its_twin(self: Appointments, *given: Any) -> None:
        monkeypatch.setattr(Appointments, "complete", complete)
        answers.append(book_slots(event, wanted, asked=keyed("one")))
        complete(self, *given)

    monkeypatch.setattr(Appointments, "complete", after_its_twin)
    assert book_slots(event, wanted, asked=keyed("one")) == answers[0]
    assert faults_of_evening(event) == []


def test_a_family_that_moves_while_it_is_looked_at_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_evening(most=2)
    looks = []
    check = appointments._check

    def moved(*given: Any) -> None:
        check(*given)
        looks.append(1)
        if len(looks) == 1:
            book_slots(event, ("pupil-2", "teacher-2", "17:10"), ("pupil-1", "teacher-2", "17:00"), parent=2)

    monkeypatch.setattr(appointments, "_check", moved)
    with pytest.raises(FamilyLimit):
        book_slots(event, ("pupil-1", "teacher-1", "17:20"))
    assert faults_of_evening(event, families=[("pupil-1", "pupil-2")], most=2) == []


def test_a_slot_that_changes_while_it_is_looked_at_is_not_booked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a diary would say another time than the slot."""
    event = an_evening()
    check = appointments._check

    def planned_anew(*given: Any) -> None:
        check(*given)
        plan(event, minutes=20)

    monkeypatch.setattr(appointments, "_check", planned_anew)
    with pytest.raises(SlotTaken):
        book_slots(event, ("pupil-1", "teacher-1", "17:00"))
    assert faults_of_evening(event) == []


def test_a_parent_whose_link_to_a_child_is_cut_is_kept_from_nothing_by_that_childs_appointment() -> None:
    event = an_evening()
    book_slots(event, ("pupil-1", "teacher-1", "17:00"))
    tell(link_removed("contact-1", "pupil-1"))
    book_slots(event, ("pupil-2", "teacher-2", "17:00"))
    with pytest.raises(NotFound):
        book_slots(event, ("pupil-1", "teacher-3", "17:20"))
    refused(AppointmentClash, event, ("pupil-1", "teacher-3", "17:00"), parent=2)


def test_two_records_of_one_parent_are_in_one_place_at_a_time() -> None:
    event = an_evening()
    tell(contact_told("contact-5"), link_told("contact-5", "pupil-1"), link_told("contact-5", "pupil-2"))
    book_slots(event, ("pupil-1", "teacher-1", "17:00"), parent=5)
    gone = {"contact_id": "contact-5", "merged_into": "contact-2"}
    tell(portal_message("ContactRemoved", gone, version=2))
    refused(AppointmentClash, event, ("pupil-2", "teacher-3", "17:00"), parent=2)
    book_slots(event, ("pupil-2", "teacher-3", "17:00"))


def test_a_teacher_who_has_left_meets_nobody_new() -> None:
    event = an_evening()
    tell(portal_message("StaffRemoved", {"staff_id": "teacher-1"}, version=2))
    refused(Invalid, event, ("pupil-1", "teacher-1", "17:00"))


def test_before_and_after_the_booking_window_nothing_is_booked() -> None:
    event = an_evening()
    wanted: Wanted = ("pupil-1", "teacher-1", "17:00")
    for now in (event.window.opens_at - timedelta(seconds=1), event.window.closes_at):
        with pytest.raises(WrongState):
            book_slots(event, wanted, now=now)
    lifecycle.close(a_context(), event.id, places.close_places)
    refused(WrongState, event, wanted)


def test_an_evening_that_has_begun_has_only_what_is_still_to_come() -> None:
    event = an_evening(closes="18:00")
    now = datetime(2026, 12, 3, 17, 10, tzinfo=UTC)
    with pytest.raises(SlotTaken):
        book_slots(event, ("pupil-1", "teacher-1", "17:10"), now=now)
    book_slots(event, ("pupil-1", "teacher-1", "17:20"), now=now)


def test_killed_anywhere_and_asked_again_it_ends_the_same() -> None:
    event = an_evening(most=4)
    wanted: tuple[Wanted, Wanted] = ("pupil-1", "teacher-1", "17:00"), ("pupil-2", "teacher-2", "17:10")
    go_back = bookmark_tables()
    with watched(Calls()) as calls:
        book_slots(event, *wanted, asked=keyed("one"))
    for point in calls.points():
        go_back()
        with pytest.raises(Killed), watched(Calls(point)):
            book_slots(event, *wanted, asked=keyed("one"))
        assert faults_of_evening(event) == []
        again = book_slots(event, *wanted, asked=keyed("one"))
        assert [one.state for one in bookings_of(again)] == [BookingState.CONFIRMED] * 2
        assert faults_of_evening(event) == []


def test_cancelling_killed_anywhere_leaves_the_appointment_or_nothing_of_it() -> None:
    event = an_evening()
    (booking,) = bookings_of(book_slots(event, ("pupil-1", "teacher-1", "17:00")))
    go_back = bookmark_tables()
    with watched(Calls()) as calls:
        cancelling.cancel(as_parent(), booking)
    for point in calls.points():
        go_back()
        with pytest.raises(Killed), watched(Calls(point)):
            cancelling.cancel(as_parent(), booking)
        assert faults_of_evening(event) == []


def test_a_household_asks_in_few_round_trips() -> None:
    event = an_evening(most=6)
    wanted = wishes(event, ("pupil-1", "teacher-1", "17:00"), ("pupil-2", "teacher-2", "17:10"))
    with watched(Calls()) as calls:
        service.book(as_parent(), "contact-1", event.id, wanted, UNASKED)
    assert len(calls.names) <= MOST_CALLS, calls.names


def test_diaries_vanish_thirty_days_after_the_evening() -> None:
    book_slots(an_evening(), ("pupil-1", "teacher-1", "17:00"))
    items = [item for owner in OWNERS for item in diaries_of(SCHOOL, owner)]
    wanted = datetime(2027, 1, 3, tzinfo=UTC)
    assert [datetime.fromtimestamp(int(item.expires_at or 0), UTC) for item in items] == [wanted, wanted]
