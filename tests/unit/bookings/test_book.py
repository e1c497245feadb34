"""Booking: what is given, what is refused, and that a refusal changes nothing."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from school_events.bookings import places, rules, service, store
from school_events.bookings.model import BookingState, Place
from school_events.bookings.rules import TERM
from school_events.bookings.ways import Wish
from school_events.core.context import Actor
from school_events.core.errors import AlreadyBooked, Invalid, KeyReused, NoFreePlace, NotFound, TryAgain, WrongState
from school_events.core.money import pounds
from school_events.payments.model import PaymentState
from tests.support.booked_world import (
    CLOSES_AT,
    OPENS_AT,
    UNASKED,
    a_draft,
    a_school_with_families,
    an_event,
    as_parent,
    book,
    booking_of,
    close,
    keyed,
    payment_of,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import link_removed, link_told, portal_message, tell
from tests.support.tables import everything, rows

pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(autouse=True)
def _families(tables: None) -> None:
    a_school_with_families()


def test_a_place_that_costs_nothing_is_confirmed_at_once() -> None:
    event = an_event(price=0)
    booked = book(event)
    booking = booking_of(booked)
    assert (booked.state, booked.payment_id) == ("confirmed", None)
    assert (booking.state, booking.hold_until, booking.payment_id) == (BookingState.CONFIRMED, None, None)
    assert sorted(place_states(event)) == ["free", "free", "taken"]
    assert rows("Payments") == []


def test_a_place_that_costs_is_held_with_its_payment() -> None:
    event = an_event()
    booked = book(event)
    booking, payment = booking_of(booked), payment_of(booked)
    assert (booked.state, booking.state) == ("pending", BookingState.PENDING)
    assert booking.hold_until == NOW + timedelta(minutes=15)
    assert (payment.state, payment.payer_id, payment.amount) == (PaymentState.CREATED, "contact-1", pounds(1250))
    assert [line.reference for line in payment.lines] == booked.booking_ids
    assert sorted(place_states(event)) == ["free", "free", "held"]


def test_a_household_is_booked_together_with_one_payment() -> None:
    event = an_event()
    booked = book(event, "pupil-1", "pupil-2")
    assert [booking_of(booked, position).pupil_id for position in (0, 1)] == ["pupil-1", "pupil-2"]
    assert payment_of(booked).amount == pounds(2500)
    assert place_states(event).count("held") == 2


def test_of_a_household_nobody_is_booked_if_one_child_is_booked_already() -> None:
    event = an_event()
    book(event, "pupil-2", parent=2)
    before = everything()
    with pytest.raises(AlreadyBooked):
        book(event, "pupil-1", "pupil-2")
    assert everything() == before


def test_of_a_household_nobody_is_booked_if_there_are_not_places_for_all() -> None:
    event = an_event(capacity=2)
    book(event, "pupil-3", parent=3)
    before = everything()
    with pytest.raises(NoFreePlace):
        book(event, "pupil-1", "pupil-2")
    assert everything() == before


def test_a_full_event_has_no_place() -> None:
    event = an_event(capacity=1)
    book(event, "pupil-3", parent=3)
    before = everything()
    with pytest.raises(NoFreePlace):
        book(event)
    assert everything() == before


@pytest.mark.parametrize("other_parent", [1, 2])
def test_a_child_has_one_live_booking_whoever_of_its_parents_asks(other_parent: int) -> None:
    event = an_event()
    book(event)
    before = everything()
    with pytest.raises(AlreadyBooked):
        book(event, parent=other_parent)
    assert everything() == before


def test_the_same_request_again_gives_the_same_answer_and_changes_nothing() -> None:
    event = an_event()
    first = book(event, asked=keyed("key-1"))
    before = everything()
    assert book(event, asked=keyed("key-1")) == first
    assert everything() == before


def test_a_request_that_loses_the_race_against_itself_gives_the_answer_of_the_winner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = an_event()
    winners = []

    def look_then_be_overtaken(*args: object) -> list[Place]:
        monkeypatch.undo()
        winners.append(book(event, asked=keyed("key-1")))
        return places.free_places(as_parent(), event.id)

    monkeypatch.setattr(places, "free_places", look_then_be_overtaken)
    assert book(event, asked=keyed("key-1")) == winners[0]
    assert place_states(event).count("held") == 1


def test_a_key_of_another_request_is_refused() -> None:
    event = an_event()
    book(event, asked=keyed("key-1"))
    before = everything()
    with pytest.raises(KeyReused):
        book(event, "pupil-2", asked=keyed("key-1", "another body"))
    assert everything() == before


def test_a_key_is_the_callers_own() -> None:
    event = an_event()
    mine = book(event, asked=keyed("key-1"))
    assert book(event, "pupil-3", parent=3, asked=keyed("key-1")) != mine


def _restrict() -> None:
    tell(link_told(restricted=True, version=2))


def _end_yesterday() -> None:
    tell(link_told(ends_on=date(2026, 11, 22), version=2))


def _remove_link() -> None:
    tell(link_removed())


def _remove_contact() -> None:
    tell(portal_message("ContactRemoved", {"contact_id": "contact-1"}, version=2))


def _let_pupil_leave() -> None:
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-11-20"}, version=2))


def _remove_pupil() -> None:
    tell(portal_message("PupilRemoved", {"pupil_id": "pupil-1"}, version=2))


@pytest.mark.parametrize(
    "happened", [_restrict, _end_yesterday, _remove_link, _remove_contact, _let_pupil_leave, _remove_pupil]
)
def test_who_is_not_ones_child_any_more_does_not_exist(happened: Callable[[], None]) -> None:
    event = an_event()
    happened()
    before = everything()
    with pytest.raises(NotFound):
        book(event)
    assert everything() == before


def test_a_link_is_good_to_the_end_of_its_last_day() -> None:
    event = an_event()
    tell(link_told(ends_on=date(2026, 11, 23), version=2))
    assert book(event).state == "pending"


@pytest.mark.parametrize("pupil", ["pupil-3", "pupil-nobody"])
def test_somebody_elses_child_answers_like_one_that_does_not_exist(pupil: str) -> None:
    event = an_event()
    before = everything()
    with pytest.raises(NotFound):
        book(event, pupil)
    with pytest.raises(NotFound):
        book(event, "pupil-1", pupil)
    assert everything() == before


def test_an_event_one_is_not_invited_to_does_not_exist() -> None:
    event = an_event(invited=["pupil-2"])
    before = everything()
    with pytest.raises(NotFound):
        book(event)
    assert everything() == before


def test_a_draft_does_not_exist_for_families() -> None:
    with pytest.raises(NotFound):
        book(a_draft())


@pytest.mark.parametrize("status", ["draft", "publishing"])
def test_nor_does_an_event_that_is_not_published_yet_whoever_is_invited(status: str) -> None:
    with pytest.raises(NotFound):
        rules.require_bookable(an_event().model_copy(update={"status": status}), NOW)


def test_an_event_of_another_school_does_not_exist() -> None:
    event = an_event()
    before = everything()
    ctx = a_context("school-2", actor=Actor("contact", "contact-1"))
    with pytest.raises(NotFound):
        service.book(ctx, "contact-1", event.id, [Wish("pupil-1")], UNASKED)
    assert everything() == before


@pytest.mark.parametrize("moment", [OPENS_AT - timedelta(milliseconds=1), CLOSES_AT])
def test_outside_its_window_nothing_is_booked(moment: datetime) -> None:
    event = an_event()
    before = everything()
    with pytest.raises(WrongState):
        book(event, now=moment)
    assert everything() == before


@pytest.mark.parametrize("moment", [OPENS_AT, CLOSES_AT - timedelta(milliseconds=1)])
def test_inside_its_window_a_place_is_booked(moment: datetime) -> None:
    assert book(an_event(), now=moment).state == "pending"


def test_a_closed_event_takes_no_booking() -> None:
    event = an_event()
    close(event)
    before = everything()
    with pytest.raises(WrongState):
        book(event)
    assert everything() == before


def test_a_link_cut_after_the_look_stops_the_booking(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event()
    seen = places.free_places

    def look_and_cut(ctx: object, event_id: str, pool: str = TERM) -> list[Place]:
        _restrict()
        return seen(as_parent(), event_id, pool)

    monkeypatch.setattr(places, "free_places", look_and_cut)
    with pytest.raises(NotFound):
        book(event)
    assert set(place_states(event)) == {"free"}
    assert rows("Payments") == []
    assert not [row for row in rows("Bookings") if row["sk"]["S"] in {"BOOKING", f"GUARD#{event.id}"}]


def test_a_place_taken_after_the_look_makes_way_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event(capacity=2)
    seen = places.free_places

    def look_and_be_overtaken(ctx: object, event_id: str, pool: str = TERM) -> list[Place]:
        monkeypatch.setattr(places, "free_places", seen)
        free = seen(as_parent(), event_id, pool)
        book(event, "pupil-3", parent=3)
        taken = booking_of_pupil("pupil-3")
        return [place for place in free if place == taken]

    monkeypatch.setattr(places, "free_places", look_and_be_overtaken)
    booked = book(event)
    assert booking_of(booked).place != booking_of_pupil("pupil-3")
    assert place_states(event) == ["held", "held"]


def booking_of_pupil(pupil_id: str) -> Place:
    """The place of a pupil's one booking."""
    (booking,) = store.live_bookings_of_pupils(SCHOOL, [pupil_id])
    return booking.place


def test_a_gate_shut_after_the_look_leaves_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event()
    seen = places.free_places

    def look_and_close(ctx: object, event_id: str, pool: str = TERM) -> list[Place]:
        monkeypatch.setattr(places, "free_places", seen)
        free = seen(as_parent(), event_id, pool)
        close(event)
        return free

    monkeypatch.setattr(places, "free_places", look_and_close)
    with pytest.raises(NoFreePlace):
        book(event)
    assert set(place_states(event)) == {"free"}


def test_who_never_gets_a_place_in_time_is_told_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event()
    book(event, "pupil-3", parent=3)
    taken = booking_of_pupil("pupil-3")
    monkeypatch.setattr(places, "free_places", lambda *_: [taken])
    ctx = a_context(actor=Actor("contact", "contact-1"), deadline=NOW - timedelta(days=30))
    with pytest.raises(TryAgain):
        service.book(ctx, "contact-1", event.id, [Wish("pupil-1")], UNASKED)


def test_a_child_named_twice_is_refused_by_name() -> None:
    with pytest.raises(Invalid) as refused:
        book(an_event(), "pupil-1", "pupil-1")
    assert [one.field for one in refused.value.fields] == ["items.1.pupil_id"]


def test_an_administrator_books_on_a_contacts_behalf() -> None:
    event = an_event()
    booked = service.book(a_context(), "contact-1", event.id, [Wish("pupil-1")], UNASKED)
    assert booking_of(booked).booked_by == "contact-1"
    assert payment_of(booked).payer_id == "contact-1"


def test_nor_does_an_administrator_book_for_a_contact_what_is_not_theirs() -> None:
    event = an_event()
    with pytest.raises(NotFound):
        service.book(a_context(), "contact-1", event.id, [Wish("pupil-3")], UNASKED)


def test_the_booker_finds_booking_and_payment_at_the_next_refresh() -> None:
    booked = book(an_event())
    feed = [row for row in rows("Inbox") if row["pk"]["S"] == "SCH#school-1#FEED#contact#contact-1"]
    told = {(row["thing"]["S"], row["thing_id"]["S"]) for row in feed}
    assert {("booking", booked.booking_ids[0]), ("payment", booked.payment_id)} <= told
