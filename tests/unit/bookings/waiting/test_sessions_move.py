"""Who waits for a single session of a club, while the school moves or cancels it."""

from datetime import UTC, datetime

import pytest

from school_events.bookings import cancelling, chores
from school_events.bookings.capacity.service import follow
from school_events.bookings.waiting import service
from school_events.bookings.ways import Wish
from school_events.core.context import Context
from school_events.events import club_sessions
from school_events.events.model import SchoolEvent
from school_events.events.session_api import MeetingBody
from school_events.events.store import find_event
from tests.support.booked_world import UNASKED, as_parent, as_system, booking_of
from tests.support.club_world import SECOND, a_club, a_school_with_clubs, book_sessions, cancel_session
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import faults_of
from tests.support.waiting_checker import faults_of_waiting
from tests.unit.bookings.waiting.queue import HOUR, housekeeping, skip_to, states, turn

pytestmark = pytest.mark.usefixtures("tables")

A_WEEK_BEFORE = datetime(2026, 12, 2, 18, tzinfo=UTC)
SOONER = datetime(2026, 12, 4, 15, 30, tzinfo=UTC)


@pytest.fixture
def event() -> SchoolEvent:
    """A club with one place at each session, whose offers hold for a week."""
    a_school_with_clubs()
    return a_club(capacity=1, offer_hours=168)


def _offered_and_next(event: SchoolEvent, now: datetime) -> tuple[str, str]:
    """The place of the second session is offered to ``pupil-3``; ``pupil-4`` is next."""
    booked = booking_of(book_sessions(event, ("pupil-1", SECOND)))
    first, second = (
        service.join(
            as_parent(number),
            f"contact-{number}",
            event.id,
            [Wish(f"pupil-{number}", session_id=SECOND)],
            together=False,
            request=UNASKED,
        ).waiting_ids[0]
        for number in (3, 4)
    )
    skip_to(now)
    cancelling.cancel(as_parent(1, now), booked)
    housekeeping(now)
    assert states([first, second]) == ["offered", "waiting"]
    return first, second


def _follow(now: datetime) -> None:
    """Two minutes later housekeeping has places and turns follow the club's sessions."""

    def context_for(_school_id: str) -> Context:
        return as_system(now)

    chores.let_places_follow(now, context_for, lambda: True)
    housekeeping(now)


def test_an_offer_ends_when_its_session_begins_although_that_was_moved_to_an_earlier_day(event: SchoolEvent) -> None:
    first, second = _offered_and_next(event, A_WEEK_BEFORE)
    asked = MeetingBody.model_validate({"day": "2026-12-04", "starts_at": "15:30", "ends_at": "16:30"})
    version = find_event(SCHOOL, event.id).version
    club_sessions.move(a_context(now=A_WEEK_BEFORE), event.id, SECOND, version, asked, follow)
    _follow(A_WEEK_BEFORE + HOUR / 30)
    offer = turn(first).offer
    assert offer is not None
    assert offer.until == SOONER
    skip_to(SOONER)
    housekeeping(SOONER)
    assert states([first, second]) == ["over", "over"]
    assert faults_of(event) == []
    assert faults_of_waiting(event) == []


def test_who_waits_for_a_session_that_is_cancelled_or_was_offered_it_waits_no_longer(event: SchoolEvent) -> None:
    turns = _offered_and_next(event, NOW)
    cancel_session(event, SECOND)
    _follow(NOW + HOUR / 30)
    assert states(turns) == ["over", "over"]
    assert faults_of_waiting(event) == []
