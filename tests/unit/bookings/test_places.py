"""Place items: made once, shut once, moved only by who may, and what happens without the condition."""

from datetime import datetime

import pytest
from pynamodb.expressions.condition import Condition

from school_events.bookings import cancelling, places
from school_events.bookings.model import Booking, PlaceState
from school_events.bookings.places import PlaceItem
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Conflict, StaleVersion
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    book,
    booking_of,
    close,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import faults_of
from tests.support.tables import everything, rows

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def _families(tables: None) -> None:
    a_school_with_families()


def test_making_places_again_changes_nothing() -> None:
    event = an_event(capacity=120)
    book(event)
    before = everything()
    places.make_places(a_context(), event)
    assert everything() == before


def test_places_half_made_are_completed() -> None:
    event = an_event(capacity=120)
    booked = booking_of(book(event)).place.number
    made = [row for row in rows("Bookings") if row["sk"]["S"].startswith("PLACE#")]
    for row in made[50:110]:
        item = PlaceItem.get(row["pk"]["S"], row["sk"]["S"])
        if int(item.number) != booked:
            item.delete()
    places.make_places(a_context(), event)
    assert [int(item.number) for item in places.places_of(SCHOOL, event.id)] == list(range(1, 121))
    assert place_states(event).count("held") == 1
    assert not faults_of(event)


def test_closing_shuts_every_place_and_doing_it_again_changes_nothing() -> None:
    event = an_event()
    book(event)
    close(event)
    assert {item.bookable for item in places.places_of(SCHOOL, event.id)} == {False}
    assert place_states(event).count("held") == 1
    before = everything()
    places.close_places(a_context(), event)
    assert everything() == before


def test_a_place_of_a_closed_event_that_comes_back_cannot_be_claimed() -> None:
    event = an_event(price=0)
    booked = booking_of(book(event))
    close(event)
    cancelling.cancel(as_parent(), booked)
    assert set(place_states(event)) == {"free"}
    assert places.free_places(as_parent(), event.id) == []


def _put_in(state: PlaceState, booking: Booking) -> None:
    key = places.place_key(SCHOOL, booking.place)
    item = PlaceItem.get(key.pk, key.sk)
    item.state = state.value
    item.booking_id = booking.id if state in {PlaceState.HELD, PlaceState.TAKEN} else None
    item.save()


def _hold(booking: Booking) -> None:
    places.claim(transaction := Transaction(a_context()), a_context(), booking, held=True)
    transaction.commit()


def _take_free(booking: Booking) -> None:
    places.claim(transaction := Transaction(a_context()), a_context(), booking, held=False)
    transaction.commit()


def _take_held(booking: Booking) -> None:
    places.take(transaction := Transaction(a_context()), a_context(), booking)
    transaction.commit()


def _give_up(booking: Booking) -> None:
    places.give_up(transaction := Transaction(a_context()), a_context(), booking)
    transaction.commit()


def _allocate(booking: Booking) -> None:
    places.free(SCHOOL, booking.place)


MOVES = {
    _hold: {PlaceState.FREE: "held"},
    _take_free: {PlaceState.FREE: "taken"},
    _take_held: {PlaceState.HELD: "taken"},
    _give_up: {PlaceState.HELD: "returned", PlaceState.TAKEN: "returned"},
    _allocate: {PlaceState.RETURNED: "free"},
}


@pytest.mark.parametrize("move", MOVES)
def test_a_place_moves_only_as_its_states_allow(move: object) -> None:
    assert callable(move)
    event = an_event(capacity=1)
    booking = booking_of(book(event))
    for state in PlaceState:
        _put_in(state, booking)
        before = place_states(event)
        try:
            move(booking)
        except (Conflict, StaleVersion):
            assert place_states(event) == before
        assert place_states(event) == [MOVES[move].get(state, state.value)]


@pytest.mark.parametrize("move", [_take_held, _give_up])
def test_a_place_is_moved_only_for_the_booking_that_has_it(move: object) -> None:
    assert callable(move)
    booking = booking_of(book(an_event(capacity=1)))
    with pytest.raises(StaleVersion):
        move(booking.model_copy(update={"id": "booking_other"}))


def test_only_the_allocator_moves_a_returned_place() -> None:
    event = an_event(capacity=1, price=0)
    booking = booking_of(book(event))
    _give_up(booking)
    assert places.free_places(as_parent(), event.id) == []
    with pytest.raises(places.PlaceGone):
        _hold(booking)
    found = list(places.returned_places(NOW))
    assert found == [(SCHOOL, booking.place)]
    places.free(*found[0])
    assert place_states(event) == ["free"]
    assert list(places.returned_places(NOW)) == []


def _always(_now: datetime) -> Condition:
    condition: Condition = PlaceItem.pk.exists()
    return condition


def test_without_the_condition_two_bookings_get_one_place_and_the_checker_sees_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = an_event(capacity=1, price=0)
    (only,) = places.free_places(as_parent(), event.id)
    monkeypatch.setattr(places, "free_places", lambda *_: [only])
    monkeypatch.setattr(places, "_free_and_open", _always)
    book(event)
    assert not faults_of(event)
    book(event, "pupil-3", parent=3)
    faults = faults_of(event)
    assert "2 live bookings for 1 places" in faults
    assert "place 1 is had 2 times" in faults


def test_of_two_who_see_the_same_last_place_one_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event(capacity=1, price=0)
    seen = places.free_places(as_parent(), event.id)
    looks = iter([seen, seen, []])
    monkeypatch.setattr(places, "free_places", lambda *_: next(looks))
    book(event)
    with pytest.raises(Conflict):
        book(event, "pupil-3", parent=3)
    assert not faults_of(event)
