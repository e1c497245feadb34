"""Whoever waits is told when nobody can come any more, wherever the request broke off; and may wait for very much."""

import pytest

from school_events.bookings.waiting import forgetting, reading, service, store
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Killed
from tests.unit.bookings.waiting.queue import HOUR, housekeeping, skip_to, state, wait_for

pytestmark = pytest.mark.usefixtures("tables")

TOO_MANY_FOR_ONE_READING = 101


@pytest.fixture(autouse=True)
def _school(tables: None) -> None:
    a_school_with_families()
    skip_to(NOW)


def test_an_event_whose_cancellation_broke_off_at_once_ends_its_list_all_the_same() -> None:
    event = an_event(price=0, capacity=1)
    book(event)
    (ref,) = wait_for(event, "pupil-3", parent=3)

    def killed(_ctx: Context, _event: SchoolEvent) -> None:
        raise Killed

    with pytest.raises(Killed):
        lifecycle.cancel(a_context(), event.id, killed)
    for minutes in (2, 3):
        housekeeping(NOW + HOUR * minutes / 60)
    assert state(ref) == "over"


def test_a_turn_that_is_over_is_never_due_again() -> None:
    event = an_event(price=0, capacity=1)
    book(event)
    (ref,) = wait_for(event, "pupil-3", parent=3)
    service.leave(as_parent(3), ref)
    item = store.find_item(SCHOOL, ref)
    assert item is not None
    store.look_at(SCHOOL, item, NOW)
    assert list(store.due_items(NOW + HOUR)) == []


def _many_turns(event: SchoolEvent) -> None:
    """``pupil-3`` waits for each of very many sessions."""
    for number in range(TOO_MANY_FOR_ONE_READING):
        entry = WaitingEntry(
            id=f"waiting_{number:03}",
            event_id=event.id,
            pool=f"session-{number:03}",
            pupil_ids=("pupil-3",),
            joined_by="contact-3",
            joined_at=NOW,
            state=WaitingState.WAITING,
        )
        transaction = Transaction(a_context())
        store.create(transaction, SCHOOL, entry, stamp(a_context(), "waiting.joined"))
        transaction.commit()


def test_a_family_that_waits_for_more_than_a_hundred_sessions_sees_all_its_turns_and_can_be_forgotten() -> None:
    event = an_event(price=0, capacity=1)
    _many_turns(event)
    assert len(reading.own_turns(as_parent(3))) == TOO_MANY_FOR_ONE_READING
    forgetting.forget_pupil(as_system(NOW + HOUR), "pupil-3", NOW + HOUR, lambda: "nobody")
    assert list(store.turns_of(SCHOOL, "pupil-3")) == []
