"""Which places come, go and stay when a capacity changes: for every pool there could be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from school_events.bookings.capacity.rules import Arrangement, Seen, arrange, surplus
from school_events.bookings.model import PlaceState
from school_events.bookings.rules import Gate
from tests.support.contexts import NOW

GATE = Gate(True, NOW, NOW + timedelta(days=1))
SHUT = replace(GATE, bookable=False)
NOBODYS = {PlaceState.FREE, PlaceState.RETURNED}

pools = some.lists(some.tuples(some.sampled_from(PlaceState), some.sampled_from([GATE, SHUT])), max_size=12).map(
    lambda found: [Seen(number, state, gate) for number, (state, gate) in enumerate(found, start=1)]
)
capacities = some.integers(min_value=1, max_value=14)


def _after(seen: Sequence[Seen], done: Arrangement) -> list[Seen]:
    """The pool once all of it is done."""
    kept = [
        replace(one, state=PlaceState.RETIRED)
        if one.number in done.retired
        else replace(one, state=PlaceState.RETURNED, gate=GATE)
        if one.number in done.reopened
        else replace(one, gate=GATE)
        if one.number in done.regated
        else one
        for one in seen
    ]
    return kept + [Seen(number, PlaceState.RETURNED, GATE) for number in sorted(done.made)]


def _there(seen: Sequence[Seen]) -> list[Seen]:
    return [one for one in seen if one.state is not PlaceState.RETIRED]


@given(pools, capacities)
def test_there_are_as_many_as_the_capacity_or_nobody_has_only_what_is_his(seen: Sequence[Seen], capacity: int) -> None:
    after = _after(seen, arrange(seen, capacity, GATE))
    there = _there(after)
    assert len(there) == capacity or (len(there) > capacity and not any(one.state in NOBODYS for one in there))
    assert surplus([one.state for one in after], capacity) == len(there) - capacity
    assert {one.number for one in after} == set(range(1, len(after) + 1))


@given(pools, capacities)
def test_who_has_a_place_or_an_offer_keeps_it(seen: Sequence[Seen], capacity: int) -> None:
    after = {one.number: one.state for one in _after(seen, arrange(seen, capacity, GATE))}
    assert all(after[one.number] is one.state for one in seen if one.state not in NOBODYS | {PlaceState.RETIRED})


@given(pools, capacities)
def test_every_place_there_is_has_the_gate_of_its_event(seen: Sequence[Seen], capacity: int) -> None:
    assert all(one.gate == GATE for one in _there(_after(seen, arrange(seen, capacity, GATE))))


@given(pools, capacities)
def test_doing_it_again_changes_nothing(seen: Sequence[Seen], capacity: int) -> None:
    nothing = Arrangement(frozenset(), frozenset(), frozenset(), frozenset())
    assert arrange(_after(seen, arrange(seen, capacity, GATE)), capacity, GATE) == nothing


@given(pools, capacities)
def test_no_place_that_was_given_back_goes_while_one_is_free(seen: Sequence[Seen], capacity: int) -> None:
    gone = arrange(seen, capacity, GATE).retired
    states = {one.number: one.state for one in seen}
    if any(states[number] is PlaceState.RETURNED for number in gone):
        assert all(one.number in gone for one in seen if one.state is PlaceState.FREE)


@given(pools)
def test_what_is_over_only_has_its_gate_shut(seen: Sequence[Seen]) -> None:
    done = arrange(seen, None, SHUT)
    assert not done.retired | done.reopened | done.made
    assert done.regated == {one.number for one in _there(seen) if one.gate != SHUT}
