"""However many want the same at once, each place goes to one child, each child gets one place, and all are answered."""

from collections.abc import Callable
from functools import partial

import pytest
from pynamodb.expressions.condition import Condition

from school_events.bookings import cancelling, places, store
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.bookings.places import PlaceItem
from school_events.bookings.service import Booked
from school_events.core.errors import AlreadyBooked, NoFreePlace, SchoolEventsError, WrongState
from school_events.core.requests import request
from school_events.events.model import SchoolEvent
from tests.contract.races.families import FAMILIES, WITH_SIBLINGS, an_event, books, moment_of
from tests.support.at_once import at_once
from tests.support.contexts import NOW, SCHOOL
from tests.support.event_checker import bookings_of, faults_of
from tests.support.tables import everything

pytestmark = pytest.mark.usefixtures("tables")

PLACES = 30

type Outcome = Booked | type[SchoolEventsError]


def _all_families_book(event: SchoolEvent) -> list[Outcome]:
    return at_once([books(event, number) for number in FAMILIES])


def _answered(outcomes: list[Outcome]) -> list[Booked]:
    return [one for one in outcomes if isinstance(one, Booked)]


def _told(outcomes: list[Outcome]) -> set[type[SchoolEventsError]]:
    return {one for one in outcomes if not isinstance(one, Booked)}


def test_sixty_families_at_once_get_all_thirty_places_and_the_others_hear_that_there_is_none() -> None:
    event = an_event(capacity=PLACES)
    outcomes = _all_families_book(event)
    booked = _answered(outcomes)
    assert len(booked) == PLACES
    assert _told(outcomes) == {NoFreePlace}
    assert faults_of(event) == []
    kept = bookings_of(event)
    assert sorted(one.id for one in kept) == sorted(one.booking_ids[0] for one in booked)
    assert {one.place.number for one in kept} == set(range(1, PLACES + 1))
    assert len({one.pupil_id for one in kept}) == PLACES


def test_without_the_condition_of_places_the_same_families_oversell_them_and_the_checker_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = an_event(capacity=PLACES)
    anything: Condition = PlaceItem.pk.exists()
    monkeypatch.setattr(places, "_free_and_open", lambda _: anything)
    booked = _answered(_all_families_book(event))
    assert len(booked) > PLACES
    faults = faults_of(event)
    assert f"{len(booked)} live bookings for {PLACES} places" in faults
    assert any("is had" in fault for fault in faults)


def test_of_siblings_booked_at_once_one_pays_in_full_and_the_other_has_the_discount() -> None:
    event = an_event(capacity=PLACES, price=1250, charging={"sibling_discount": 50})
    wishes = [books(event, number, f"{who}-{number}") for number in WITH_SIBLINGS for who in ("child", "sibling")]
    assert len(_answered(at_once(wishes))) == len(wishes)
    families = [(one.booked_by, one.price.amount) for one in bookings_of(event)]
    assert sorted(families) == sorted((f"parent-{number}", pence) for number in WITH_SIBLINGS for pence in (625, 1250))
    assert faults_of(event) == []


def test_without_guards_a_child_is_booked_twice_and_the_checker_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event(capacity=PLACES)
    monkeypatch.setattr(store, "guard", lambda *_, **__: None)
    booked = _answered(at_once([books(event, 1, chance=chance) for chance in range(10)]))
    assert len(booked) > 1
    assert f"child-1 is booked {len(booked)} times" in faults_of(event)


def test_a_child_booked_twenty_times_at_once_is_booked_once() -> None:
    event = an_event(capacity=PLACES)
    outcomes = at_once([books(event, 1, chance=chance) for chance in range(20)])
    assert len(_answered(outcomes)) == 1
    assert _told(outcomes) == {AlreadyBooked}
    assert faults_of(event) == []
    assert len(bookings_of(event)) == 1


def test_a_request_sent_ten_times_at_once_is_one_booking_with_one_answer() -> None:
    event = an_event(capacity=PLACES)
    asked = request("key-of-ten", "a booking")
    outcomes = at_once([books(event, 1, asked=asked, chance=chance) for chance in range(10)])
    assert _told(outcomes) == set()
    first, *others = _answered(outcomes)
    assert all(other == first for other in others)
    assert [one.id for one in bookings_of(event)] == first.booking_ids
    assert faults_of(event) == []


def test_two_siblings_get_nothing_of_one_place_however_often_they_ask() -> None:
    event = an_event(capacity=1)
    before = everything()
    outcomes = at_once([books(event, 1, "child-1", "sibling-1", chance=chance) for chance in range(5)])
    assert set(outcomes) == {NoFreePlace}
    assert everything() == before


def test_of_families_with_two_children_each_has_two_places_or_none() -> None:
    event = an_event(capacity=5)
    outcomes = at_once([books(event, number, f"child-{number}", f"sibling-{number}") for number in range(1, 9)])
    assert len(_answered(outcomes)) == 2
    assert _told(outcomes) == {NoFreePlace}
    assert len(bookings_of(event)) == 4
    assert faults_of(event) == []


def _booking(booked: Booked) -> Booking:
    return store.find_booking(SCHOOL, booked.booking_ids[0])


def test_a_booking_cancelled_many_times_at_once_is_cancelled_once() -> None:
    event = an_event(capacity=1)
    booking = _booking(books(event, 1)())
    outcomes = at_once([partial(cancelling.cancel, moment_of(1), booking)] * 8)
    assert [one.state for one in outcomes if isinstance(one, Booking)] == [BookingState.CANCELLED]
    assert outcomes.count(WrongState) == 7
    assert faults_of(event) == []
    assert len(places.free_places(moment_of(1), event.id)) == 1


def test_places_given_back_while_others_book_go_to_one_of_them_or_stay_free() -> None:
    event = an_event(capacity=3)
    holders = [(number, _booking(books(event, number)())) for number in (1, 2, 3)]
    cancels = [partial(cancelling.cancel, moment_of(number), booking) for number, booking in holders]
    wishes = [books(event, number) for number in range(4, 16)]
    acts: list[Callable[[], object]] = [*wishes, *cancels]
    cancelled = at_once(acts)[len(wishes) :]
    assert all(isinstance(one, Booking) and one.state is BookingState.CANCELLED for one in cancelled)
    assert faults_of(event) == []
    live = [one for one in bookings_of(event) if one.state in LIVE]
    assert len(live) + len(places.free_places(moment_of(1), event.id)) == 3
    assert list(places.returned_places(NOW)) == []


def test_a_child_cancelled_and_booked_anew_at_once_has_one_place_or_none() -> None:
    event = an_event(capacity=3)  # one had, one on its way back, and one free
    booking = _booking(books(event, 1)())
    again = [books(event, 1, chance=chance) for chance in range(6)]
    acts: list[Callable[[], object]] = [partial(cancelling.cancel, moment_of(1), booking), *again]
    cancelled, *outcomes = at_once(acts)
    assert isinstance(cancelled, Booking)
    assert {one for one in outcomes if not isinstance(one, Booked)} <= {AlreadyBooked}
    assert faults_of(event) == []
    assert sum(one.state in LIVE for one in bookings_of(event)) <= 1
