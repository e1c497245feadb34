"""The capacity is raised and lowered, sessions come and go, while families book: nobody is sold what there is not."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from school_events.bookings import cancelling, chores, places, service, store
from school_events.bookings.capacity import service as capacity
from school_events.bookings.capacity.extra import Extra
from school_events.bookings.model import LIVE, Place
from school_events.bookings.service import Booked
from school_events.bookings.ways import Way, Wish
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import NoFreePlace, StaleVersion, TryAgain, WrongState
from school_events.events import club_sessions
from school_events.events import service as events
from school_events.events.api import EventChanges
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from tests.contract.races.families import CHILDREN, PATIENCE, an_event, books, moment_of, sixty_families
from tests.support.at_once import at_once
from tests.support.booked_world import UNASKED
from tests.support.club_world import FIRST, SECOND, THIRD, a_club, a_term, pool_states
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.embedded_aws import EmbeddedAws
from tests.support.event_checker import bookings_of, faults_of

pytestmark = pytest.mark.usefixtures("tables")

LATER = NOW.replace(minute=NOW.minute + 2)


@pytest.fixture(autouse=True)
def _small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Following takes several writes, so that others come in between."""
    monkeypatch.setattr(places, "WRITTEN_AT_ONCE", 3)


@pytest.fixture
def _term(embedded: EmbeddedAws) -> Iterator[None]:
    """The terms of 2026-27; the other races have none, since in term a trip in school hours costs nothing."""
    a_term()
    yield
    embedded.empty(("People",))
    sixty_families()


def _school() -> Context:
    """A moment of the school's administrator, with as much patience as families have."""
    return a_context(deadline=datetime.now(UTC) + PATIENCE)


def _housekeeping() -> None:
    ctx = a_context(now=LATER)

    def context_for(_school_id: str) -> Context:
        return ctx

    for _ in range(2):
        chores.let_places_follow(LATER, context_for, lambda: True)
        chores.move_returned_places_on(LATER, context_for, lambda: True)


def _resizes(event: SchoolEvent, to: int) -> Callable[[], object]:
    """The school reads the event and says how many places there are to be."""

    def resize() -> object:
        version = find_event(SCHOOL, event.id).version
        return events.change(_school(), event.id, version, EventChanges(capacity=to), capacity.follow)

    return resize


def _cancels(number: int, booked: Booked) -> Callable[[], object]:
    booking = store.find_booking(SCHOOL, booked.booking_ids[0])
    return partial(cancelling.cancel, moment_of(number), booking)


def _told(outcomes: list[object]) -> set[object]:
    return {one for one in outcomes if isinstance(one, type)}


def _live(event: SchoolEvent) -> int:
    return sum(one.state in LIVE for one in bookings_of(event))


@pytest.mark.parametrize("to", [4, 40])
def test_while_forty_families_book_the_capacity_changes_and_no_place_is_sold_that_there_is_not(to: int) -> None:
    event = an_event(capacity=20)
    acts: list[Callable[[], object]] = [*(books(event, number) for number in range(1, 41)), _resizes(event, to)]
    outcomes = at_once(acts)
    assert _told(outcomes) <= {NoFreePlace}
    assert not isinstance(outcomes[-1], type)
    _housekeeping()
    assert faults_of(event) == []
    assert _live(event) <= max(20, to)
    assert sum(isinstance(one, Booked) for one in outcomes) == _live(event)


def test_capacities_that_change_against_each_other_while_families_come_and_go_end_at_the_last() -> None:
    event = an_event(capacity=12)
    had = [(number, books(event, number)()) for number in range(1, 9)]
    acts: list[Callable[[], object]] = [
        *(_cancels(number, booked) for number, booked in had),
        *(books(event, number) for number in range(10, 30)),
        *(_resizes(event, to) for to in (6, 15, 9)),
    ]
    outcomes = at_once(acts)
    assert _told(outcomes) <= {NoFreePlace, StaleVersion}
    _housekeeping()
    assert faults_of(event) == []
    now = find_event(SCHOOL, event.id).capacity
    there = [one for one in pool_states(event) if one != "retired"]
    assert len(there) == max(now, _live(event))
    assert "returned" not in there


def test_two_who_give_places_back_while_there_are_too_many_free_what_is_not_too_many() -> None:
    event = an_event(capacity=6)
    had = [(number, books(event, number)()) for number in range(1, 7)]
    _resizes(event, 4)()
    at_once([_cancels(number, booked) for number, booked in had[:4]])
    _housekeeping()
    assert sorted(pool_states(event)) == ["free", "free", "retired", "retired", "taken", "taken"]
    assert faults_of(event) == []


def test_ten_who_let_places_follow_at_once_leave_as_many_as_the_capacity() -> None:
    event = an_event(capacity=10)
    version = find_event(SCHOOL, event.id).version
    events.change(_school(), event.id, version, EventChanges(capacity=4), lambda *_: None)
    assert len(pool_states(event)) == 10
    outcomes = at_once([partial(capacity.follow, _school(), event.id)] * 10)
    assert _told(list(outcomes)) <= {TryAgain}
    assert sorted(pool_states(event)) == ["free"] * 4 + ["retired"] * 6


def _books_sessions(event: SchoolEvent, number: int, *sessions: str, way: Way | None = None) -> Callable[[], Booked]:
    wishes = [Wish(f"child-{number}", session_id=one) for one in sessions]
    return partial(service.book, moment_of(number), f"parent-{number}", event.id, wishes, UNASKED, way)


@pytest.mark.usefixtures("_term")
def test_of_families_who_want_two_sessions_each_has_both_or_none() -> None:
    event = a_club(capacity=6, invited=CHILDREN)
    pairs = [(FIRST, SECOND), (SECOND, THIRD), (THIRD, FIRST)]
    outcomes = at_once([_books_sessions(event, number, *pairs[number % 3]) for number in range(1, 31)])
    assert _told(list(outcomes)) <= {NoFreePlace}
    assert faults_of(event) == []
    by_child = Counter(one.pupil_id for one in bookings_of(event))
    assert set(by_child.values()) == {2}
    assert _live(event) == 2 * sum(isinstance(one, Booked) for one in outcomes)
    assert 12 <= _live(event) <= 18


@pytest.mark.usefixtures("_term")
def test_a_session_is_cancelled_while_families_book_it_and_nobody_is_left_in_it() -> None:
    event = a_club(capacity=20, invited=CHILDREN)
    version = find_event(SCHOOL, event.id).version

    def cancel() -> object:
        return club_sessions.cancel(_school(), event.id, FIRST, version, capacity.follow)

    acts: list[Callable[[], object]] = [_books_sessions(event, number, FIRST, SECOND) for number in range(1, 21)]
    outcomes = at_once([*acts, cancel])
    assert _told(outcomes) <= {NoFreePlace, WrongState}
    _housekeeping()
    assert faults_of(event) == []
    live = [one for one in bookings_of(event) if one.state in LIVE]
    assert {one.place.pool for one in live} <= {f"session-{SECOND}"}
    assert len(live) == sum(isinstance(one, Booked) for one in outcomes)


def test_the_school_adds_ten_beyond_the_capacity_at_once_and_each_has_a_place_of_their_own() -> None:
    event = an_event(capacity=2)
    books(event, 1)()
    books(event, 2)()

    def adds(number: int) -> Callable[[], Booked]:
        wishes = [Wish(f"child-{number}")]
        return partial(
            service.book, _school(), f"parent-{number}", event.id, wishes, UNASKED, Extra("Sent by the head")
        )

    outcomes = at_once([adds(number) for number in range(3, 13)])
    assert _told(list(outcomes)) == set()
    assert pool_states(event, "extra-term") == ["taken"] * 10
    assert faults_of(event) == []


def test_without_the_condition_of_a_new_place_two_have_the_same_beyond_the_capacity_and_the_checker_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = an_event(capacity=1)
    books(event, 1)()
    monkeypatch.setattr(Transaction, "create", lambda self, item, **_: self.put(item))
    choose, chosen = Extra.choose, list[Place]()

    def the_same(*given: Any) -> list[Place]:
        chosen.extend(choose(*given) if not chosen else ())
        return list(chosen)

    monkeypatch.setattr(Extra, "choose", the_same)
    for number in (2, 3):
        wishes = [Wish(f"child-{number}")]
        service.book(_school(), f"parent-{number}", event.id, wishes, UNASKED, Extra("Sent by the head"))
    assert "place extra-term/1 is had 2 times" in faults_of(event)
