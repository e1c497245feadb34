"""What is too many of something that is over is nobody's, and is not looked for again every minute."""

from datetime import datetime, timedelta

import pytest

from school_events.bookings import cancelling, chores
from school_events.bookings.closing import close_booking
from school_events.core.context import Context
from school_events.events import lifecycle
from tests.support.booked_world import an_event, as_system, book, booking_of
from tests.support.club_world import (
    FIRST,
    ON_FIRST_DAY,
    a_club,
    a_school_with_clubs,
    book_sessions,
    pool_states,
    resize,
)
from tests.support.contexts import NOW, a_context
from tests.support.event_checker import faults_of
from tests.support.tables import rows
from tests.unit.bookings.waiting.queue import skip_to

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _school(tables: None) -> None:
    a_school_with_clubs()


def _housekeeping(now: datetime) -> None:
    """Two minutes' runs, as far as they concern places."""
    for at in (now + 2 * MINUTE, now + 3 * MINUTE):

        def context_for(_school_id: str, at: datetime = at) -> Context:
            return as_system(at)

        chores.let_places_follow(at, context_for, lambda: True)
        chores.call_events_off(at, context_for, lambda: True)
        chores.move_returned_places_on(at, context_for, lambda: True)


def _due() -> list[str]:
    return [row["due_pk"]["S"] for row in rows("Bookings") if "due_pk" in row]


def test_of_a_cancelled_event_with_more_places_than_its_capacity_nothing_stays_due() -> None:
    event = an_event(price=0, capacity=3)
    for parent, pupil_id in ((1, "pupil-1"), (3, "pupil-3"), (4, "pupil-4")):
        book(event, pupil_id, parent=parent)
    resize(event, 1)
    lifecycle.cancel(a_context(), event.id, close_booking)
    _housekeeping(NOW)
    assert sorted(pool_states(event)) == ["free", "retired", "retired"]
    assert _due() == []
    assert faults_of(event) == []


def test_of_a_session_that_has_begun_with_more_places_than_the_capacity_nothing_stays_due() -> None:
    event = a_club(capacity=2)
    booked = [
        booking_of(book_sessions(event, ("pupil-1", FIRST))),
        booking_of(book_sessions(event, ("pupil-3", FIRST), parent=3)),
    ]
    resize(event, 1)
    _housekeeping(NOW)
    skip_to(ON_FIRST_DAY)
    for booking in booked:
        cancelling.cancel(a_context(now=ON_FIRST_DAY), booking)
    _housekeeping(ON_FIRST_DAY)
    assert sorted(pool_states(event, f"session-{FIRST}")) == ["free", "retired"]
    assert _due() == []
    assert faults_of(event) == []
