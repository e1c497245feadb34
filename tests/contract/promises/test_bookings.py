"""A child has one live booking of an event; a booking changes only as it was read, and is found in order."""

from datetime import timedelta

from school_events.bookings import store
from school_events.bookings.model import Booking, BookingState
from school_events.core.errors import AlreadyBooked, StaleVersion
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.faults import database_with
from tests.contract.things import a_booking, a_change, written
from tests.support.contexts import NOW, SCHOOL
from tests.support.tables import everything

LATER = NOW + timedelta(minutes=15)


def _create(booking: Booking) -> type[Exception] | None:
    return written(lambda transaction: store.create(transaction, SCHOOL, booking, a_change()))


def _unguard(booking: Booking) -> type[Exception] | None:
    return written(lambda transaction: store.unguard(transaction, SCHOOL, booking))


def _replace(before: Booking, state: BookingState) -> type[Exception] | None:
    after = before.model_copy(update={"state": state})
    return written(lambda transaction: store.replace(transaction, SCHOOL, before, after, a_change()))


@broken_by(faults.checks_nothing, faults.creates_what_is_new)
def test_a_child_has_one_live_booking_of_an_event(engine: Engine) -> None:
    assert _create(a_booking()) is None
    before = everything()
    assert _create(a_booking("booking_2")) is AlreadyBooked
    assert everything() == before
    assert _create(a_booking("booking_3", "pupil-2")) is None
    assert _create(a_booking("booking_4", event_id="event_2")) is None


@broken_by(faults.checks_nothing)
def test_a_guard_is_given_up_only_by_its_own_booking_and_lets_the_child_be_booked_anew(engine: Engine) -> None:
    assert _create(a_booking()) is None
    assert _unguard(a_booking("booking_2")) is StaleVersion
    assert _create(a_booking("booking_2")) is AlreadyBooked
    assert _unguard(a_booking()) is None
    assert _create(a_booking("booking_2")) is None


@broken_by(faults.checks_nothing)
def test_of_two_who_change_what_they_read_the_second_is_told(engine: Engine) -> None:
    _create(a_booking())
    read = store.find_booking(SCHOOL, "booking_1")
    assert _replace(read, BookingState.CONFIRMED) is None
    assert _replace(read, BookingState.RELEASED) is StaleVersion
    found = store.find_booking(SCHOOL, "booking_1")
    assert (found.state, found.version) == (BookingState.CONFIRMED, read.version + 1)


@broken_by(faults.checks_nothing)
def test_what_depends_on_a_booking_is_written_only_while_it_is_as_it_was_read(engine: Engine) -> None:
    _create(a_booking())
    read = store.find_booking(SCHOOL, "booking_1")
    assert written(lambda transaction: store.require_unchanged(transaction, SCHOOL, read)) is None
    _replace(read, BookingState.EXPIRING)
    assert written(lambda transaction: store.require_unchanged(transaction, SCHOOL, read)) is StaleVersion


@broken_by(faults.gives_the_first_page, faults.ignores_where_to_start)
def test_bookings_of_an_event_go_on_after_any_of_them_whatever_the_size_of_a_page(engine: Engine) -> None:
    for number in (1, 2, 3, 4):
        _create(a_booking(f"booking_{number}", f"pupil-{number}"))
    for at_once in (None, 1, 2):
        listed = store.bookings_of_event(SCHOOL, "event_1", "booking_1", at_once=at_once)
        assert [one.id for one in listed] == ["booking_2", "booking_3", "booking_4"]


@broken_by(faults.lists_backwards)
def test_bookings_of_an_event_and_of_a_child_are_listed_in_the_order_they_were_made(engine: Engine) -> None:
    for number in (3, 1, 2):
        _create(a_booking(f"booking_{number}", f"pupil-{number}"))
    _create(a_booking("booking_4", "pupil-1", "event_2"))
    assert [one.id for one in store.bookings_of_event(SCHOOL, "event_1")] == ["booking_1", "booking_2", "booking_3"]
    assert [one.id for one in store.bookings_of_pupil(SCHOOL, "pupil-1")] == ["booking_1", "booking_4"]
    assert list(store.bookings_of_event("school-2", "event_1")) == []


@broken_by(faults.finds_nothing)
def test_live_bookings_are_read_as_they_are_now(engine: Engine) -> None:
    _create(a_booking())
    _create(a_booking("booking_2", event_id="event_2"))
    _replace(a_booking("booking_2", event_id="event_2"), BookingState.RELEASED)
    with database_with(faults.weak_reads_are_behind):
        assert list(store.bookings_of_pupil(SCHOOL, "pupil-1")) == [], "this one is an index"
        found = store.live_bookings_of_pupils(SCHOOL, ["pupil-1", "pupil-2"])
    assert [one.id for one in found] == ["booking_1"]


@broken_by(faults.ignores_where_to_start)
def test_holds_are_due_when_their_time_is_over_and_not_before(engine: Engine) -> None:
    _create(a_booking())
    assert list(store.due_holds(LATER - timedelta(seconds=1))) == []
    assert [(school, one.id) for school, one in store.due_holds(LATER)] == [(SCHOOL, "booking_1")]


@broken_by(faults.checks_nothing)
def test_a_hold_is_put_off_only_while_it_is_due(engine: Engine) -> None:
    _create(a_booking())
    before = everything()
    store.put_off(SCHOOL, "booking_1", NOW, LATER + timedelta(minutes=5))
    assert everything() == before
    store.put_off(SCHOOL, "booking_1", LATER, LATER + timedelta(minutes=5))
    assert list(store.due_holds(LATER)) == []
    assert len(list(store.due_holds(LATER + timedelta(minutes=5)))) == 1
