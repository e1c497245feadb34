"""Random evenings against a plain model: what is booked and what is refused is what one would say by hand (B7, D4)."""

from dataclasses import dataclass, field
from itertools import combinations, permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from school_events.bookings import cancelling, store
from school_events.bookings.appointments import rules
from school_events.bookings.appointments.errors import AppointmentClash, FamilyLimit, SlotTaken
from school_events.bookings.appointments.model import Appointment
from school_events.bookings.appointments.rules import Meeting
from school_events.bookings.service import Booked
from school_events.core.errors import AlreadyBooked, Conflict, Invalid, SchoolEventsError
from school_events.events.evenings.rules import slots_of_desk
from school_events.events.evenings.teaching import Choice
from school_events.events.model import SchoolEvent
from tests.support.booked_world import as_parent
from tests.support.contexts import NOW, SCHOOL
from tests.support.evening_checker import faults_of_evening
from tests.support.evening_world import TEACHERS, Wanted, a_school_with_teachers, an_evening, book_slots
from tests.support.rewind import bookmark_tables

CHILDREN = {1: ("pupil-1", "pupil-2"), 2: ("pupil-1", "pupil-2"), 3: ("pupil-3",)}
RIVALS = frozenset({"teacher-3", "teacher-4"})
_HOUR = 60


@dataclass(frozen=True)
class _Had:
    """An appointment: which booking, which parent, which child, whom, from which minute of the hour on."""

    booking_id: str
    parent: int
    child: str
    teacher: str
    minute: int


@dataclass
class _Evening:
    """A plain model of an evening of an hour: what families have."""

    minutes: int
    buffer: int
    most: int | None
    had: list[_Had] = field(default_factory=list)

    @property
    def grid(self) -> list[int]:
        """The minutes at which appointments begin."""
        return list(range(0, _HOUR - self.minutes + 1, self.minutes + self.buffer))

    def too_close(self, one: int, other: int) -> bool:
        """Whether nobody can be at both."""
        return abs(one - other) < self.minutes + self.buffer

    def reasons(self, asked: list[_Had]) -> set[type[SchoolEventsError]]:
        """Everything that speaks against what a parent asks for."""
        found: set[type[SchoolEventsError]] = set()
        for one, other in combinations(asked, 2):
            if self.too_close(one.minute, other.minute) or _same_lesson(one, other):
                found.add(Invalid)
        for one in asked:
            if one.minute not in self.grid or any((one.teacher, one.minute) == (h.teacher, h.minute) for h in self.had):
                found.add(SlotTaken)
            if any(_same_lesson(one, other) for other in self.had):
                found.add(AlreadyBooked)
            if any(
                (one.child == other.child or one.parent == other.parent) and self.too_close(one.minute, other.minute)
                for other in self.had
            ):
                found.add(AppointmentClash)
        family = [one for one in self.had if one.child in CHILDREN[asked[0].parent]]
        if self.most is not None and len(family) + len(asked) > self.most:
            found.add(FamilyLimit)
        return found


def _same_lesson(one: _Had, other: _Had) -> bool:
    return one.child == other.child and (one.teacher == other.teacher or {one.teacher, other.teacher} == RIVALS)


_WISH = st.tuples(st.integers(0, 1), st.sampled_from(TEACHERS), st.integers(0, 7))
_BOOK = st.tuples(st.sampled_from([1, 1, 2, 3]), st.lists(_WISH, min_size=1, max_size=3))
_STEPS = st.lists(st.one_of(_BOOK, _BOOK, _BOOK, st.integers(0, 20)), min_size=4, max_size=16)


@pytest.mark.usefixtures("tables")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.integers(5, 15), buffer=st.integers(0, 5), most=st.none() | st.integers(1, 6), steps=_STEPS)
def test_random_evenings_go_as_one_would_say_by_hand(
    minutes: int, buffer: int, most: int | None, steps: list[int | tuple[int, list[tuple[int, str, int]]]]
) -> None:
    a_school_with_teachers()
    go_back = bookmark_tables()
    try:
        event = an_evening(minutes=minutes, buffer=buffer, most=most)
        model = _Evening(minutes, buffer, most)
        for step in steps:
            if isinstance(step, int):
                _cancel(model, step)
            else:
                _book(event, model, *step)
        assert faults_of_evening(event, families=[CHILDREN[1]], most=most, buffer_minutes=buffer) == []
    finally:
        go_back()


def _book(event: SchoolEvent, model: _Evening, parent: int, wished: list[tuple[int, str, int]]) -> None:
    children = CHILDREN[parent]
    asked = [
        _Had("", parent, children[child % len(children)], teacher, place * (model.minutes + model.buffer))
        for child, teacher, place in wished
    ]
    asked = [one for one in asked if one.minute < _HOUR]
    if not asked:
        return
    wanted: list[Wanted] = [(one.child, one.teacher, f"17:{one.minute:02}") for one in asked]
    reasons = model.reasons(asked)
    outcome = _outcome(event, parent, wanted)
    if isinstance(outcome, Booked):
        assert reasons == set()
        model.had += [
            _Had(booking_id, one.parent, one.child, one.teacher, one.minute)
            for booking_id, one in zip(outcome.booking_ids, asked, strict=True)
        ]
    else:
        assert outcome in reasons
        assert Invalid not in reasons or outcome is Invalid


def _outcome(event: SchoolEvent, parent: int, wanted: list[Wanted]) -> Booked | type[SchoolEventsError]:
    try:
        return book_slots(event, *wanted, parent=parent)
    except (Invalid, Conflict) as refusal:
        return type(refusal)


def _cancel(model: _Evening, which: int) -> None:
    if model.had:
        gone = model.had.pop(which % len(model.had))
        cancelling.cancel(as_parent(gone.parent), store.find_booking(SCHOOL, gone.booking_id))


_DESKS = st.integers(1, 5)
_CHOICES = st.lists(st.sets(_DESKS, min_size=1, max_size=3).map(lambda one: tuple(sorted(one))), min_size=1, max_size=4)


@given(choices=_CHOICES, desks=st.lists(_DESKS, min_size=1, max_size=5, unique=True))
def test_a_family_meets_one_desk_of_each_choice(choices: list[tuple[int, ...]], desks: list[int]) -> None:
    """Whether desks can be given to choices is what trying all ways says."""
    offered = [Choice(one, ()) for one in choices]
    meetings = [_meeting(desk, number) for number, desk in enumerate(desks)]
    possible = any(
        all(desk in choice for desk, choice in zip(desks, order, strict=True))
        for order in permutations(choices, len(desks))
    )
    try:
        rules.check_asked(meetings, {"pupil-1": offered})
    except Invalid:
        assert not possible
    else:
        assert possible


def _meeting(desk: int, hour: int) -> Meeting:
    starts_at = NOW.replace(hour=hour)
    first, _ = slots_of_desk(desk)
    appointment = Appointment(
        booking_id=f"booking-{desk}",
        event_id="event-1",
        slot=first + hour * _HOUR,
        starts_at=starts_at,
        ends_at=starts_at.replace(minute=10),
        buffer_minutes=0,
    )
    return Meeting("pupil-1", "contact-1", appointment)
