"""Whoever has a turn looked at now is not undone by somebody who would have it looked at later (D5)."""

import pytest

from school_events.bookings.closing import close_booking
from school_events.bookings.leavers import let_leavers_go
from school_events.bookings.waiting import store
from school_events.events import lifecycle
from school_events.events.store import find_event
from tests.support.booked_world import CLOSES_AT, a_school_with_families, an_event, as_system, book
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import portal_message, tell
from tests.unit.bookings.waiting.queue import HOUR, housekeeping, state, wait_for


@pytest.fixture
def waiting(tables: None) -> str:
    """A family's turn for an event that is full."""
    a_school_with_families()
    event = an_event(price=0, capacity=1)
    book(event, "pupil-1")
    (ref,) = wait_for(event, "pupil-3", parent=3)
    return ref


def _as_read(ref: str) -> store.WaitingEntryItem:
    item = store.find_item(SCHOOL, ref)
    assert item is not None
    return item


def test_the_allocator_that_saw_the_event_open_does_not_put_its_end_off(waiting: str) -> None:
    seen_by_the_allocator = _as_read(waiting)
    lifecycle.close(a_context(now=NOW + HOUR), waiting.split("~", maxsplit=1)[0], close_booking)
    assert not store.look_at(SCHOOL, seen_by_the_allocator, CLOSES_AT - HOUR)
    housekeeping(NOW + HOUR)
    assert state(waiting) == "over"


def test_a_turn_is_woken_though_it_is_put_off_in_the_same_moment(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    look_at, seen = store.look_at, _as_read(waiting)
    store.look_at(SCHOOL, seen, CLOSES_AT - HOUR)
    monkeypatch.setattr(store, "wait_or_give_up", lambda *_: None)
    assert not look_at(SCHOOL, seen, NOW + HOUR)
    store.wake_turn(as_system(NOW + HOUR), seen)
    assert _as_read(waiting).due_sk <= f"{NOW + HOUR:%Y-%m-%dT%H:%M:%S}.000Z#~"


def test_who_left_is_looked_after_though_somebody_else_joins_before_that(waiting: str) -> None:
    event_id = waiting.split("~", maxsplit=1)[0]
    housekeeping(NOW + HOUR)
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-3", "left_on": "2026-11-20"}, version=2))
    let_leavers_go(as_system(NOW + HOUR), ["pupil-3"])
    wait_for(find_event(SCHOOL, event_id), "pupil-4", parent=4, now=NOW + HOUR)
    housekeeping(NOW + HOUR)
    assert state(waiting) == "lapsed"
    assert list(store.due_items(NOW + HOUR)) == []
