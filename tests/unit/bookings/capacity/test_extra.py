"""The school books beyond the capacity: on purpose, with a reason, audited; the place is nobody's after."""

from datetime import timedelta
from typing import Any

import pytest

from school_events.bookings import anonymising, cancelling, chores, places, service, store
from school_events.bookings.capacity import extra
from school_events.bookings.capacity.extra import Extra
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.errors import Invalid, NoFreePlace, TryAgain, WrongState
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from tests.support.booked_world import (
    UNASKED,
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    keyed,
)
from tests.support.club_world import (
    FIRST,
    SECOND,
    a_club,
    a_school_with_clubs,
    book_sessions,
    cancel_session,
    pool_states,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import faults_of
from tests.support.tables import everything, rows

BEYOND = "extra-term"
WHY = "Her twin has a place already"


@pytest.fixture(autouse=True)
def _families(tables: None) -> None:
    a_school_with_families()


def _over(event: SchoolEvent, *pupils: str, parent: int = 3, session_id: str | None = None, **others: Any) -> Booked:
    """The school books pupils on a parent's behalf, beyond the capacity."""
    wishes = [Wish(pupil_id, session_id=session_id) for pupil_id in pupils or ("pupil-3",)]
    asked = others.get("asked", UNASKED)
    return service.book(a_context(), f"contact-{parent}", event.id, wishes, asked, Extra(WHY))


def _full(price: int = 0) -> tuple[SchoolEvent, Booking]:
    """An event whose only place somebody has."""
    event = an_event(price=price, capacity=1)
    return event, booking_of(book(event))


def test_a_place_is_made_for_the_booking_and_says_why_and_by_whom() -> None:
    event, _ = _full()
    booking = booking_of(_over(event))
    assert (booking.state, booking.place.pool) == (BookingState.CONFIRMED, BEYOND)
    assert booking.place.beyond is not None
    assert (booking.place.beyond.reason, booking.place.beyond.decided_by) == (WHY, "staff-admin")
    assert (pool_states(event), pool_states(event, BEYOND)) == (["taken"], ["taken"])
    assert not faults_of(event)
    with pytest.raises(NoFreePlace):
        book(event, "pupil-4", parent=4)


def test_it_is_in_the_audit_log_without_the_reason() -> None:
    event, _ = _full()
    booked = _over(event)
    (line,) = [row for row in rows("Audit") if row["action"]["S"] == "booking.over_capacity"]
    assert line["subject"]["S"] == booked.booking_ids[0]
    assert WHY not in str(line)


def test_given_back_it_is_nobodys() -> None:
    event, _ = _full()
    booking = booking_of(_over(event))
    cancelling.cancel(as_parent(3), booking)
    assert pool_states(event, BEYOND) == ["retired"]
    with pytest.raises(NoFreePlace):
        book(event, "pupil-4", parent=4)
    assert not faults_of(event)


def test_given_back_and_killed_it_is_nobodys_a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    event, _ = _full()
    booking = booking_of(_over(event))
    with monkeypatch.context() as patch:
        patch.setattr("school_events.bookings.allocating.move_on", lambda *_: None)
        cancelling.cancel(as_parent(3), booking)
    assert pool_states(event, BEYOND) == ["returned"]
    at = NOW + timedelta(minutes=1)
    chores.move_returned_places_on(at, lambda _: as_system(at), lambda: True)
    assert pool_states(event, BEYOND) == ["retired"]


def test_one_that_costs_is_held_and_when_it_is_let_go_it_is_nobodys() -> None:
    event, _ = _full(price=1250)
    booking = booking_of(_over(event))
    assert (booking.state, pool_states(event, BEYOND)) == (BookingState.PENDING, ["held"])
    cancelling.cancel(as_parent(3), booking)
    assert pool_states(event, BEYOND) == ["retired"]
    assert not faults_of(event)


def test_while_places_are_free_it_is_refused_and_nothing_changes() -> None:
    event = an_event(price=0, capacity=2)
    before = everything()
    with pytest.raises(WrongState) as refused:
        _over(event)
    assert refused.value.fields[0].field == "over_capacity"
    assert everything() == before
    assert not faults_of(event)


def test_the_same_request_again_makes_one_place() -> None:
    event, _ = _full()
    first = _over(event, asked=keyed("key-1"))
    before = everything()
    assert _over(event, asked=keyed("key-1")) == first
    assert everything() == before


def test_there_is_an_end_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "MOST_EXTRA_PLACES", 1)
    event, _ = _full()
    _over(event)
    with pytest.raises(WrongState):
        _over(event, "pupil-4", parent=4)


def test_of_two_who_choose_the_same_number_each_has_a_place_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    event, _ = _full()
    choose, others = Extra.choose, [lambda: _over(event, "pupil-4", parent=4)]

    def overtaken(*given: Any) -> Any:
        chosen = choose(*given)
        if others:
            others.pop()()
        return chosen

    monkeypatch.setattr(Extra, "choose", overtaken)
    _over(event)
    assert pool_states(event, BEYOND) == ["taken", "taken"]
    assert not faults_of(event)


def test_no_place_is_made_at_an_event_that_is_cancelled_in_the_same_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such a place has no gate: else the booking would come after those were ended that there were."""
    event, _ = _full()
    choose = Extra.choose

    def cancelled_just_then(*given: Any) -> Any:
        chosen = choose(*given)
        lifecycle.cancel(a_context(), event.id, places.close_places)
        return chosen

    monkeypatch.setattr(Extra, "choose", cancelled_just_then)
    with pytest.raises(TryAgain):
        _over(event)
    assert pool_states(event, BEYOND) == []


def test_it_ends_with_the_event() -> None:
    event, first = _full()
    booking = booking_of(_over(event))
    lifecycle.cancel(a_context(), event.id, places.close_places)
    chores.call_events_off(NOW, lambda _: as_system(), lambda: True)
    found = store.find_bookings(SCHOOL, [first.id, booking.id])
    assert {one.state for one in found.values()} == {BookingState.CANCELLED}
    assert pool_states(event, BEYOND) == ["retired"]
    assert not faults_of(event)


def test_it_ends_with_its_session() -> None:
    a_school_with_clubs()
    event = a_club(capacity=1)
    book_sessions(event, ("pupil-1", FIRST), ("pupil-1", SECOND))
    booked, other = _over(event, session_id=FIRST), _over(event, session_id=SECOND)
    cancel_session(event, FIRST)
    at = NOW + timedelta(minutes=2)
    chores.let_places_follow(at, lambda _: as_system(at), lambda: True)
    assert [booking_of(one).state for one in (booked, other)] == [BookingState.CANCELLED, BookingState.CONFIRMED]
    assert not faults_of(event)


def test_a_parents_evening_has_none() -> None:
    event = an_event(price=0, capacity=1).model_copy(update={"kind": "parents_evening"})
    with pytest.raises(Invalid):
        Extra(WHY).choose(a_context(), event, [Wish("pupil-3")])


def test_the_reason_goes_with_the_child() -> None:
    event, _ = _full()
    booking = booking_of(_over(event))
    made = iter(range(100))
    anonymising.forget_pupil(as_system(), "pupil-3", NOW + timedelta(days=1), lambda: f"nobody-{next(made)}")
    assert booking_of(Booked(booking_ids=[booking.id], state="")).place.beyond is None
    assert WHY not in str(everything())
