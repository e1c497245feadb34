"""Families join, places are given back, offers are accepted and declined, all at once: nothing is lost (D5)."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import pytest

from school_events.bookings import allocating, cancelling, chores, store
from school_events.bookings.closing import close_booking
from school_events.bookings.model import LIVE
from school_events.bookings.rules import TERM
from school_events.bookings.service import Booked
from school_events.bookings.waiting import accepting, rules, service
from school_events.bookings.waiting import store as turns
from school_events.bookings.waiting.api import JoinedView
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from school_events.bookings.ways import Wish
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from tests.contract.races.families import WITH_SIBLINGS, an_event, books, moment_of
from tests.support.at_once import at_once
from tests.support.booked_world import UNASKED, as_system
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import bookings_of, faults_of
from tests.support.waiting_checker import faults_of_waiting, turns_of

pytestmark = pytest.mark.usefixtures("tables")

PLACES = 4
HOLDERS = range(1, PLACES + 1)
WAITING = range(11, 27)


def _waits(event: SchoolEvent, number: int, *pupils: str) -> Callable[[], JoinedView]:
    wishes = [Wish(pupil_id) for pupil_id in pupils or (f"child-{number}",)]
    ctx = moment_of(number)
    together = len(wishes) > 1
    return lambda: service.join(ctx, f"parent-{number}", event.id, wishes, together=together, request=UNASKED)


def _gives_back(event: SchoolEvent, number: int) -> Callable[[], object]:
    (booking,) = [one for one in store.live_bookings_of_pupils(SCHOOL, [f"child-{number}"]) if one.event_id == event.id]
    return partial(cancelling.cancel, moment_of(number), booking)


def _accepts(ref: str, number: int, chance: int | None = None) -> Callable[[], Booked]:
    wishes = [Wish(one) for one in turns.find_entry(SCHOOL, ref).pupil_ids]
    return partial(accepting.accept, moment_of(number, chance), f"parent-{number}", ref, wishes, UNASKED)


def _settles(event: SchoolEvent) -> Callable[[], None]:
    return partial(allocating.settle, as_system(), event.id, TERM)


def _housekeeping() -> None:
    for chore in (chores.shut_gates, chores.move_returned_places_on, chores.look_after_turns):
        chore(NOW, lambda _: as_system(), lambda: True)


def _full() -> SchoolEvent:
    """A trip whose places the first families have."""
    event = an_event(capacity=PLACES)
    for number in HOLDERS:
        books(event, number)()
    return event


def _in_order(event: SchoolEvent) -> None:
    """Whoever was served came before whoever was not, where each wants one place."""
    lines = turns_of(event)
    served = [one.state is not WaitingState.WAITING for one in lines]
    assert served == sorted(served, reverse=True), [(one.ref, one.state) for one in lines]


def test_whoever_joins_while_places_are_given_back_is_served_as_far_as_there_are_places() -> None:
    event = _full()
    joins: list[Callable[[], object]] = [_waits(event, number) for number in WAITING]
    backs = [_gives_back(event, number) for number in HOLDERS]
    at_once([*joins, *backs, *(_settles(event) for _ in range(4))])
    _housekeeping()
    assert faults_of(event) == []
    assert faults_of_waiting(event, joined_meanwhile=True) == []
    offered = [one for one in turns_of(event) if one.state is WaitingState.OFFERED]
    assert len(offered) == PLACES


def test_turns_are_served_in_order_however_many_serve_them_at_once() -> None:
    event = _full()
    for number in WAITING:
        _waits(event, number)()
    at_once([*(_gives_back(event, number) for number in HOLDERS), *(_settles(event) for _ in range(12))])
    at_once([_settles(event)] * 8)
    assert sum(one.state is WaitingState.OFFERED for one in turns_of(event)) == PLACES
    _in_order(event)
    assert faults_of(event) == []
    assert faults_of_waiting(event) == []


def test_an_offer_is_accepted_declined_taken_back_or_closed_once_whoever_is_first() -> None:
    event = _full()
    numbers = list(WAITING)[: PLACES + 4]
    refs = [_waits(event, number)().waiting_ids[0] for number in numbers]
    at_once([_gives_back(event, number) for number in HOLDERS])
    _housekeeping()
    acts: list[Callable[[], object]] = []
    for number, ref in list(zip(numbers, refs, strict=True))[:PLACES]:
        acts += [_accepts(ref, number), _accepts(ref, number, chance=number + 100)]
        acts.append(partial(service.decline, moment_of(number), ref))
        acts.append(partial(service.leave, moment_of(number), ref))
    at_once([*acts, *(_settles(event) for _ in range(4))])
    _housekeeping()
    assert faults_of(event) == []
    assert faults_of_waiting(event) == []
    live = [one for one in bookings_of(event) if one.state in LIVE]
    offered = [one for one in turns_of(event) if one.state is WaitingState.OFFERED]
    assert len(live) + len(offered) == PLACES


def test_siblings_together_and_single_children_share_what_there_is() -> None:
    event = _full()
    together = [
        _waits(event, number, f"child-{number}", f"sibling-{number}") for number in WITH_SIBLINGS if number > PLACES
    ]
    singles = [_waits(event, number) for number in WAITING]
    backs = [_gives_back(event, number) for number in HOLDERS]
    acts: list[Callable[[], object]] = [*together, *singles, *backs]
    at_once([*acts, *(_settles(event) for _ in range(4))])
    _housekeeping()
    assert faults_of(event) == []
    assert faults_of_waiting(event) == []


def test_nobody_waits_for_ever_at_an_event_that_was_closed_meanwhile() -> None:
    event = _full()
    acts: list[Callable[[], object]] = [_waits(event, number) for number in WAITING]
    acts += [
        _gives_back(event, 1),
        partial(lifecycle.close, a_context(deadline=moment_of(1).deadline), event.id, close_booking),
    ]
    at_once(acts)
    _housekeeping()
    assert {one.state for one in turns_of(event)} <= {WaitingState.OVER}
    assert faults_of(event) == []
    assert faults_of_waiting(event) == []


def test_a_child_that_joins_ten_times_at_once_waits_once() -> None:
    event = _full()
    outcomes = at_once([_waits(event, 11)] * 10)
    assert sum(isinstance(one, JoinedView) for one in outcomes) == 1
    assert faults_of_waiting(event) == []


def test_the_checker_sees_a_turn_that_was_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    event = _full()
    for number in WAITING:
        _waits(event, number)()

    def to_the_last(entries: Iterable[WaitingEntry], numbers: Sequence[int]) -> list[tuple[WaitingEntry, tuple[int]]]:
        return [(list(entries)[-1], (number,)) for number in numbers[:1]]

    monkeypatch.setattr(rules, "next_offers", to_the_last)
    _gives_back(event, 1)()
    _settles(event)()
    assert any("has waited for longer" in fault for fault in faults_of_waiting(event))
