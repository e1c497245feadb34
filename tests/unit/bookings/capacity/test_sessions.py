"""A club booked by single sessions: each has its places, and what was booked for it ends when it is cancelled."""

from datetime import datetime, timedelta

import pytest

from school_events.bookings import chores, places
from school_events.bookings.capacity.service import follow
from school_events.bookings.model import BookingState
from school_events.core.context import Context
from school_events.core.errors import AlreadyBooked, Invalid, NoFreePlace, SchoolEventsError, WrongState
from school_events.core.money import pounds
from school_events.events import club_sessions, lifecycle
from school_events.events import service as events
from school_events.events.api import NewEvent
from school_events.events.model import SchoolEvent
from school_events.events.session_api import MeetingBody
from school_events.events.store import find_event
from school_events.payments.model import PaymentState
from tests.support.booked_world import (
    UNASKED,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    close,
    keyed,
    payment_of,
)
from tests.support.club_world import (
    FIRST,
    ON_FIRST_DAY,
    SECOND,
    THIRD,
    a_club,
    a_school_with_clubs,
    book_sessions,
    cancel_session,
    club,
    pool_items,
    pool_states,
    resize,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.event_checker import faults_of
from tests.support.rewind import bookmark_tables
from tests.support.shop import Shop
from tests.support.tables import everything, what_is_due
from tests.unit.bookings.paying import apply

POOLS = tuple(f"session-{one}" for one in (FIRST, SECOND, THIRD))
MINUTE = timedelta(minutes=1)
LATER = NOW + 2 * MINUTE


@pytest.fixture(autouse=True)
def _school(tables: None) -> None:
    a_school_with_clubs()


def _housekeeping(at: datetime = LATER) -> None:
    """A minute's run, as far as it concerns places."""

    def context_for(_school_id: str) -> Context:
        return as_system(at)

    chores.let_places_follow(at, context_for, lambda: True)
    chores.move_returned_places_on(at, context_for, lambda: True)
    chores.make_due_refunds(at, context_for, lambda: True)


def test_each_session_has_its_own_places() -> None:
    event = a_club(capacity=1)
    assert [pool_states(event, pool) for pool in POOLS] == [["free"]] * 3
    book_sessions(event, ("pupil-1", FIRST), ("pupil-1", SECOND), ("pupil-2", THIRD))
    assert not faults_of(event)
    before = everything()
    with pytest.raises(NoFreePlace):
        book_sessions(event, ("pupil-3", FIRST), parent=3)
    assert everything() == before


def test_a_child_has_one_place_at_a_session() -> None:
    event = a_club(capacity=2)
    book_sessions(event, ("pupil-1", FIRST))
    with pytest.raises(AlreadyBooked):
        book_sessions(event, ("pupil-1", SECOND), ("pupil-1", FIRST), parent=2)
    with pytest.raises(Invalid):
        book_sessions(event, ("pupil-2", FIRST), ("pupil-2", FIRST))
    assert not faults_of(event)


def test_of_several_sessions_a_household_has_all_or_none() -> None:
    event = a_club(capacity=1)
    book_sessions(event, ("pupil-3", SECOND), parent=3)
    before = everything()
    with pytest.raises(NoFreePlace):
        book_sessions(event, ("pupil-1", FIRST), ("pupil-1", SECOND))
    assert everything() == before


def test_the_same_request_again_books_the_sessions_once() -> None:
    event = a_club()
    wanted = (("pupil-1", FIRST), ("pupil-1", SECOND))
    first = book_sessions(event, *wanted, asked=keyed("key-1"))
    before = everything()
    assert book_sessions(event, *wanted, asked=keyed("key-1")) == first
    assert everything() == before


WRONG: list[tuple[str, type[SchoolEventsError]]] = [("session_009", Invalid), ("", Invalid)]


@pytest.mark.parametrize(("session_id", "error"), WRONG)
def test_who_books_a_club_of_sessions_names_one_of_them(session_id: str, error: type[SchoolEventsError]) -> None:
    event = a_club()
    before = everything()
    with pytest.raises(error) as refused:
        book_sessions(event, ("pupil-1", FIRST), ("pupil-1", session_id)) if session_id else book(event)
    assert refused.value.fields[0].field == f"items.{int(bool(session_id))}.session_id"
    assert everything() == before


def test_a_session_cannot_be_named_where_a_place_is_for_all_of_them() -> None:
    event = an_event(price=0)
    with pytest.raises(Invalid) as refused:
        book_sessions(event, ("pupil-1", "session_001"))
    assert refused.value.fields[0].field == "items.0.session_id"


def test_a_session_that_has_begun_cannot_be_booked_although_booking_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    event = a_club()
    book_sessions(event, ("pupil-1", FIRST), now=ON_FIRST_DAY - timedelta(seconds=1))
    with pytest.raises(WrongState) as refused:
        book_sessions(event, ("pupil-2", FIRST), now=ON_FIRST_DAY)
    assert refused.value.fields[0].field == "items.0.session_id"
    assert places.free_places(as_parent(now=ON_FIRST_DAY), event.id, POOLS[0]) == []
    booked = book_sessions(event, ("pupil-2", SECOND), now=ON_FIRST_DAY)
    assert booking_of(booked).state is BookingState.CONFIRMED


def test_each_session_costs_and_siblings_count_where_they_meet() -> None:
    event = a_club(price=1000, charging={"sibling_discount": 50})
    booked = book_sessions(event, ("pupil-1", FIRST), ("pupil-2", FIRST), ("pupil-1", SECOND))
    prices = [booking_of(booked, position).price.amount for position in range(3)]
    assert (sorted(prices[:2]), prices[2]) == ([500, 1000], 1000)
    assert payment_of(booked).amount == pounds(2500)
    later = book_sessions(event, ("pupil-2", SECOND), ("pupil-2", THIRD), parent=2)
    assert [booking_of(later, position).price.amount for position in (0, 1)] == [500, 1000]


def test_a_session_that_is_added_can_be_booked_at_once() -> None:
    event = a_club(capacity=1)
    _add(event, "2026-12-17")
    assert pool_states(event, "session-session_004") == ["free"]
    book_sessions(event, ("pupil-1", "session_004"))
    assert not faults_of(event)
    _housekeeping()
    assert what_is_due("NEWS") == []


def _add(event: SchoolEvent, day: str) -> None:
    body = MeetingBody.model_validate({"day": day, "starts_at": "15:30", "ends_at": "16:30"})
    version = find_event(SCHOOL, event.id).version
    club_sessions.add(a_context(), UNASKED, event.id, version, body, follow)


def test_a_session_that_is_moved_keeps_its_places_and_can_be_booked_until_it_begins() -> None:
    event = a_club(capacity=2)
    booked = book_sessions(event, ("pupil-1", FIRST))
    body = MeetingBody.model_validate({"day": "2026-12-01", "starts_at": "08:00", "ends_at": "08:30"})
    club_sessions.move(a_context(), event.id, FIRST, event.version, body, follow)
    assert booking_of(booked).state is BookingState.CONFIRMED
    begins = datetime.fromisoformat("2026-12-01T08:00:00Z")
    assert {item.closes_at for item in pool_items(event, POOLS[0])} == {begins}
    assert sorted(pool_states(event, POOLS[0])) == ["free", "taken"]


def test_a_cancelled_session_cannot_be_booked_and_what_was_booked_for_it_ends() -> None:
    event = a_club(capacity=2)
    booked = book_sessions(event, ("pupil-1", FIRST), ("pupil-1", SECOND))
    cancel_session(event, FIRST)
    with pytest.raises(WrongState):
        book_sessions(event, ("pupil-2", FIRST))
    assert {item.bookable for item in pool_items(event, POOLS[0])} == {False}
    _housekeeping()
    assert [booking_of(booked, one).state for one in (0, 1)] == [BookingState.CANCELLED, BookingState.CONFIRMED]
    assert not faults_of(event)
    assert what_is_due("NEWS") == []


def test_what_was_paid_for_a_cancelled_session_goes_back_and_the_rest_stays(shop: Shop) -> None:
    a_school_with_clubs()
    event = a_club(price=1000)
    booked = book_sessions(event, ("pupil-1", FIRST), ("pupil-1", SECOND))
    shop.pay(shop.open(booked))
    apply(booked)
    cancel_session(event, FIRST)
    _housekeeping()
    _housekeeping(LATER + MINUTE)
    assert [booking_of(booked, one).state for one in (0, 1)] == [BookingState.CANCELLED, BookingState.CONFIRMED]
    payment = payment_of(booked)
    assert (payment.state, payment.refunded) == (PaymentState.PART_REFUNDED, pounds(1000))
    assert not faults_of(event)
    assert what_is_due("NEWS") == []


def test_a_hold_for_a_cancelled_session_alone_ends_and_one_paid_with_others_when_it_is_paid(shop: Shop) -> None:
    a_school_with_clubs()
    event = a_club(price=1000)
    alone = book_sessions(event, ("pupil-3", FIRST), parent=3)
    both = book_sessions(event, ("pupil-1", FIRST), ("pupil-1", SECOND))
    page = shop.open(both)
    cancel_session(event, FIRST)
    _housekeeping()
    assert booking_of(alone).state is BookingState.RELEASED
    assert [booking_of(both, one).state for one in (0, 1)] == [BookingState.PENDING] * 2
    shop.pay(page)
    apply(both)
    _housekeeping(LATER + MINUTE)
    _housekeeping(LATER + 2 * MINUTE)
    assert [booking_of(both, one).state for one in (0, 1)] == [BookingState.CANCELLED, BookingState.CONFIRMED]
    assert payment_of(both).refunded == pounds(1000)
    assert not faults_of(event)
    assert what_is_due("NEWS") == []


def test_a_new_capacity_is_that_of_every_session_still_to_come() -> None:
    event = a_club(capacity=2)
    book_sessions(event, ("pupil-1", FIRST), ("pupil-1", THIRD))
    cancel_session(event, SECOND)
    resize(event, 1)
    assert [sorted(pool_states(event, pool)) for pool in POOLS] == [
        ["retired", "taken"],
        ["free", "free"],
        ["retired", "taken"],
    ]
    _housekeeping()
    resize(event, 3)
    _housekeeping()
    assert [sorted(pool_states(event, pool)) for pool in POOLS] == [
        ["free", "free", "taken"],
        ["free", "free"],
        ["free", "free", "taken"],
    ]
    assert not faults_of(event)
    assert what_is_due("NEWS") == []


def test_closing_and_cancelling_shut_every_session() -> None:
    event = a_club()
    booked = book_sessions(event, ("pupil-1", FIRST), ("pupil-2", THIRD))
    close(event)
    assert {item.bookable for pool in POOLS for item in pool_items(event, pool)} == {False}
    lifecycle.cancel(a_context(), event.id, places.close_places)
    chores.call_events_off(LATER, lambda _: as_system(LATER), lambda: True)
    assert [booking_of(booked, one).state for one in (0, 1)] == [BookingState.CANCELLED] * 2
    assert not faults_of(event)


def test_killed_anywhere_a_cancelled_session_ends_all_the_same() -> None:
    event = a_club(capacity=2)
    booked = book_sessions(event, ("pupil-1", FIRST), ("pupil-1", SECOND))
    go_back = bookmark_tables()
    with watched(Calls()) as whole:
        _story(event)
    for point in whole.points():
        go_back()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            _story(event)
        is_cancelled = find_event(SCHOOL, event.id).version > event.version
        _housekeeping()
        first = BookingState.CANCELLED if is_cancelled else BookingState.CONFIRMED
        assert [booking_of(booked, one).state for one in (0, 1)] == [first, BookingState.CONFIRMED], point
        assert {item.bookable for item in pool_items(event, POOLS[0])} == {not is_cancelled}, point
        assert not faults_of(event), point
        assert what_is_due("NEWS") == [], point


def _story(event: SchoolEvent) -> None:
    cancel_session(event, FIRST)
    _housekeeping()


def test_publishing_that_is_killed_anywhere_is_finished_by_publishing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_ACTIONS", 4)

    made = events.create(a_context(), UNASKED, NewEvent.model_validate(club(capacity=3)))
    event = find_event(SCHOOL, made.id)
    go_back = bookmark_tables()
    with watched(Calls()) as whole:
        lifecycle.publish(a_context(), event.id, places.make_places)
    for point in whole.points():
        go_back()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            lifecycle.publish(a_context(), event.id, places.make_places)
        lifecycle.publish(a_context(), event.id, places.make_places)
        assert [pool_states(event, pool) for pool in POOLS] == [["free"] * 3] * 3, point
