"""Killed before or after any call to DynamoDB or Stripe, and then asked again: the end is the same (D1, PAYMENTS.md).

Each path is first run whole, which enumerates its calls (``pytest -s`` prints them); then once for every call and
either side of it, from the same bookmark: killed there, asked again, looked at by the checker.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from local.stripe.bacs import Outcome
from local.stripe.errors import StripeError
from school_events.bookings import cancelling, chores, store, strays
from school_events.bookings.service import Booked
from school_events.core.context import Context
from school_events.events.model import SchoolEvent
from school_events.payments import rules
from school_events.payments.store import payments_of_school
from tests.support.booked_world import an_event, as_parent, as_system, book, booking_of, keyed, place_states
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.event_checker import faults_of
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.attempts import costs, debited, paid_otherwise, pay_twice, quarantined
from tests.unit.bookings.paying import HOLD_OVER, apply, late_and_gone, let_go, let_go_unseen, paid

type Path = Callable[[], object]
type Prepare = Callable[[Shop, SchoolEvent, pytest.MonkeyPatch], Path]

LATER = NOW + timedelta(hours=2)
"""When nothing of the story waits for anything any more."""


def _booking(_shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    return lambda: book(event, "pupil-1", "pupil-2", asked=keyed("key-1"))


def _booking_free(_shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    return lambda: book(event, "pupil-3", parent=3, asked=keyed("key-1"))


def _opening(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = book(event)
    return lambda: shop.open(booked)


def _applying(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = paid(shop, event, "pupil-1", "pupil-2")
    return lambda: apply(booked)


def _letting_go(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = book(event)
    shop.open(booked)
    return lambda: let_go(booked)


def _letting_go_unopened(_shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = book(event)
    return lambda: let_go(booked)


def _letting_go_though_paid(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = paid(shop, event)
    return lambda: let_go(booked)


def _refunding_late(shop: Shop, event: SchoolEvent, patch: pytest.MonkeyPatch) -> Path:
    booked = late_and_gone(shop, event, patch)
    return lambda: apply(booked)


def _regaining_late(shop: Shop, event: SchoolEvent, patch: pytest.MonkeyPatch) -> Path:
    booked = book(event)
    payment = shop.open(booked)
    let_go_unseen(shop, booked, patch)
    shop.pay(payment)
    return lambda: apply(booked)


def _cancelling(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = book(event)
    shop.open(booked)
    return _cancels(booked, as_parent())


def _cancelling_unopened(_shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    return _cancels(book(event, "pupil-1", "pupil-2"), as_parent())


def _cancelling_paid(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = paid(shop, event, "pupil-1", "pupil-2")
    apply(booked)
    return _cancels(booked, a_context())


def _cancelling_free(_shop: Shop, _event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    return _cancels(book(an_event(price=0)), as_parent())


def _cancelling_while_it_is_paid(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = book(event)
    payment = shop.open(booked)
    cancel = _cancels(booked, as_parent())

    def cancel_pay_and_hear() -> None:
        cancel()
        with contextlib.suppress(StripeError):
            shop.pay(payment)
        apply(booked)

    return cancel_pay_and_hear


def _making_a_refund(shop: Shop, event: SchoolEvent, patch: pytest.MonkeyPatch) -> Path:
    _cancelling_paid(shop, event, patch)()
    return lambda: _refunds_are_made(HOLD_OVER)


def _giving_back_what_came_twice(shop: Shop, event: SchoolEvent, patch: pytest.MonkeyPatch) -> Path:
    booked = book(event)
    pay_twice(shop, booked, patch)
    return lambda: apply(booked)


def _setting_money_aside(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = paid_otherwise(shop, event)
    return lambda: apply(booked)


def _giving_money_back(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = quarantined(shop, event)
    return lambda: strays.give_back(a_context(), booked.payment_id or "")


def _opening_at_another_price(shop: Shop, event: SchoolEvent, _patch: pytest.MonkeyPatch) -> Path:
    booked = book(event)
    shop.open(booked)
    costs(booked, 900)
    return lambda: shop.open(booked)


def _hearing_of_a_debit(shop: Shop, event: SchoolEvent, patch: pytest.MonkeyPatch) -> Path:
    patch.setattr(rules, "DIRECT_DEBIT_UNTIL", timedelta(days=10))
    booked = debited(shop, event)
    return lambda: apply(booked)


def _hearing_of_the_end_of_a_debit(outcome: Outcome) -> Prepare:
    def prepare(shop: Shop, event: SchoolEvent, patch: pytest.MonkeyPatch) -> Path:
        hear = _hearing_of_a_debit(shop, event, patch)
        hear()
        shop.server.payers.settle_debit(shop.all("checkout.session")[0]["id"], outcome)
        return hear

    return prepare


def _cancels(booked: Booked, ctx: Context) -> Path:
    """Cancel, and ask again with the same key."""
    asked = cancelling.Asked(request=keyed("key-2", "cancel"))
    seen = booking_of(booked)
    return lambda: cancelling.cancel(ctx, seen, asked)


def _refunds_are_made(now: datetime) -> None:
    chores.make_due_refunds(now, lambda _: as_system(now), lambda: True)


PATHS: dict[str, Prepare] = {
    "book a household": _booking,
    "book one child": _booking_free,
    "open the page": _opening,
    "apply a payment": _applying,
    "let a hold go": _letting_go,
    "let a hold go that has no page": _letting_go_unopened,
    "let a hold go that was paid": _letting_go_though_paid,
    "refund late money": _refunding_late,
    "give late money its place": _regaining_late,
    "cancel a hold": _cancelling,
    "cancel a hold that has no page": _cancelling_unopened,
    "cancel a paid place": _cancelling_paid,
    "cancel a place that cost nothing": _cancelling_free,
    "cancel a hold while it is paid": _cancelling_while_it_is_paid,
    "make the refund of a cancelled place": _making_a_refund,
    "give back what was paid twice": _giving_back_what_came_twice,
    "set aside what was not asked for": _setting_money_aside,
    "give back what was not asked for": _giving_money_back,
    "open the page at another price": _opening_at_another_price,
    "hear of a debit": _hearing_of_a_debit,
    "hear that a debit came": _hearing_of_the_end_of_a_debit(Outcome.SUCCEEDS),
    "hear that a debit failed": _hearing_of_the_end_of_a_debit(Outcome.FAILS),
}


def _housekeeping(now: datetime) -> None:
    chores.move_returned_places_on(now, lambda _: as_system(now), lambda: True)
    chores.let_due_holds_go(now, lambda _: as_system(now), lambda: True)
    _refunds_are_made(now)


def _end(shop: Shop, event: SchoolEvent) -> dict[str, object]:
    """Where everything stands, without what differs from run to run (which place, which id)."""
    bookings = list(store.bookings_of_event(SCHOOL, event.id))
    return {
        "bookings": sorted((one.pupil_id, one.state, one.hold_until) for one in bookings),
        "payments": sorted(one.state for one, _ in payments_of_school(SCHOOL)),
        "places": sorted(place_states(event)),
        "ledger": sorted((one.kind, one.amount.amount) for one in ledger()),
        "pages": sorted(one["status"] for one in shop.all("checkout.session")),
        "refunds": len(shop.all("refund")),
    }


def _check(shop: Shop, event: SchoolEvent) -> None:
    assert not faults_of(event)
    assert ledger_balance() == shop.balance()


def _tidy(event: SchoolEvent, now: datetime) -> None:
    if "returned" in place_states(event):
        chores.move_returned_places_on(now, lambda _: as_system(now), lambda: True)
    _refunds_are_made(now)


@pytest.mark.parametrize("name", PATHS)
def test_killed_anywhere_and_asked_again_it_ends_the_same(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _housekeeping(NOW - timedelta(minutes=20))
    path = PATHS[name](shop, event, monkeypatch)
    rewind = bookmark(shop)
    with watched(Calls()) as whole:
        path()
    _tidy(event, HOLD_OVER)
    _check(shop, event)
    wanted = _end(shop, event)
    print(f"\n{name}: killed before or after any of {len(whole.names)} calls:", *enumerate(whole.names, 1))
    for point in whole.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(point)):
            path()
        path()
        _tidy(event, HOLD_OVER)
        assert (point, _end(shop, event)) == (point, wanted)
        _check(shop, event)


@pytest.mark.parametrize(
    "name",
    [
        "book a household",
        "open the page",
        "let a hold go",
        "cancel a hold",
        "cancel a hold that has no page",
    ],
)
def test_killed_anywhere_and_never_asked_again_no_place_is_held_for_ever(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = PATHS[name](shop, event, monkeypatch)
    _housekeeping(NOW - timedelta(minutes=20))
    rewind = bookmark(shop)
    with watched(Calls()) as whole:
        path()
    for point in whole.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(point)):
            path()
        shop.at(LATER)
        _housekeeping(LATER)
        assert set(place_states(event)) == {"free"}
        assert {one["status"] for one in shop.all("checkout.session")} <= {"expired"}
        assert not faults_of(event)


@pytest.mark.parametrize("name", ["cancel a paid place", "make the refund of a cancelled place"])
def test_killed_anywhere_and_never_asked_again_a_paid_place_is_had_or_its_money_is_back(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _housekeeping(NOW - timedelta(minutes=20))
    path = PATHS[name](shop, event, monkeypatch)
    rewind = bookmark(shop)
    with watched(Calls()) as whole:
        path()
    for point in whole.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(point)):
            path()
        shop.at(LATER)
        _housekeeping(LATER)
        _check(shop, event)
        assert "returned" not in place_states(event)
        assert len(shop.all("refund")) == place_states(event).count("free") - 1
