"""A capacity that is raised or lowered while families book: what nobody has comes and goes, what somebody has stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from school_events.bookings import allocating, cancelling, chores, places
from school_events.bookings.capacity import service as capacity
from school_events.bookings.capacity import store as store_of_places
from school_events.bookings.model import Booking
from school_events.bookings.places import PlaceItem
from school_events.bookings.rules import TERM
from school_events.bookings.waiting import store as turns
from school_events.core.context import Context
from school_events.core.errors import Invalid, NoFreePlace, TryAgain
from school_events.events import lifecycle, place_changes, store
from school_events.events import service as events
from school_events.events.api import EventChanges
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book, booking_of, close
from tests.support.club_world import pool_states, resize
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.event_checker import faults_of
from tests.support.rewind import bookmark_tables
from tests.support.tables import everything, rows

LATER = NOW + timedelta(minutes=2)


@pytest.fixture(autouse=True)
def _families(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A school of which a few places are many transactions already."""
    monkeypatch.setattr(places, "WRITTEN_AT_ONCE", 2)
    a_school_with_families()


def _housekeeping() -> None:
    """A minute's run, as far as it concerns places."""

    def context_for(_school_id: str) -> Context:
        return as_system(LATER)

    chores.let_places_follow(LATER, context_for, lambda: True)
    chores.move_returned_places_on(LATER, context_for, lambda: True)


def _due() -> list[str]:
    found = [row["due_pk"]["S"] for table in ("Events", "Bookings") for row in rows(table) if "due_pk" in row]
    return [one for one in found if "#NEWS#" not in one]


def _give_back(booking: Booking, parent: int = 1) -> None:
    cancelling.cancel(as_parent(parent), booking)


def test_places_that_are_added_come_back_as_returned_and_are_free_a_minute_later() -> None:
    event = an_event(price=0, capacity=1)
    book(event)
    resize(event, 3)
    assert pool_states(event) == ["taken", "returned", "returned"]
    with pytest.raises(NoFreePlace):
        book(event, "pupil-3", parent=3)
    _housekeeping()
    assert pool_states(event) == ["taken", "free", "free"]
    book(event, "pupil-3", parent=3)
    assert not faults_of(event)
    assert _due() == []


def test_of_too_many_places_free_ones_go_first_and_then_returned_ones() -> None:
    event = an_event(price=0, capacity=4)
    book(event)
    resize(event, 3)
    assert sorted(pool_states(event)) == ["free", "free", "retired", "taken"]
    resize(event, 1)
    assert sorted(pool_states(event)) == ["retired", "retired", "retired", "taken"]
    assert not faults_of(event)


def test_who_has_a_place_keeps_it_and_what_is_given_back_while_there_are_too_many_is_nobodys() -> None:
    event = an_event(price=0, capacity=3)
    first, second = booking_of(book(event)), booking_of(book(event, "pupil-3", parent=3))
    book(event, "pupil-4", parent=4)
    resize(event, 2)
    assert pool_states(event) == ["taken", "taken", "taken"]
    _give_back(first)
    with pytest.raises(NoFreePlace):
        book(event)
    _housekeeping()
    assert sorted(pool_states(event)) == ["retired", "taken", "taken"]
    _give_back(second, parent=3)
    assert sorted(pool_states(event)) == ["free", "retired", "taken"]
    book(event)
    assert not faults_of(event)
    assert _due() == []


def test_a_place_that_was_given_up_comes_back_when_the_capacity_does() -> None:
    event = an_event(price=0, capacity=3)
    resize(event, 1)
    resize(event, 4)
    _housekeeping()
    assert pool_states(event) == ["free"] * 4
    assert all(item.bookable for item in places.places_of(SCHOOL, event.id))


def test_saying_the_same_again_changes_no_place() -> None:
    event = an_event(price=0, capacity=3)
    book(event)
    resize(event, 2)
    _housekeeping()
    before = rows("Bookings")
    resize(event, 2)
    _housekeeping()
    assert [row for row in rows("Bookings") if row["kind"]["S"] == "place"] == [
        row for row in before if row["kind"]["S"] == "place"
    ]


def test_places_added_to_an_event_that_closes_meanwhile_cannot_be_booked(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event(price=0, capacity=1)
    _after_the_look(monkeypatch, lambda: close(event))
    resize(event, 3)
    _housekeeping()
    assert {(item.state, item.bookable) for item in places.places_of(SCHOOL, event.id)} == {("free", False)}


def test_nothing_is_added_to_an_event_that_was_cancelled_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event(price=0, capacity=1)
    _after_the_look(monkeypatch, lambda: lifecycle.cancel(a_context(), event.id, places.close_places))
    resize(event, 3)
    _housekeeping()
    assert len(pool_states(event)) == 1


def _after_the_look(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> list[str]:
    """Let something happen right after the places were first looked at; says how often they were."""
    look, looks = store_of_places.look, list[str]()

    def seen(ctx: Context, event_id: str, pool: str) -> dict[int, PlaceItem]:
        found = dict(look(ctx, event_id, pool))
        looks.append(pool)
        if len(looks) == 1:
            happens()
        return found

    monkeypatch.setattr(store_of_places, "look", seen)
    return looks


def test_a_place_that_is_booked_just_before_it_would_go_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event(price=0, capacity=2)
    book(event)
    looks = _after_the_look(monkeypatch, lambda: book(event, "pupil-3", parent=3))
    resize(event, 1)
    assert len(looks) > 1
    assert pool_states(event) == ["taken", "taken"]
    assert not faults_of(event)


def test_of_two_capacities_said_at_once_the_later_version_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event(price=0, capacity=2)
    _after_the_look(monkeypatch, lambda: resize(event, 5))
    resize(event, 1)
    _housekeeping()
    assert find_event(SCHOOL, event.id).capacity == 5
    assert pool_states(event) == ["free"] * 5
    assert not faults_of(event)


def _the_last_is_had_while_another_goes_and_is_given_back(event: SchoolEvent) -> None:
    """What the first saw as the one to go is free again, as it was; but another has gone for it."""
    last = places.free_places(as_parent(), event.id)[-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "free_places", lambda *_: [last])
        booked = booking_of(book(event))
    capacity.follow(a_context(), event.id)
    _give_back(booked)


def test_of_two_who_let_places_follow_at_once_the_first_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event(price=0, capacity=4)
    looks = _after_the_look(monkeypatch, lambda: _the_last_is_had_while_another_goes_and_is_given_back(event))
    resize(event, 3)
    assert len(looks) > 2
    assert sorted(pool_states(event)) == ["free", "free", "free", "retired"]
    assert not faults_of(event)


def test_if_the_first_were_not_stopped_a_place_would_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event(price=0, capacity=4)
    monkeypatch.setattr(place_changes, "require_following", lambda *_: None)
    _after_the_look(monkeypatch, lambda: _the_last_is_had_while_another_goes_and_is_given_back(event))
    resize(event, 3)
    assert faults_of(event) == ["2 places instead of 3"]


def test_a_place_given_back_while_the_capacity_is_lowered_is_one_of_those_that_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = an_event(price=0, capacity=2)
    booking = booking_of(book(event))
    book(event, "pupil-3", parent=3)
    _after_the_look(monkeypatch, lambda: _give_back(booking))
    resize(event, 1)
    _housekeeping()
    assert sorted(pool_states(event)) == ["retired", "taken"]
    assert not faults_of(event)


def test_killed_anywhere_places_follow_all_the_same() -> None:
    event = an_event(price=0, capacity=4)
    book(event)
    for wanted in (8, 2):
        _killed_anywhere(event, wanted)
        resize(event, wanted)
        _housekeeping()


def _killed_anywhere(event: SchoolEvent, wanted: int) -> None:
    before = find_event(SCHOOL, event.id)
    go_back = bookmark_tables()
    with watched(Calls()) as whole:
        _story(event, wanted)
    for point in whole.points():
        go_back()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            _story(event, wanted)
        _housekeeping()
        now = find_event(SCHOOL, event.id)
        there = [one for one in pool_states(event) if one != "retired"]
        assert sorted(there) == ["free"] * (now.capacity - 1) + ["taken"], point
        assert now.capacity == (before.capacity if now.version == before.version else wanted), point
        assert not faults_of(event), point
        assert _due() == [], point


def test_the_allocator_that_began_before_the_capacity_was_lowered_frees_nothing_that_is_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = an_event(price=0, capacity=2)
    booking = booking_of(book(event))
    book(event, "pupil-3", parent=3)
    look, others = turns.live_items, [lambda: _give_back(booking), lambda: resize(event, 1)]

    def lowered_just_then(*given: Any) -> Any:
        found = look(*given)
        while others:
            others.pop()()
        return found

    monkeypatch.setattr(turns, "live_items", lowered_just_then)
    allocating.settle(as_system(), event.id, TERM)
    assert sorted(pool_states(event)) == ["returned", "taken"]
    _housekeeping()
    assert sorted(pool_states(event)) == ["retired", "taken"]
    assert _due() == []


def _story(event: SchoolEvent, wanted: int) -> None:
    resize(event, wanted)
    _housekeeping()


def test_who_never_gets_to_the_end_is_told_nothing_and_housekeeping_goes_on() -> None:
    event = an_event(price=0, capacity=4)

    def too_busy(*_: object) -> None:
        raise TryAgain

    events.change(a_context(), event.id, event.version, EventChanges(capacity=2), too_busy)
    assert pool_states(event) == ["free"] * 4
    _housekeeping()
    assert sorted(pool_states(event)) == ["free", "free", "retired", "retired"]


@pytest.mark.parametrize("wanted", [1, 2])
def test_a_capacity_below_the_minimum_is_refused_and_nothing_changes(wanted: int) -> None:
    event = an_event(price=0, capacity=5)
    version = event.version
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "find_event", lambda *_: event.model_copy(update={"minimum": 3}))
        before = everything()
        with pytest.raises(Invalid) as refused:
            events.change(a_context(), event.id, version, EventChanges(capacity=wanted), capacity.follow)
    assert refused.value.fields[0].field == "capacity"
    assert everything() == before


def test_families_are_not_told_of_a_new_capacity() -> None:
    event = an_event(price=0, capacity=5)
    resize(event, 6)
    assert [row for row in rows("Events") if row["kind"]["S"] == "news"] == []
