"""A full event: families wait in order, are offered what is given back, and nobody gets ahead of them (D5)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine

from functions.invitation_fanout.handler import lambda_handler as invitation_fanout
from school_events.bookings import cancelling, places, store
from school_events.bookings.closing import close_booking
from school_events.bookings.model import BookingState, Place
from school_events.bookings.rules import TERM
from school_events.bookings.waiting import accepting, service
from school_events.bookings.waiting import store as turns
from school_events.bookings.waiting.service import PlacesAreFree
from school_events.bookings.ways import Wish
from school_events.core.consequences import Joining
from school_events.core.context import Context
from school_events.core.errors import AlreadyBooked, Invalid, NoFreePlace, NotFound, WrongState
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from tests.support.booked_world import (
    ALL_PUPILS,
    CLOSES_AT,
    UNASKED,
    a_school_with_families,
    an_event,
    as_parent,
    book,
    booking_of,
    keyed,
    payment_of,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import faults_of
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import contact_told, link_removed, link_told, portal_message, pupil_told, tell
from tests.support.shop import Shop, shop
from tests.support.tables import everything, rows
from tests.support.waiting_checker import faults_of_waiting
from tests.unit.bookings.waiting.queue import HOUR, accept, close, housekeeping, skip_to, state, states, turn, wait_for

__all__ = ["shop"]

pytestmark = pytest.mark.usefixtures("shop")

SOON = NOW + HOUR


@pytest.fixture(autouse=True)
def event(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip that costs nothing, with one place, which pupil-1 has; in the end nothing is wrong with it."""
    a_school_with_families()
    skip_to(NOW)
    made = an_event(price=0, capacity=1)
    book(made, "pupil-1")
    yield made
    assert faults_of(made) == []
    assert faults_of_waiting(made) == []


def give_back(event: SchoolEvent, pupil_id: str = "pupil-1", parent: int = 1, now: datetime = NOW) -> None:
    """Who has a place gives it up."""
    (booking,) = [one for one in store.live_bookings_of_pupils(SCHOOL, [pupil_id]) if one.event_id == event.id]
    cancelling.cancel(as_parent(parent, now), booking)


def two_in_line(event: SchoolEvent) -> tuple[str, str]:
    """``contact-3`` waits, then ``contact-4``."""
    (first,) = wait_for(event, "pupil-3", parent=3)
    (second,) = wait_for(event, "pupil-4", parent=4, now=NOW + timedelta(minutes=1))
    return first, second


def test_a_place_that_is_given_back_is_offered_to_who_came_first_and_to_nobody_who_walks_in(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    give_back(event)
    assert place_states(event) == ["returned"]
    housekeeping(SOON)
    assert states([first, second]) == ["offered", "waiting"]
    assert place_states(event) == ["offered"]
    with pytest.raises(NoFreePlace):
        book(event, "pupil-1", now=SOON)
    booked = accept(first, parent=3, now=SOON)
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert (state(first), turn(first).booking_ids) == ("accepted", tuple(booked.booking_ids))
    assert place_states(event) == ["taken"]


def test_who_joins_after_a_place_was_given_back_and_kept_for_nobody_is_offered_it_at_once(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    service.leave(as_parent(3), first)
    service.leave(as_parent(4), second)
    give_back(event)
    assert place_states(event) == ["free"]
    with pytest.raises(PlacesAreFree):
        wait_for(event, "pupil-3", parent=3)


def test_a_declined_offer_goes_to_the_next_at_once(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    give_back(event)
    housekeeping(SOON)
    assert service.decline(as_parent(3, SOON), first).state == "declined"
    assert states([first, second]) == ["declined", "offered"]
    assert service.decline(as_parent(3, SOON), first).state == "declined"
    with pytest.raises(WrongState):
        accept(first, parent=3, now=SOON)


def test_an_offer_nobody_answers_goes_to_the_next_when_its_time_is_over_and_not_before(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    give_back(event)
    housekeeping(SOON)
    until = SOON + 24 * HOUR
    offer = turn(first).offer
    assert offer is not None
    assert offer.until == until
    skip_to(until)
    housekeeping(until - timedelta(minutes=1))
    assert states([first, second]) == ["offered", "waiting"]
    with pytest.raises(WrongState):
        accept(first, parent=3, now=until)
    housekeeping(until)
    assert states([first, second]) == ["expired", "offered"]


def test_an_offer_never_holds_longer_than_booking_is_open(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    late = CLOSES_AT - 2 * HOUR
    skip_to(late)
    give_back(event, now=late)
    housekeeping(late)
    offer = turn(first).offer
    assert offer is not None
    assert offer.until == CLOSES_AT
    with pytest.raises(WrongState):
        accept(first, parent=3, now=CLOSES_AT)
    housekeeping(CLOSES_AT)
    assert states([first, second]) == ["over", "over"]
    housekeeping(CLOSES_AT + HOUR)
    assert place_states(event) == ["free"]


def test_closing_ends_the_list_and_what_was_offered_cannot_be_accepted_from_that_moment(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    give_back(event)
    housekeeping(SOON)
    close(event, SOON)
    with pytest.raises(WrongState):
        accept(first, parent=3, now=SOON)
    housekeeping(SOON + timedelta(minutes=1))
    assert states([first, second]) == ["over", "over"]


def test_cancelling_the_event_ends_the_list(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    lifecycle.cancel(a_context(), event.id, close_booking)
    housekeeping(SOON)
    assert states([first, second]) == ["over", "over"]


def test_who_joins_while_booking_is_being_closed_does_not_wait_for_ever(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = places.free_places

    def closed_after_the_look(ctx: Context, event_id: str, pool: str = TERM) -> list[Place]:
        close(event)
        return look(ctx, event_id, pool)

    monkeypatch.setattr(places, "free_places", closed_after_the_look)
    (late,) = wait_for(event, "pupil-3", parent=3)
    assert state(late) == "over"


def test_a_child_waits_once_and_does_not_wait_beside_a_place(event: SchoolEvent) -> None:
    wait_for(event, "pupil-3", parent=3)
    before = everything()
    for pupil, parent in (("pupil-3", 3), ("pupil-1", 1)):
        with pytest.raises(AlreadyBooked):
            wait_for(event, pupil, parent=parent)
    assert everything() == before


def test_a_child_who_waits_for_a_place_together_is_not_booked_beside_it(event: SchoolEvent) -> None:
    other = an_event(price=0, capacity=1)
    booked = book(other, "pupil-3", parent=3)
    wait_for(other, "pupil-1", "pupil-2", parent=1, together=True)
    cancelling.cancel(as_parent(3), booking_of(booked))
    housekeeping(SOON)
    assert place_states(other) == ["free"]
    with pytest.raises(AlreadyBooked):
        book(other, "pupil-1", now=SOON)


def test_who_leaves_the_list_may_join_again_at_its_end(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    assert service.leave(as_parent(3), first).state == "left"
    (again,) = wait_for(event, "pupil-3", parent=3, now=NOW + timedelta(minutes=2))
    give_back(event)
    housekeeping(SOON)
    assert states([second, again]) == ["offered", "waiting"]


@pytest.fixture
def for_two() -> Iterator[SchoolEvent]:
    """A trip with two places, which pupil-3 and pupil-4 have; there is a fifth family."""
    tell(pupil_told("pupil-5"), contact_told("contact-5"), link_told("contact-5", "pupil-5"))
    made = an_event(price=0, capacity=2, invited=(*ALL_PUPILS, "pupil-5"))
    for number in (3, 4):
        book(made, f"pupil-{number}", parent=number)
    yield made
    assert faults_of(made) == []
    assert faults_of_waiting(made) == []


def test_siblings_together_are_passed_over_while_there_is_one_place_and_keep_their_turn(for_two: SchoolEvent) -> None:
    (siblings,) = wait_for(for_two, "pupil-1", "pupil-2", parent=1, together=True)
    (single,) = wait_for(for_two, "pupil-5", parent=5, now=NOW + timedelta(minutes=1))
    give_back(for_two, "pupil-3", 3)
    housekeeping(SOON)
    assert states([siblings, single]) == ["waiting", "offered"]
    give_back(for_two, "pupil-4", 4, SOON)
    service.decline(as_parent(5, SOON), single)
    housekeeping(SOON + timedelta(minutes=1))
    assert state(siblings) == "offered"
    booked = accept(siblings, parent=1, now=SOON + timedelta(minutes=1))
    assert sorted(booking_of(booked, one).pupil_id for one in (0, 1)) == ["pupil-1", "pupil-2"]


def test_a_place_too_few_for_siblings_is_free_for_anybody(for_two: SchoolEvent) -> None:
    (siblings,) = wait_for(for_two, "pupil-1", "pupil-2", parent=1, together=True)
    give_back(for_two, "pupil-3", 3)
    housekeeping(SOON)
    assert (state(siblings), sorted(place_states(for_two))) == ("waiting", ["free", "taken"])
    book(for_two, "pupil-5", parent=5, now=SOON)


def test_siblings_who_come_apart_have_turns_of_their_own(for_two: SchoolEvent) -> None:
    first, second = wait_for(for_two, "pupil-1", "pupil-2", parent=1)
    give_back(for_two, "pupil-3", 3)
    housekeeping(SOON)
    assert states([first, second]) == ["offered", "waiting"]


def test_several_places_given_back_at_once_go_to_as_many_families(for_two: SchoolEvent) -> None:
    refs = [*wait_for(for_two, "pupil-1", parent=1), *wait_for(for_two, "pupil-5", parent=5)]
    for number in (3, 4):
        give_back(for_two, f"pupil-{number}", number)
    housekeeping(SOON)
    assert states(refs) == ["offered", "offered"]


def test_what_is_offered_is_accepted_for_all_of_the_children_or_none(for_two: SchoolEvent) -> None:
    (siblings,) = wait_for(for_two, "pupil-1", "pupil-2", parent=1, together=True)
    for number in (3, 4):
        give_back(for_two, f"pupil-{number}", number)
    housekeeping(SOON)
    before = everything()
    with pytest.raises(Invalid):
        accepting.accept(as_parent(1, SOON), "contact-1", siblings, [Wish("pupil-1")], UNASKED)
    assert everything() == before
    tell(link_told("contact-1", "pupil-2", restricted=True, version=2))
    with pytest.raises(NotFound):
        accept(siblings, parent=1, now=SOON)
    accept(siblings, parent=2, now=SOON)


def test_the_same_request_gives_the_same_answer_and_one_turn(event: SchoolEvent) -> None:
    asked = keyed("key-1", "to wait")
    first = wait_for(event, "pupil-3", parent=3, asked=asked)
    before = everything()
    assert wait_for(event, "pupil-3", parent=3, asked=asked) == first
    assert everything() == before


def test_the_same_acceptance_gives_the_same_answer_and_one_booking(event: SchoolEvent) -> None:
    (ref,) = wait_for(event, "pupil-3", parent=3)
    give_back(event)
    housekeeping(SOON)
    asked = keyed("key-2", "to accept")
    booked = accept(ref, parent=3, now=SOON, asked=asked)
    assert accept(ref, parent=3, now=SOON, asked=asked) == booked
    with pytest.raises(WrongState):
        accept(ref, parent=3, now=SOON)


def test_an_offer_declined_while_it_is_accepted_is_over(event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    (ref,) = wait_for(event, "pupil-3", parent=3)
    give_back(event)
    housekeeping(SOON)
    as_read = turn(ref)
    service.decline(as_parent(3, SOON), ref)
    monkeypatch.setattr(turns, "find_entry", lambda *_: as_read)
    with pytest.raises(WrongState):
        accepting.accept(as_parent(3, SOON), "contact-3", ref, [Wish("pupil-3")], UNASKED)
    monkeypatch.undo()
    housekeeping(SOON)


def test_a_paid_place_is_held_and_goes_to_the_next_if_it_is_not_paid_for(shop: Shop) -> None:
    paid = an_event(capacity=1)
    held = book(paid, "pupil-1")
    (first,) = wait_for(paid, "pupil-3", parent=3)
    (second,) = wait_for(paid, "pupil-4", parent=4, now=NOW + timedelta(minutes=1))
    cancelling.cancel(as_parent(), booking_of(held))
    housekeeping(SOON)
    booked = accept(first, parent=3, now=SOON)
    assert (booking_of(booked).state, place_states(paid)) == (BookingState.PENDING, ["held"])
    assert [line.amount.amount for line in payment_of(booked).lines] == [1250]
    over = SOON + HOUR
    housekeeping(over)
    housekeeping(over + timedelta(minutes=1))
    assert (booking_of(booked).state, state(second)) == (BookingState.RELEASED, "offered")
    assert faults_of(paid) == faults_of_waiting(paid) == []


def test_nothing_is_offered_to_who_lost_the_link_but_to_the_other_parent(event: SchoolEvent) -> None:
    mine = an_event(price=0, capacity=1)
    booked = book(mine, "pupil-3", parent=3)
    (ref,) = wait_for(mine, "pupil-1", parent=1)
    tell(link_removed("contact-1", "pupil-1"))
    cancelling.cancel(as_parent(3), booking_of(booked))
    housekeeping(SOON)
    assert state(ref) == "offered"
    with pytest.raises(NotFound):
        accept(ref, parent=1, now=SOON)
    with pytest.raises(NotFound):
        service.decline(as_parent(1, SOON), ref)
    accept(ref, parent=2, now=SOON)
    assert faults_of(mine) == faults_of_waiting(mine) == []


def test_a_turn_nobody_can_take_any_more_lapses_and_the_next_is_served(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    tell(link_removed("contact-3", "pupil-3"))
    give_back(event)
    housekeeping(SOON)
    assert states([first, second]) == ["lapsed", "offered"]


def test_a_leavers_turn_lapses(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-3", "left_on": "2026-11-20"}, version=2))
    give_back(event)
    housekeeping(SOON)
    assert states([first, second]) == ["lapsed", "offered"]


def test_the_other_parent_may_accept_but_neither_decline_nor_leave(event: SchoolEvent) -> None:
    mine = an_event(price=0, capacity=1)
    booked = book(mine, "pupil-3", parent=3)
    (ref,) = wait_for(mine, "pupil-1", parent=1)
    with pytest.raises(NotFound):
        service.leave(as_parent(2), ref)
    cancelling.cancel(as_parent(3), booking_of(booked))
    housekeeping(SOON)
    with pytest.raises(NotFound):
        service.decline(as_parent(2, SOON), ref)
    with pytest.raises(NotFound):
        accept(ref, parent=3, now=SOON)
    assert booking_of(accept(ref, parent=2, now=SOON)).booked_by == "contact-2"


def test_a_turn_that_nobody_can_take_any_more_keeps_no_child_from_a_turn_of_its_own(for_two: SchoolEvent) -> None:
    """``contact-1`` has lost one of both, and nobody else has both."""
    tell(link_removed("contact-2", "pupil-1"))
    (siblings,) = wait_for(for_two, "pupil-1", "pupil-2", parent=1, together=True)
    tell(link_told("contact-1", "pupil-2", restricted=True, version=2))
    with pytest.raises(AlreadyBooked):
        wait_for(for_two, "pupil-1", parent=1)
    with pytest.raises(NotFound):
        service.leave(as_parent(3), siblings)
    assert service.leave(as_parent(1), siblings).state == "left"
    (own,) = wait_for(for_two, "pupil-1", parent=1)
    assert state(own) == "waiting"


def test_who_lost_one_of_several_children_does_not_give_up_what_the_other_parent_can_take(for_two: SchoolEvent) -> None:
    (siblings,) = wait_for(for_two, "pupil-1", "pupil-2", parent=1, together=True)
    tell(link_told("contact-1", "pupil-2", restricted=True, version=2))
    with pytest.raises(NotFound):
        service.leave(as_parent(1), siblings)
    assert service.leave(as_parent(2), siblings).state == "left"


def test_an_administrator_takes_a_family_off_the_list(event: SchoolEvent) -> None:
    first, _ = two_in_line(event)
    assert service.leave(a_context(), first).state == "left"


def test_a_turn_that_is_over_vanishes_a_day_later(event: SchoolEvent) -> None:
    first, _ = two_in_line(event)
    service.leave(as_parent(3), first)
    kept = [one for one in rows("Bookings") if one["kind"]["S"] == "waiting_entry"]
    (row,) = [one for one in kept if first.endswith(one["sk"]["S"].rsplit("#", 1)[1])]
    assert int(row["expires_at"]["N"]) == int((NOW + timedelta(hours=24)).timestamp())


def test_who_leaves_the_school_gives_the_offer_to_the_next_without_waiting_for_its_end(event: SchoolEvent) -> None:
    first, second = two_in_line(event)
    give_back(event)
    housekeeping(SOON)
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-3", "left_on": "2026-11-20"}, version=2))
    joining = Joining(school_id=SCHOOL, pupil_ids=("pupil-3", "pupil-4"))
    with time_machine.travel(SOON, tick=False):
        assert invitation_fanout(sqs_event(joining.model_dump(mode="json")), LambdaContext()) == {
            "batchItemFailures": []
        }
    housekeeping(SOON + timedelta(minutes=1))
    assert states([first, second]) == ["lapsed", "offered"]
