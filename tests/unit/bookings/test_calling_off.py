"""The school cancels an event: every family is told once, and what was paid goes back, wherever it broke off (B2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from school_events.bookings import cancelling, chores, consequences, places, store
from school_events.bookings.model import BookingState, Place
from school_events.bookings.store import BookingItem
from school_events.bookings.ways import AnyFree
from school_events.core.context import Context
from school_events.core.errors import WrongState
from school_events.core.money import pounds
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from school_events.payments.model import PaymentState
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    payment_of,
    place_states,
)
from tests.support.contexts import NOW, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.event_checker import faults_of
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger, ledger_balance
from tests.support.tables import what_is_due
from tests.unit.bookings.paying import apply, paid

pytestmark = pytest.mark.usefixtures("shop")

MINUTE = timedelta(minutes=1)


def _cancel(event: SchoolEvent) -> None:
    lifecycle.cancel(a_context(), event.id, places.close_places)


def _housekeeping(at: datetime = NOW) -> None:
    """A minute's run, as far as it concerns cancelling."""

    def context_for(_school_id: str) -> Context:
        return as_system(at)

    chores.move_returned_places_on(at, context_for, lambda: True)
    chores.call_events_off(at, context_for, lambda: True)
    chores.let_due_holds_go(at, context_for, lambda: True)
    chores.make_due_refunds(at, context_for, lambda: True)
    chores.tell_news(at, lambda: True)


def _whole_story() -> None:
    """Cancelled, and a few minutes of housekeeping: one more than anything needs, so that a repeat would show."""
    for minutes in range(4):
        _housekeeping(NOW + minutes * MINUTE)


def test_free_places_paid_places_and_holds_end_and_money_goes_back_to_the_penny(shop: Shop, event: SchoolEvent) -> None:
    household = paid(shop, event, "pupil-1", "pupil-2")
    apply(household)
    held = book(event, "pupil-3", parent=3)
    _cancel(event)
    _whole_story()
    assert [booking_of(household, one).state for one in (0, 1)] == [BookingState.CANCELLED] * 2
    assert booking_of(held).state is BookingState.RELEASED
    payment = payment_of(household)
    assert (payment.state, payment.refunded) == (PaymentState.REFUNDED, pounds(2500))
    assert [one["amount"] for one in shop.all("refund")] == [1250, 1250]
    assert ledger_balance() == shop.balance()
    assert sorted(one.kind for one in ledger()) == ["charge", "charge", "fee", "refund", "refund"]
    assert set(place_states(event)) == {"free"}
    assert not faults_of(event)
    assert what_is_due() == []


def test_places_that_cost_nothing_are_cancelled_although_no_index_knows_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_school_with_families()
    event = an_event(price=0)
    booked = book(event, "pupil-1", "pupil-2")
    _cancel(event)
    monkeypatch.setattr(store, "bookings_of_event", lambda *_: iter(()))
    _housekeeping()
    assert [booking_of(booked, one).state for one in (0, 1)] == [BookingState.CANCELLED] * 2
    assert not faults_of(event)
    _housekeeping(NOW + MINUTE)
    assert what_is_due() == []


def test_a_booking_that_cannot_be_ended_keeps_no_other_family_waiting(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = paid(shop, event, "pupil-1"), paid(shop, event, "pupil-2")
    for booked in (first, second):
        apply(booked)
    _cancel(event)
    with monkeypatch.context() as patch:
        end = cancelling.call_off
        stuck = min(booking_of(first), booking_of(second), key=lambda one: str(one.place))
        patch.setattr(cancelling, "call_off", lambda ctx, one: 1 / 0 if one.id == stuck.id else end(ctx, one))
        _housekeeping()
        states = {one.id: one.state for one in (booking_of(first), booking_of(second))}
        assert states.pop(stuck.id) is BookingState.CONFIRMED
        assert set(states.values()) == {BookingState.CANCELLED}
    _housekeeping(NOW + chores.PUT_OFF)
    assert {booking_of(one).state for one in (first, second)} == {BookingState.CANCELLED}
    assert not faults_of(event)


def test_every_booked_family_is_told_once(shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(paid(shop, event, "pupil-1", "pupil-2"))
    book(event, "pupil-3", parent=3)
    told: set[tuple[str | None, str]] = set()
    serialize = BookingItem.serialize

    def seen(item: BookingItem, *args: Any, **others: Any) -> object:
        followed = consequences.of(item)
        tellings = followed.tellings if followed else ()
        told.update((one.pupil_id, item.change.id) for one in tellings if one.kind == "cancelled")
        return serialize(item, *args, **others)

    monkeypatch.setattr(BookingItem, "serialize", seen)
    _cancel(event)
    _whole_story()
    assert sorted(pupil or "" for pupil, _ in told) == ["pupil-1", "pupil-2", "pupil-3"]


def test_nobody_waits_for_stripe_to_be_told(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event)
    apply(booked)
    free = an_event(price=0)
    also = book(free, "pupil-3", parent=3)
    _cancel(event)
    _cancel(free)
    shop.server.faults.outage(50)
    _housekeeping()
    assert booking_of(booked).state is BookingState.CANCELLED
    assert booking_of(also).state is BookingState.CANCELLED
    _housekeeping(NOW + MINUTE)
    assert payment_of(booked).state is PaymentState.PAID
    shop.server.faults.clear()
    _housekeeping(NOW + 2 * MINUTE)
    assert payment_of(booked).state is PaymentState.PAID, "it was put off"
    _housekeeping(NOW + MINUTE + chores.PUT_OFF)
    assert payment_of(booked).state is PaymentState.REFUNDED
    assert not faults_of(event)


def test_who_pays_on_an_open_page_just_after_has_the_money_back(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    payment = shop.open(booked)
    _cancel(event)
    for _ in range(2):
        chores.call_events_off(NOW, lambda _: as_system(), lambda: True)
        assert booking_of(booked).state is BookingState.EXPIRING
    shop.pay(payment)
    assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    _whole_story()
    assert booking_of(booked).state is BookingState.CANCELLED
    assert payment_of(booked).state is PaymentState.REFUNDED
    assert not faults_of(event)
    assert what_is_due() == []


def test_late_money_of_a_cancelled_event_finds_no_place(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    payment = shop.open(booked)
    _cancel(event)
    with monkeypatch.context() as patch:
        patch.setattr("school_events.payments.gateway.expire_session", lambda *_: None)
        _whole_story()
    assert booking_of(booked).state is BookingState.RELEASED
    shop.pay(payment)
    assert apply(booked).state is PaymentState.REFUNDED
    assert not faults_of(event)


def test_money_a_person_must_decide_on_stays_with_that_person(shop: Shop, event: SchoolEvent) -> None:
    payment = shop.open(booked := book(event))
    (session,) = shop.all("checkout.session")
    session["amount_total"] = 1
    shop.pay(payment)
    apply(booked)
    _cancel(event)
    _whole_story()
    assert payment_of(booked).state is PaymentState.QUARANTINED
    assert booking_of(booked).state is BookingState.PENDING
    assert what_is_due() == []


def test_a_booking_under_way_when_the_event_is_cancelled_is_refused_or_ended(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose = AnyFree.choose

    def cancelled_just_then(*args: Any) -> list[Place]:
        chosen = choose(*args)
        _cancel(event)
        return chosen

    monkeypatch.setattr(AnyFree, "choose", cancelled_just_then)
    with pytest.raises(Exception, match="no free place"):
        book(event)
    monkeypatch.undo()
    with pytest.raises(WrongState):
        book(event)


def test_who_had_no_time_left_goes_on_the_minute_after(event: SchoolEvent) -> None:
    booked = book(event, "pupil-1", "pupil-2")
    _cancel(event)
    assert chores.call_events_off(NOW, lambda _: as_system(), iter([True, False, False]).__next__) == 1
    assert booking_of(booked).state is BookingState.PENDING
    _whole_story()
    assert booking_of(booked).state is BookingState.RELEASED


def test_killed_anywhere_the_end_is_the_same(shop: Shop, event: SchoolEvent) -> None:
    apply(paid(shop, event, "pupil-1"))
    book(event, "pupil-2")
    start = bookmark(shop)
    with watched(Calls()) as whole:
        _story(event)
    points = whole.points()
    for point in points:
        start()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            _story(event)
        _story(event)
        assert not faults_of(event), point
        assert set(place_states(event)) == {"free"}, point
        assert len(shop.all("refund")) == 1, point
        assert ledger_balance() == shop.balance(), point
        assert what_is_due() == [], point


def _story(event: SchoolEvent) -> None:
    _cancel(event)
    chores.move_returned_places_on(NOW, lambda _: as_system(), lambda: True)
    chores.call_events_off(NOW, lambda _: as_system(), lambda: True)
    chores.make_due_refunds(NOW + MINUTE, lambda _: as_system(), lambda: True)
    chores.tell_news(NOW + MINUTE, lambda: True)


def test_a_family_cannot_cancel_what_is_cancelled(shop: Shop, event: SchoolEvent) -> None:
    apply(booked := paid(shop, event))
    _cancel(event)
    _whole_story()
    with pytest.raises(WrongState):
        cancelling.cancel(as_parent(), booking_of(booked))
