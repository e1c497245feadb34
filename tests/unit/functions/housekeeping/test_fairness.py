"""A Stripe that hangs, or a chore without end, keeps housekeeping from nothing that could be done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from functions.housekeeping.handler import lambda_handler
from school_events.bookings import chores, store
from school_events.bookings.chores import PUT_OFF
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.core.context import Context
from school_events.core.errors import TryAgain
from school_events.core.patience import Patience
from school_events.events.model import SchoolEvent
from school_events.payments import stripe_client
from school_events.payments.refunds import bulk
from school_events.payments.refunds import store as refunds
from school_events.payments.refunds.model import Refund
from tests.support.booked_world import a_school_with_families, an_event, as_system, book, booking_of
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import LambdaContext
from tests.support.shop import Shop
from tests.unit.bookings.instalments.owing import FIRST, a_trip, confirmed, instalments, morning

_HANGS_MS = 16_500


@dataclass
class _Invocation(LambdaContext):
    """An invocation whose time goes by while Stripe hangs, for those schools for which it does."""

    remaining_ms: int = 55_000
    hangs_for: frozenset[str] = frozenset()
    asked: int = 0

    def monotonic(self) -> float:
        """Seconds, of which only the difference tells something."""
        return -self.remaining_ms / 1000

    def hang(self) -> None:
        """A call takes all the time it may, and has no answer."""
        self.asked += 1
        self.remaining_ms -= _HANGS_MS


@pytest.fixture
def invocation(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> _Invocation:
    """The next one; Stripe does not hang yet."""
    a_school_with_families()
    invocation, ask = _Invocation(), stripe_client._asked

    def asked(ctx: Context, call: Callable[[], object]) -> object:
        if ctx.school_id not in invocation.hangs_for:
            return ask(ctx, call)
        invocation.hang()
        raise TryAgain

    monkeypatch.setattr(stripe_client, "_asked", asked)
    monkeypatch.setattr(stripe_client, "time", invocation)
    return invocation


def _run(at: datetime, invocation: LambdaContext) -> dict[str, int]:
    with time_machine.travel(at, tick=False):
        return lambda_handler({}, invocation)


def _holds(shop: Shop, event: SchoolEvent, at: datetime) -> list[Booked]:
    """Three families each hold a place, and have opened Stripe's page to pay for it."""
    pupils = {1: "pupil-1", 3: "pupil-3", 4: "pupil-4"}
    held = [book(event, pupil, parent=number, now=at) for number, pupil in pupils.items()]
    for booked in held:
        shop.open(booked, now=at)
    return held


def test_a_stripe_that_hangs_is_met_once_a_run_and_what_needs_none_is_done(shop: Shop, invocation: _Invocation) -> None:
    at = morning(FIRST)
    begun = at - timedelta(minutes=40)
    owing = confirmed(shop, a_trip(), "pupil-2")
    shop.at(begun)
    held = _holds(shop, an_event(), begun)
    invocation.hangs_for = frozenset({SCHOOL})
    done = _run(at, invocation)
    assert invocation.asked == 1
    assert done["holds"] == 3
    assert instalments(owing)[0].told_at is not None, "its family was reminded of an instalment"
    assert {booking_of(one).state for one in held} == {BookingState.EXPIRING}
    assert not list(store.due_holds(at + PUT_OFF - timedelta(minutes=1))), "all wait, so that they keep nobody back"
    invocation.hangs_for, invocation.remaining_ms = frozenset(), 55_000
    _run(at + PUT_OFF, invocation)
    assert {booking_of(one).state for one in held} == {BookingState.RELEASED}


def test_a_school_for_which_stripe_hangs_keeps_no_other_back(
    invocation: _Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten holds of one school come first; those of another are not tried in that run, and are the first of the next."""
    due = [(school_id, f"booking_{number}") for school_id in (SCHOOL, "school-2") for number in range(10)]
    invocation.hangs_for = frozenset({SCHOOL})
    done: list[tuple[str, str]] = []
    put_off: list[tuple[str, str]] = []

    def let_go(ctx: Context, booking: Any, _payment_id: str) -> None:
        stripe_client.ask(ctx, lambda: done.append((ctx.school_id, booking.id)))

    def run() -> None:
        patience = Patience()
        invocation.remaining_ms = 55_000
        chores.let_due_holds_go(
            NOW, lambda school_id: replace(as_system(), school_id=school_id, patience=patience), lambda: True
        )

    monkeypatch.setattr(chores, "_let_go_if_over", let_go)
    monkeypatch.setattr(store, "put_off", lambda school_id, booking_id, *_: put_off.append((school_id, booking_id)))
    monkeypatch.setattr(store, "due_holds", lambda _: [(one[0], _Held(*one)) for one in due if one not in put_off])
    run()
    assert (invocation.asked, done, put_off) == (1, [], due[:10])
    run()
    assert (invocation.asked, done) == (1, due[10:])


@dataclass(frozen=True)
class _Held:
    """What of a hold its chore looks at."""

    school_id: str
    id: str
    hold_until: None = None

    @property
    def payment_id(self) -> str:
        """Its own."""
        return f"payment_of_{self.school_id}_{self.id}"


def test_a_refund_stripe_was_not_asked_for_stays_due(monkeypatch: pytest.MonkeyPatch) -> None:
    put_off: list[str] = []

    def refuse(ctx: Context, _payment_id: str, _refund: Refund) -> None:
        raise stripe_client.NotAsked if ctx.school_id == SCHOOL else TryAgain

    due = [(school_id, _asked_refund(school_id)) for school_id in ("school-2", SCHOOL)]
    monkeypatch.setattr(bulk, "make_refund", refuse)
    monkeypatch.setattr(refunds, "due_refunds", lambda _: due)
    monkeypatch.setattr(refunds, "put_refund_off", lambda school_id, *_: put_off.append(school_id))
    chores.make_due_refunds(NOW, lambda school_id: replace(as_system(), school_id=school_id), lambda: True)
    assert put_off == ["school-2"]


def test_once_stripe_is_not_asked_any_more_no_further_refund_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def refuse(_ctx: Context, payment_id: str, _refund: Refund) -> None:
        tried.append(payment_id)
        raise stripe_client.NotAsked

    read = iter([(SCHOOL, _asked_refund(f"{number}")) for number in range(1000)])
    monkeypatch.setattr(bulk, "make_refund", refuse)
    monkeypatch.setattr(refunds, "due_refunds", lambda _: read)
    chores.make_due_refunds(NOW, lambda _: as_system(), lambda: True)
    assert 1 <= len(tried) <= bulk.AT_ONCE
    assert len(list(read)) > 800, "nor are more of them looked up than a batch"


def _asked_refund(of: str) -> Refund:
    return Refund.model_validate(
        {
            "id": f"refund_{of}",
            "idempotency_key": "rf:1",
            "payment_id": f"payment_{of}",
            "line": "",
            "amount": {"amount": 100},
            "state": "asked",
            "asked_at": datetime(2026, 11, 23, 8, 59, tzinfo=UTC),
        }
    )
