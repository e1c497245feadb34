"""What the Events table gives back."""

from datetime import UTC, date, datetime, timedelta

import pytest

from school_events.core import due
from school_events.core.change import stamp
from school_events.core.errors import NotFound
from school_events.events import store
from school_events.events.model import Session, StaffAllocation
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.unit.events.things import a_trip

pytestmark = pytest.mark.usefixtures("tables")


def _keep(event_id: str = "event_1") -> None:
    event = a_trip("published", event_id)
    store.event_item(SCHOOL, event, stamp(a_context(), "event.published")).save()


def test_an_event_comes_back_as_it_was_kept() -> None:
    _keep()
    assert store.find_event(SCHOOL, "event_1") == a_trip("published")


def test_another_schools_event_is_not_there() -> None:
    _keep()
    with pytest.raises(NotFound):
        store.find_event("school-2", "event_1")


def test_many_events_are_found_in_one_go_and_missing_ones_left_out() -> None:
    for number in range(120):
        _keep(f"event_{number}")
    wanted = [f"event_{number}" for number in range(125)]
    assert set(store.find_events(SCHOOL, wanted)) == {f"event_{number}" for number in range(120)}


def test_sessions_come_in_order_of_time() -> None:
    first = datetime(2026, 12, 4, 9, tzinfo=UTC)
    sessions = [
        Session(
            id=f"session_00{2 - n}", starts_at=first + timedelta(days=n), ends_at=first + timedelta(days=n, hours=1)
        )
        for n in range(2)
    ]
    for session in sessions:
        store.session_item(SCHOOL, "event_1", session).save()
    assert store.sessions_of(SCHOOL, "event_1") == tuple(sessions)
    assert store.find_session(SCHOOL, "event_1", "session_001") == sessions[1]
    with pytest.raises(NotFound):
        store.find_session(SCHOOL, "event_1", "session_009")


def test_an_allocation_says_who_works_at_an_event() -> None:
    allocation = StaffAllocation(event_id="event_1", staff_id="staff-1", role="lead")
    store.allocation_item(SCHOOL, date(2026, 12, 4), allocation).save()
    assert store.allocations_of(SCHOOL, "event_1") == (allocation,)
    assert store.is_allocated(SCHOOL, "event_1", "staff-1")
    assert not store.is_allocated(SCHOOL, "event_1", "staff-2")


def test_only_closings_that_are_due_are_due() -> None:
    ctx = a_context()
    for event_id, at in (("event_1", NOW - timedelta(minutes=90)), ("event_2", NOW + timedelta(minutes=1))):
        item = store.event_item(SCHOOL, a_trip("closed", event_id), stamp(ctx, "event.closed"))
        item.due_pk, item.due_sk = due.due_key(store.CLOSE_PLACES, at, event_id)
        item.save()
    assert [(school, event.id) for school, event in store.due_events(store.CLOSE_PLACES, NOW)] == [(SCHOOL, "event_1")]
