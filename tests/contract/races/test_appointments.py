"""Families who all want the same teachers at once: each slot goes to one, and nobody is in two places (D2, D4, B7)."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import count

import pytest
from pynamodb.expressions.condition import Condition

from school_events.bookings import cancelling, places, service, store
from school_events.bookings.appointments import store as diaries
from school_events.bookings.appointments.errors import AppointmentClash, FamilyLimit, SlotTaken
from school_events.bookings.appointments.store import DiaryItem
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.bookings.places import PlaceItem
from school_events.bookings.service import Booked
from school_events.core.errors import AlreadyBooked, SchoolEventsError
from school_events.core.requests import Request, request
from school_events.events.model import SchoolEvent
from tests.contract.races.families import moment_of
from tests.support.at_once import at_once
from tests.support.booked_world import UNASKED
from tests.support.contexts import SCHOOL
from tests.support.evening_checker import faults_of_evening
from tests.support.evening_world import Wanted, an_evening, plan, wishes
from tests.support.event_checker import bookings_of
from tests.support.people import contact_told, group_told, link_told, staff_told, tell

pytestmark = pytest.mark.usefixtures("tables", "_teachers")

PARENTS = range(1, 41)
TEACHERS = [f"teacher-{number}" for number in range(1, 7)]
CLOCKS = [f"17:{minute:02}" for minute in range(0, 60, 10)]
BOTH = [f"parent-{number}" for number in (1, 2)]

_evenings = count()

type Outcome = Booked | type[SchoolEventsError]


@pytest.fixture(scope="module")
def _teachers(tables: None) -> None:
    """Six teachers who all take everybody; two parents with the same two children."""
    pupils = [f"child-{number}" for number in PARENTS] + ["sibling-1"]
    tell(
        *(staff_told(teacher) for teacher in TEACHERS),
        *(group_told(f"group-{one}", pupils, (one,), subject=one) for one in TEACHERS),
        contact_told("parent-99"),
        link_told("parent-99", "child-1"),
        link_told("parent-99", "sibling-1"),
    )


def evening(most: int | None = None) -> SchoolEvent:
    """An evening of six teachers with six appointments each, on a day of its own: families have their time for it."""
    pupils = [f"child-{number}" for number in PARENTS] + ["sibling-1"]
    day = date(2026, 12, 1) + timedelta(days=next(_evenings))
    return an_evening(TEACHERS, invited=pupils, most=most, day=day.isoformat())


def books(
    event: SchoolEvent, number: int, *wanted: Wanted, asked: Request = UNASKED, chance: int | None = None
) -> Callable[[], Booked]:
    """A parent's wish for appointments."""
    wished = wishes(event, *wanted)
    return partial(service.book, moment_of(number, chance), f"parent-{number}", event.id, wished, asked)


def three_each(event: SchoolEvent) -> list[Callable[[], Booked]]:
    """Each parent wants three teachers, one after the other, and many want the same: 120 wishes for 36 slots."""
    return [
        books(
            event,
            number,
            *(
                (f"child-{number}", TEACHERS[(number + step) % 6], CLOCKS[(number // 6 + step) % 6])
                for step in range(3)
            ),
        )
        for number in PARENTS
    ]


def answered(outcomes: Sequence[Outcome]) -> list[Booked]:
    """Those who were booked."""
    return [one for one in outcomes if isinstance(one, Booked)]


def told(outcomes: Sequence[Outcome]) -> set[type[SchoolEventsError]]:
    """What the others were told."""
    return {one for one in outcomes if not isinstance(one, Booked)}


def test_forty_parents_and_six_teachers_each_family_has_all_three_or_none_and_no_slot_is_had_twice() -> None:
    event = evening()
    outcomes = at_once(three_each(event))
    assert told(outcomes) == {SlotTaken}
    assert faults_of_evening(event) == []
    kept = bookings_of(event)
    assert sorted(one.id for one in kept) == sorted(one for booked in answered(outcomes) for one in booked.booking_ids)
    assert len(kept) == 3 * len(answered(outcomes)) >= 12


def test_without_the_condition_of_slots_they_are_had_twice_and_the_checker_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = evening()
    anything: Condition = PlaceItem.pk.exists()
    monkeypatch.setattr(places, "_free_and_open", lambda _: anything)
    at_once([books(event, number, (f"child-{number}", "teacher-1", "17:00")) for number in range(1, 11)])
    faults = faults_of_evening(event)
    assert any("is had" in fault for fault in faults), faults


def test_all_slots_of_an_evening_go_when_everybody_wants_any_of_them() -> None:
    event = evening()
    slots = [(teacher, clock) for teacher in TEACHERS for clock in CLOCKS]
    acts = [books(event, number, (f"child-{number}", *slots[(number - 1) % 36])) for number in PARENTS]
    outcomes = at_once(acts)
    assert len(answered(outcomes)) == 36
    assert told(outcomes) == {SlotTaken}
    assert faults_of_evening(event) == []


def both_parents(event: SchoolEvent) -> list[Callable[[], Booked]]:
    """Mother and father each book either child with different teachers at the same times, over and over."""
    return [
        books(event, number, (child, TEACHERS[place], CLOCKS[place % 2]), chance=10 * number + place)
        for place in range(6)
        for number in (1, 99)
        for child in ("child-1", "sibling-1")
    ]


def test_both_parents_and_two_children_nobody_is_in_two_places() -> None:
    event = evening()
    outcomes = at_once(both_parents(event))
    assert told(outcomes) <= {AppointmentClash, SlotTaken, AlreadyBooked}
    assert 2 <= len(answered(outcomes)) <= 4
    assert faults_of_evening(event) == []


def test_without_the_versions_of_diaries_they_are_and_the_checker_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    event = evening()
    anything: Condition = DiaryItem.pk.exists() | DiaryItem.pk.does_not_exist()
    monkeypatch.setattr(diaries, "_unchanged", lambda _: anything)
    at_once(both_parents(event))
    assert any("is in two places" in fault for fault in faults_of_evening(event))


def test_the_familys_limit_holds_when_both_parents_book_both_children_at_once() -> None:
    event = evening(most=3)
    acts = [
        books(event, number, (child, TEACHERS[place], CLOCKS[place]), chance=10 * number + place)
        for place, (number, child) in enumerate(
            [(1, "child-1"), (99, "sibling-1"), (1, "sibling-1"), (99, "child-1"), (1, "child-1"), (99, "sibling-1")]
        )
    ]
    outcomes = at_once(acts)
    assert len(answered(outcomes)) == 3
    assert told(outcomes) == {FamilyLimit}
    assert faults_of_evening(event, families=[("child-1", "sibling-1")], most=3) == []


def test_without_a_look_at_siblings_diaries_the_limit_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    event = evening(most=1)
    monkeypatch.setattr(diaries, "require_unchanged", lambda *_: None)
    for _ in range(10):
        acts = [
            books(event, 1, ("child-1", "teacher-1", "17:00")),
            books(event, 99, ("sibling-1", "teacher-2", "17:10")),
        ]
        if len(answered(at_once(acts))) == 2:
            break
        for booking in bookings_of(event):
            if booking.state in LIVE:
                cancelling.cancel(moment_of(1 if booking.booked_by == "parent-1" else 99), booking)
    assert faults_of_evening(event, families=[("child-1", "sibling-1")], most=1)


def test_a_request_sent_ten_times_at_once_is_one_booking_with_one_answer() -> None:
    event = evening()
    asked = request("ten appointments", "a booking")
    wanted: list[Wanted] = [("child-1", "teacher-1", "17:00"), ("sibling-1", "teacher-2", "17:10")]
    outcomes = at_once([books(event, 1, *wanted, asked=asked, chance=chance) for chance in range(10)])
    assert told(outcomes) == set()
    first, *others = answered(outcomes)
    assert all(other == first for other in others)
    assert faults_of_evening(event) == []
    assert len(bookings_of(event)) == 2


def test_slots_given_up_while_others_book_and_the_plan_changes_are_somebodys_or_free() -> None:
    event = evening()
    had = [
        (
            number,
            store.find_booking(SCHOOL, books(event, number, (f"child-{number}", "teacher-1", clock))().booking_ids[0]),
        )
        for number, clock in enumerate(CLOCKS, 1)
    ]
    acts: list[Callable[[], object]] = [
        partial(cancelling.cancel, moment_of(number), booking) for number, booking in had
    ]
    acts += [
        books(event, 10 + number, (f"child-{10 + number}", "teacher-1", CLOCKS[number % 6])) for number in range(18)
    ]
    acts.append(partial(plan, event, TEACHERS))
    outcomes = at_once(acts)
    cancelled = [one for one in outcomes if isinstance(one, Booking)]
    assert [one.state for one in cancelled] == [BookingState.CANCELLED] * 6
    assert faults_of_evening(event) == []
