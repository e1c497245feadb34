"""Each protection of the waiting list, taken away: somebody gets ahead, waits for ever, or has two of what is one."""

from collections.abc import Callable

import pytest

from school_events.bookings import cancelling, places
from school_events.bookings.model import Place
from school_events.bookings.rules import TERM
from school_events.bookings.waiting import service, store
from school_events.bookings.waiting.model import WaitingState
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event, as_parent, book, place_states
from tests.support.contexts import NOW
from tests.support.event_checker import bookings_of, faults_of
from tests.support.waiting_checker import faults_of_waiting
from tests.unit.bookings.waiting.queue import HOUR, housekeeping, skip_to, state, wait_for

pytestmark = pytest.mark.usefixtures("tables")

SOON = NOW + HOUR


@pytest.fixture
def event() -> SchoolEvent:
    """A trip that costs nothing, with one place, which pupil-1 has."""
    a_school_with_families()
    skip_to(NOW)
    made = an_event(price=0, capacity=1)
    book(made, "pupil-1")
    return made


def _given_back_after_the_look(event: SchoolEvent) -> Callable[..., list[Place]]:
    looked = places.free_places

    def look(ctx: Context, event_id: str, pool: str = TERM) -> list[Place]:
        found = looked(ctx, event_id, pool)
        give_back(event)
        return found

    return look


@pytest.fixture
def ref(event: SchoolEvent) -> str:
    """The turn of pupil-3."""
    (waiting,) = wait_for(event, "pupil-3", parent=3)
    return waiting


def give_back(event: SchoolEvent) -> None:
    """The place becomes nobody's."""
    (booking, *_) = bookings_of(event)
    cancelling.cancel(as_parent(), booking)


def test_if_the_allocator_did_not_ask_who_waits_whoever_walks_in_would_be_first(
    event: SchoolEvent, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "anybody_waits", lambda *_: False)
    give_back(event)
    assert place_states(event) == ["free"]
    book(event, "pupil-1")
    assert state(ref) is WaitingState.WAITING


def test_without_the_guard_a_child_waits_beside_its_place(event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "create", lambda self, item, **_: self.put(item))
        wait_for(event, "pupil-1", parent=1)
    assert any("guards" in fault or "turns" in fault for fault in [*faults_of(event), *faults_of_waiting(event)])


def test_if_joining_did_not_look_and_were_not_due_a_place_would_stay_free_beside_who_waits(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "free_places", _given_back_after_the_look(event))
    monkeypatch.setattr(service, "look_after", lambda *_: None)
    monkeypatch.setattr(store, "due_items", lambda _now: iter(()))
    wait_for(event, "pupil-3", parent=3)
    housekeeping(SOON)
    assert any("places nobody has" in fault for fault in faults_of_waiting(event))


def test_a_join_that_was_killed_before_it_looked_is_looked_after_by_housekeeping(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(places, "free_places", _given_back_after_the_look(event))
        patch.setattr(service, "look_after", lambda *_: None)
        (killed,) = wait_for(event, "pupil-3", parent=3)
    housekeeping(SOON)
    assert state(killed) is WaitingState.OFFERED
