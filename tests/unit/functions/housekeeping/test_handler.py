"""Every minute: due holds let go, returned places moved on, gates shut; one failure keeps nothing else back."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from pynamodb.connection.base import Connection

from functions.housekeeping.handler import lambda_handler
from school_events.bookings import allocating, cancelling, chores, places, settlement, store
from school_events.bookings.model import BookingState
from school_events.core import due, logs
from school_events.core.context import Context
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from school_events.payments import gateway
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    place_states,
)
from tests.support.contexts import NOW, a_context
from tests.support.event_checker import faults_of
from tests.support.http_events import LambdaContext
from tests.support.shop import Shop
from tests.support.sweeping import HOUSEKEPT, housekept_until
from tests.support.tables import everything, rows

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture(autouse=True)
def event(shop: Shop) -> SchoolEvent:
    """A trip at £12.50 with three places; housekeeping has run up to now."""
    a_school_with_families()
    housekept_until(NOW)
    return an_event()


def _run(at: datetime, remaining_ms: int = 55_000) -> dict[str, int]:
    with time_machine.travel(at, tick=False):
        return lambda_handler({}, LambdaContext(remaining_ms=remaining_ms))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each operation is asked of DynamoDB."""
    counted: Counter[str] = Counter()
    dispatch = Connection.dispatch

    def dispatched(connection: Connection, operation: str, request: dict[str, Any]) -> Any:
        counted[operation] += 1
        return dispatch(connection, operation, request)

    monkeypatch.setattr(Connection, "dispatch", dispatched)
    return counted


@pytest.mark.parametrize("away", [timedelta(minutes=1), timedelta(hours=5)])
def test_a_quiet_minute_costs_the_due_partitions_of_this_hour(reads: Counter[str], away: timedelta) -> None:
    quiet = NOW + timedelta(minutes=20) + away
    _run(quiet)
    reads.clear()
    assert set(_run(quiet + timedelta(minutes=1)).values()) == {0}
    assert reads == {"GetItem": len(HOUSEKEPT), "Query": len(HOUSEKEPT) * due.SHARDS}


def test_in_the_first_quarter_of_an_hour_the_hour_before_is_looked_at_too(reads: Counter[str]) -> None:
    _run(NOW + timedelta(hours=3, minutes=59))
    reads.clear()
    _run(NOW + timedelta(hours=4, minutes=14))
    assert reads == {"GetItem": len(HOUSEKEPT), "Query": len(HOUSEKEPT) * 2 * due.SHARDS}


def test_holds_go_when_their_time_is_over_and_not_before(event: SchoolEvent) -> None:
    booked = book(event, "pupil-1", "pupil-2")
    assert _run(NOW + timedelta(minutes=14))["holds"] == 0
    assert _run(NOW + timedelta(minutes=15))["holds"] == 1
    assert booking_of(booked).state is BookingState.RELEASED
    assert set(place_states(event)) == {"free"}
    assert _run(NOW + timedelta(minutes=16))["holds"] == 0


def test_after_a_long_silence_everything_overdue_is_done(event: SchoolEvent) -> None:
    book(event)
    late = NOW + due.HOURLY.look_back + timedelta(hours=2)
    assert chores.let_due_holds_go(late, lambda _: as_system(late), lambda: True) == 1
    assert set(place_states(event)) == {"free"}


def test_returned_places_that_nobody_moved_on_are_moved_on(event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    booked = book(event)
    with monkeypatch.context() as patch:
        patch.setattr(allocating, "move_on", lambda *_: None)
        cancelling.cancel(as_parent(), booking_of(booked))
    assert place_states(event).count("returned") == 1
    assert _run(NOW + timedelta(minutes=1))["places"] == 1
    assert set(place_states(event)) == {"free"}


def test_gates_that_were_left_open_are_shut(event: SchoolEvent) -> None:
    def crash(*_args: object) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        lifecycle.close(a_context(), event.id, crash)
    assert _run(NOW + timedelta(minutes=2))["gates"] == 1
    assert places.free_places(as_parent(), event.id) == []
    assert _run(NOW + timedelta(minutes=3))["gates"] == 0


def test_a_hold_that_cannot_be_let_go_keeps_no_other_back_and_is_tried_again(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = book(event), book(event, "pupil-3", parent=3)
    stuck_payment = shop.open(stuck)
    shop.open(other)
    expire = gateway.expire_session

    def refuse_one(ctx: Context, account_id: str, session_id: str) -> None:
        if stuck_payment.checkout and session_id == stuck_payment.checkout.session_id:
            raise RuntimeError
        expire(ctx, account_id, session_id)

    over = NOW + timedelta(minutes=36)
    monkeypatch.setattr(gateway, "expire_session", refuse_one)
    _run(over)
    assert booking_of(other).state is BookingState.RELEASED
    assert booking_of(stuck).state is BookingState.EXPIRING
    monkeypatch.setattr(gateway, "expire_session", expire)
    assert _run(over + timedelta(minutes=1))["holds"] == 0
    assert _run(over + timedelta(minutes=5))["holds"] == 1
    assert booking_of(stuck).state is BookingState.RELEASED
    assert not faults_of(event)


def test_a_hold_that_stays_stuck_does_not_hold_the_watermark_back(
    shop: Shop, event: SchoolEvent, reads: Counter[str]
) -> None:
    shop.open(book(event))
    for minutes in range(36, 36 + 6 * 60, 60):
        shop.server.faults.outage(2)
        _run(NOW + timedelta(minutes=minutes))
    assert place_states(event).count("held") == 1
    reads.clear()
    shop.server.faults.outage(2)
    _run(NOW + timedelta(minutes=36 + 6 * 60))
    assert reads["Query"] <= 3 * len(HOUSEKEPT) * due.SHARDS + 4
    shop.server.faults.clear()
    _run(NOW + timedelta(minutes=36 + 7 * 60))
    assert set(place_states(event)) == {"free"}


def test_with_no_time_left_nothing_is_begun(event: SchoolEvent) -> None:
    book(event)
    before = everything()
    assert _run(NOW + timedelta(minutes=16), remaining_ms=20_000)["holds"] == 0
    after = everything()
    assert [row for row in after["Bookings"] if row["kind"]["S"] != "watermark"] == [
        row for row in before["Bookings"] if row["kind"]["S"] != "watermark"
    ]
    assert _run(NOW + timedelta(minutes=17))["holds"] == 1


def test_gates_and_places_do_not_wait_for_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def looks_for(kind: str, *_args: object) -> list[object]:
        order.append(kind)
        return []

    monkeypatch.setattr(due, "sweep", looks_for)
    _run(NOW)
    assert order == list(HOUSEKEPT)


def test_a_hold_that_was_extended_just_now_is_not_let_go_on_the_word_of_an_old_index(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    before = booking_of(booked)
    payment = shop.open(booked, NOW + timedelta(minutes=14))
    monkeypatch.setattr(store, "due_holds", lambda _: [("school-1", before)])
    _run(NOW + timedelta(minutes=15))
    assert booking_of(booked).state is BookingState.PENDING
    assert shop.status_of(payment) == "open"


def test_a_hold_that_a_person_must_decide_on_is_not_due(shop: Shop, event: SchoolEvent) -> None:
    payment = shop.open(book(event))
    (session,) = shop.all("checkout.session")
    session["amount_total"] = 1
    shop.pay(payment)
    assert _run(NOW + timedelta(minutes=36))["holds"] == 1
    assert _run(NOW + timedelta(minutes=50))["holds"] == 0
    assert not [row for row in rows("Bookings") if "due_pk" in row]


@pytest.mark.parametrize("after", [29, 31])
def test_who_waits_for_stripe_for_half_an_hour_is_counted_for_somebody_to_look_at(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    paid_for = book(event, "pupil-3", parent=3)
    shop.pay(shop.open(paid_for))
    settlement.apply_payment(as_system(), paid_for.payment_id or "")
    cancelling.cancel(a_context(now=NOW + timedelta(minutes=36)), booking_of(paid_for))
    shop.open(book(event))
    shop.server.faults.outage(1000)
    counted: Counter[str] = Counter()
    monkeypatch.setattr(logs, "count", lambda name, value=1: counted.update({name: value}))
    _run(NOW + timedelta(minutes=36 + after))
    stuck = {name: times for name, times in counted.items() if name.endswith("Stuck")}
    assert stuck == ({"HoldStuck": 1, "RefundStuck": 1} if after > 30 else {})
    assert booking_of(paid_for).state is BookingState.CANCELLED
    assert place_states(event).count("held") == 1
