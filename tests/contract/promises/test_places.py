"""A place moves only as its states allow, only for the booking that has it, and only while its gate is open."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from school_events.bookings import places
from school_events.bookings.model import Booking, PlaceState
from school_events.bookings.places import PlaceGone, PlaceItem
from school_events.core.errors import StaleVersion
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.things import EVENT, a_booking, written
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.tables import everything
from tests.unit.events.things import a_trip

type Move = Callable[[Booking], type[Exception] | None]

MINUTE = timedelta(minutes=1)
HAS_SOMEBODY = frozenset({PlaceState.HELD, PlaceState.TAKEN})


def _hold(booking: Booking) -> type[Exception] | None:
    return written(lambda transaction: places.claim(transaction, a_context(), booking, held=True))


def _take_free(booking: Booking) -> type[Exception] | None:
    return written(lambda transaction: places.claim(transaction, a_context(), booking, held=False))


def _take_held(booking: Booking) -> type[Exception] | None:
    return written(lambda transaction: places.take(transaction, a_context(), booking))


def _give_up(booking: Booking) -> type[Exception] | None:
    return written(lambda transaction: places.give_up(transaction, a_context(), booking))


def _allocate(booking: Booking) -> type[Exception] | None:
    places.free(SCHOOL, booking.place)
    return None


FREE, HELD, TAKEN, RETURNED = PlaceState.FREE, PlaceState.HELD, PlaceState.TAKEN, PlaceState.RETURNED
ALLOWED: dict[Move, dict[PlaceState, PlaceState]] = {
    _hold: {FREE: HELD},
    _take_free: {FREE: TAKEN},
    _take_held: {HELD: TAKEN},
    _give_up: {HELD: RETURNED, TAKEN: RETURNED},
    _allocate: {RETURNED: FREE},
}
REFUSAL: dict[Move, type[Exception] | None] = {
    _hold: PlaceGone,
    _take_free: PlaceGone,
    _take_held: StaleVersion,
    _give_up: StaleVersion,
    _allocate: None,
}


def _a_place(state: PlaceState = FREE, **others: Any) -> PlaceItem:
    """The place of ``a_booking``, written in a state whoever may have got it there."""
    key = places.place_key(SCHOOL, a_booking().place)
    usual: dict[str, Any] = {"bookable": True, "opens_at": NOW - MINUTE, "closes_at": NOW + MINUTE}
    if state in HAS_SOMEBODY:
        usual["booking_id"] = a_booking().id
    item = PlaceItem(key.pk, key.sk, event_id=EVENT, pool="term", number=1, state=state.value, **(usual | others))
    item.save()
    return item


def _now() -> PlaceItem:
    (item,) = places.places_of(SCHOOL, EVENT)
    return item


@broken_by(faults.checks_nothing)
def test_a_place_moves_only_as_its_states_allow(engine: Engine) -> None:
    for move, allowed in ALLOWED.items():
        for state in PlaceState:
            _a_place(state)
            before = everything()
            refusal = move(a_booking())
            after = allowed.get(state, state)
            assert refusal is (None if state in allowed else REFUSAL[move]), (move, state)
            assert _now().state == after.value, (move, state)
            assert (_now().booking_id == a_booking().id) is (after in HAS_SOMEBODY), (move, state)
            assert state in allowed or everything() == before, (move, state)


@broken_by(faults.checks_nothing)
def test_a_place_is_taken_and_given_up_only_for_the_booking_that_has_it(engine: Engine) -> None:
    other = a_booking("booking_2")
    for move, state in ((_take_held, HELD), (_give_up, HELD), (_give_up, TAKEN)):
        _a_place(state)
        before = everything()
        assert move(other) is StaleVersion
        assert everything() == before


@broken_by(faults.checks_nothing)
def test_a_place_whose_gate_is_shut_is_nobodys(engine: Engine) -> None:
    shut: dict[str, dict[str, Any]] = {
        "not open yet": {"opens_at": NOW + MINUTE},
        "closing now": {"closes_at": NOW},
        "closed": {"bookable": False},
    }
    for why, gate in shut.items():
        _a_place(**gate)
        assert _hold(a_booking()) is PlaceGone, why
        assert _take_free(a_booking()) is PlaceGone, why
    _a_place(opens_at=NOW)
    assert _hold(a_booking()) is None


@broken_by(faults.checks_nothing)
def test_making_places_again_leaves_those_that_are_there(engine: Engine) -> None:
    event = a_trip("publishing", EVENT, capacity=12)
    places.make_places(a_context(), event)
    assert _take_free(a_booking()) is None
    before = everything()
    with pytest.MonkeyPatch.context() as patch:
        # Who has looked before the others made them sees none.
        patch.setattr(places, "_missing", lambda *_: list(range(1, 13)))
        places.make_places(a_context(), event)
    assert everything() == before
    assert [int(item.number) for item in places.places_of(SCHOOL, EVENT)] == list(range(1, 13))


@broken_by(faults.finds_nothing)
def test_a_returned_place_is_due_until_the_allocator_moves_it_on(engine: Engine) -> None:
    _a_place(TAKEN)
    assert list(places.returned_places(NOW)) == []
    assert _give_up(a_booking()) is None
    assert list(places.returned_places(NOW)) == [(SCHOOL, a_booking().place)]
    places.free(SCHOOL, a_booking().place)
    assert list(places.returned_places(NOW)) == []
