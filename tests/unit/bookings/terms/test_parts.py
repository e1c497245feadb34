"""Places for single sessions, whole clubs and appointments are given up alike, each until its own beginning (D6)."""

from datetime import datetime, timedelta

import pytest

from school_events.bookings import cancelling, chores
from school_events.bookings.model import BookingState
from school_events.bookings.rules import SLOTS, session_pool
from school_events.bookings.terms.rules import TooLateToCancel
from school_events.bookings.terms.service import preview
from school_events.core.context import Context
from school_events.core.errors import WrongState
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from tests.support.booked_world import as_parent, as_system, book, booking_of, payment_of
from tests.support.club_world import (
    FIRST,
    ON_FIRST_DAY,
    SECOND,
    a_club,
    a_school_with_clubs,
    book_sessions,
    cancel_session,
    pool_states,
)
from tests.support.evening_checker import faults_of_evening
from tests.support.evening_world import a_school_with_teachers, an_evening, book_slots
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.paying import apply

pytestmark = pytest.mark.usefixtures("shop")

WEEK = timedelta(days=7)
POLICY = [{"until": "2026-12-01", "refund_percent": 100}, {"until": "2026-12-09", "refund_percent": 30}]


def _housekeeping(event: SchoolEvent, after: datetime) -> None:
    """What is due a while after an instant."""
    now = after + timedelta(minutes=5)

    def context_for(_school_id: str) -> Context:
        return as_system(now)

    chores.move_returned_places_on(now, context_for, lambda: True)
    chores.make_due_refunds(now, context_for, lambda: True)
    assert not faults_of(event)


def test_of_two_sessions_paid_together_one_is_given_up_under_the_policy_until_it_begins(shop: Shop) -> None:
    a_school_with_clubs()
    event = a_club(price=500, cancellation=POLICY)
    booked = book_sessions(event, ("pupil-1", FIRST), ("pupil-1", SECOND))
    shop.pay(shop.open(booked))
    apply(booked)
    first, second = booking_of(booked), booking_of(booked, 1)
    with pytest.raises(TooLateToCancel):
        cancelling.cancel(as_parent(now=ON_FIRST_DAY), first)
    seen = preview(as_parent(now=ON_FIRST_DAY), second)
    assert (seen.until, seen.refund) == (ON_FIRST_DAY + WEEK, pounds(150))
    ended = cancelling.cancel(as_parent(now=ON_FIRST_DAY), second)
    assert ended.state is BookingState.CANCELLED
    assert booking_of(booked).state is BookingState.CONFIRMED
    _housekeeping(event, ON_FIRST_DAY)
    assert payment_of(booked).refunded == pounds(150)
    assert [pool_states(event, session_pool(one)).count("free") for one in (FIRST, SECOND)] == [1, 2]
    assert ledger_balance() == shop.balance()


def test_a_session_that_is_cancelled_gives_everything_back_and_nobody_gives_it_up_for_less(shop: Shop) -> None:
    a_school_with_clubs()
    event = a_club(price=500, cancellation=[])
    booked = book_sessions(event, ("pupil-1", FIRST))
    shop.pay(shop.open(booked))
    apply(booked)
    cancel_session(event, FIRST)
    with pytest.raises(WrongState):
        cancelling.cancel(as_parent(), booking_of(booked))
    assert not preview(as_parent(), booking_of(booked)).possible


def test_a_whole_club_can_be_left_between_its_sessions(shop: Shop) -> None:
    a_school_with_clubs()
    event = a_club(places="series", price=500, cancellation=POLICY)
    booked = book(event)
    shop.pay(shop.open(booked))
    apply(booked)
    with pytest.raises(TooLateToCancel):
        cancelling.cancel(as_parent(now=ON_FIRST_DAY + 2 * WEEK), booking_of(booked))
    next_day = ON_FIRST_DAY + timedelta(days=1)
    cancelling.cancel(as_parent(now=next_day), booking_of(booked))
    _housekeeping(event, next_day)
    assert payment_of(booked).refunded == pounds(150)


def test_an_appointment_is_given_up_until_it_begins_and_is_free_at_once() -> None:
    a_school_with_teachers()
    event = an_evening()
    booked = book_slots(event, ("pupil-1", "teacher-1", "17:10"), ("pupil-1", "teacher-2", "17:30"))
    begins_at = preview(as_parent(), booking_of(booked)).until
    assert begins_at is not None
    assert (begins_at.hour, begins_at.minute) == (17, 10)
    with pytest.raises(TooLateToCancel):
        cancelling.cancel(as_parent(now=begins_at), booking_of(booked))
    cancelling.cancel(as_parent(now=begins_at), booking_of(booked, 1))
    assert pool_states(event, SLOTS).count("taken") == 1
    assert not faults_of_evening(event)
