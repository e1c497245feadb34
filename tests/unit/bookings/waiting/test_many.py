"""Whoever waits is told when nobody can come any more, wherever the request broke off; and may wait for very much."""

from collections.abc import Iterator

import pytest

from school_events.bookings import allocating, cancelling, places
from school_events.bookings.rules import TERM
from school_events.bookings.waiting import forgetting, reading, service, store
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import AlreadyBooked
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Killed
from tests.support.people import link_told, pupil_told, tell
from tests.unit.bookings.waiting.queue import HOUR, housekeeping, skip_to, state, states, wait_for

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


def _takes_turn(event: SchoolEvent, number: int, pupil_id: str, pool: str = TERM) -> str:
    entry = WaitingEntry(
        id=f"waiting_{number:03}",
        event_id=event.id,
        pool=pool,
        pupil_ids=(pupil_id,),
        joined_by="contact-3",
        joined_at=NOW,
        state=WaitingState.WAITING,
    )
    transaction = Transaction(a_context())
    store.create(transaction, SCHOOL, entry, stamp(a_context(), "waiting.joined"), [AlreadyBooked()])
    transaction.commit()
    return entry.ref


def _many_turns(event: SchoolEvent) -> None:
    """``pupil-3`` waits for each of very many sessions."""
    for number in range(TOO_MANY_FOR_ONE_READING):
        _takes_turn(event, number, "pupil-3", f"session-{number:03}")


def test_a_list_of_children_who_have_all_left_is_gone_through_in_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the day after a year group's last."""
    event = an_event(price=0, capacity=1)
    booked = book(event)
    left = [_takes_turn(event, number, f"leaver-{number}") for number in range(12)]
    stays = _takes_turn(event, 99, "pupil-3")
    cancelling.cancel(as_parent(), booking_of(booked))
    looks: list[str] = []
    look = places.places_of

    def looked(school_id: str, event_id: str, pool: str) -> Iterator[places.PlaceItem]:
        looks.append(pool)
        return look(school_id, event_id, pool)

    monkeypatch.setattr(places, "places_of", looked)
    allocating.settle(as_system(), event.id, TERM)
    assert states([*left, stays]) == ["lapsed"] * len(left) + ["offered"]
    assert looks == [TERM]


def test_of_very_many_who_are_to_be_offered_something_the_rest_is_in_the_next_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = an_event(price=0, capacity=3)
    booked = [book(event, pupil, parent=parent) for pupil, parent in (("pupil-1", 1), ("pupil-2", 1), ("pupil-4", 4))]
    gone, next_in_line = (_takes_turn(event, number, pupil) for number, pupil in ((1, "leaver-1"), (2, "pupil-3")))
    last = _takes_turn(event, 3, "pupil-9")
    tell(pupil_told("pupil-9"), link_told("contact-3", "pupil-9"))
    for one in booked:
        cancelling.cancel(a_context(), booking_of(one))
    monkeypatch.setattr(allocating, "MOST_AT_ONCE", 2)
    allocating.settle(as_system(), event.id, TERM)
    assert states([gone, next_in_line, last]) == ["lapsed", "offered", "waiting"]
    assert sorted(place_states(event)) == ["free", "offered", "returned"]
    housekeeping(NOW + HOUR / 60)
    assert states([last]) == ["offered"]
    assert sorted(place_states(event)) == ["free", "offered", "offered"]


def test_a_family_that_waits_for_more_than_a_hundred_sessions_sees_all_its_turns_and_can_be_forgotten() -> None:
    event = an_event(price=0, capacity=1)
    _many_turns(event)
    assert len(reading.own_turns(as_parent(3))) == TOO_MANY_FOR_ONE_READING
    forgetting.forget_pupil(as_system(NOW + HOUR), "pupil-3", NOW + HOUR, lambda: "nobody")
    assert list(store.turns_of(SCHOOL, "pupil-3")) == []
