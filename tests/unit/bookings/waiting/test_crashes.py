"""Killed before or after any call to DynamoDB, housekeeping makes good what a family or the allocator left half done.

Each story is run whole first, which counts its calls; then once for every point at which killing it leaves something
else behind, from the same bookmark.
"""

import contextlib
from collections.abc import Callable

import pytest

from school_events.bookings import allocating, cancelling
from school_events.bookings.rules import TERM
from school_events.bookings.waiting import service
from school_events.core.errors import SchoolEventsError
from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book, booking_of, keyed
from tests.support.contexts import NOW
from tests.support.crashes import Calls, Killed, watched
from tests.support.event_checker import faults_of
from tests.support.rewind import bookmark_tables
from tests.support.waiting_checker import faults_of_waiting, turns_of
from tests.unit.bookings.waiting.queue import HOUR, accept, close, housekeeping, skip_to, state, wait_for

pytestmark = pytest.mark.usefixtures("tables")

type Story = Callable[[], object]
type Prepare = Callable[[SchoolEvent], Story]

SOON = NOW + HOUR
NEXT_DAY = SOON + 25 * HOUR


@pytest.fixture
def event() -> SchoolEvent:
    """A trip that costs nothing, with one place, which pupil-1 has."""
    a_school_with_families()
    skip_to(NOW)
    return an_event(price=0, capacity=1)


def _joining(event: SchoolEvent) -> Story:
    book(event, "pupil-1")
    return lambda: wait_for(event, "pupil-3", parent=3, asked=keyed("key-1"))


def _giving_back(event: SchoolEvent) -> Story:
    booked = book(event, "pupil-1")
    wait_for(event, "pupil-3", parent=3)
    return lambda: cancelling.cancel(as_parent(), booking_of(booked))


def _settling(event: SchoolEvent) -> Story:
    _offered(event, settled=False)
    return lambda: allocating.settle(as_system(SOON), event.id, TERM)


def _accepting(event: SchoolEvent) -> Story:
    ref = _offered(event)
    return lambda: accept(ref, parent=3, now=SOON, asked=keyed("key-1"))


def _declining(event: SchoolEvent) -> Story:
    ref = _offered(event)
    return lambda: service.decline(as_parent(3, SOON), ref)


def _closing(event: SchoolEvent) -> Story:
    _offered(event)
    return lambda: close(event, SOON)


def _looking_after(event: SchoolEvent) -> Story:
    _offered(event)
    skip_to(NEXT_DAY)
    return lambda: housekeeping(NEXT_DAY)


def _offered(event: SchoolEvent, *, settled: bool = True) -> str:
    """The turn of pupil-3, to which the place was offered; pupil-4 is next."""
    booked = book(event, "pupil-1")
    (ref,) = wait_for(event, "pupil-3", parent=3)
    wait_for(event, "pupil-4", parent=4, now=NOW + HOUR / 60)
    cancelling.cancel(as_parent(), booking_of(booked))
    if settled:
        housekeeping(SOON)
        assert state(ref) == "offered"
    return ref


def _let_time_go_by() -> None:
    """Housekeeping runs soon, and again when offers have run out."""
    housekeeping(SOON + HOUR / 30)
    skip_to(NEXT_DAY)
    for minutes in (2, 4):
        housekeeping(NEXT_DAY + HOUR * minutes / 60)


@pytest.mark.parametrize(
    "prepare", [_joining, _giving_back, _settling, _accepting, _declining, _closing, _looking_after]
)
def test_killed_anywhere_everything_is_well_after_housekeeping(event: SchoolEvent, prepare: Prepare) -> None:
    story = prepare(event)
    rewind = bookmark_tables()
    with watched(Calls()) as whole:
        story()
    print(prepare.__name__, len(whole.points()), "of", len(whole.names))
    for point in whole.points():
        rewind()
        with contextlib.suppress(Killed), watched(Calls(point)):
            story()
        _let_time_go_by()
        assert faults_of(event) == [], point
        assert faults_of_waiting(event) == [], point


@pytest.mark.parametrize("prepare", [_joining, _accepting, _declining])
def test_killed_anywhere_and_asked_again_the_answer_is_that_of_one_request(
    event: SchoolEvent, prepare: Prepare
) -> None:
    story = prepare(event)
    rewind = bookmark_tables()
    with watched(Calls()) as whole:
        story()
    outcome = [(one.state, one.pupil_ids) for one in turns_of(event)]
    for point in whole.points():
        rewind()
        with contextlib.suppress(Killed), watched(Calls(point)):
            story()
        with contextlib.suppress(SchoolEventsError):
            story()
        housekeeping(SOON + HOUR / 30)
        assert [(one.state, one.pupil_ids) for one in turns_of(event)] == outcome, point
        assert faults_of(event) == [], point
        assert faults_of_waiting(event) == [], point
