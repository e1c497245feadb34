"""Killed before or after any call to DynamoDB or Stripe, and then done again: what is due later ends the same."""

import contextlib
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from school_events.bookings import cancelling, chores, settlement, store
from school_events.bookings.contributions import service as contributions
from school_events.bookings.instalments import family
from school_events.bookings.service import Booked
from school_events.core.errors import WrongState
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments.model import Payment
from school_events.payments.store import payments_of_school
from tests.support.booked_world import a_school_with_families, as_parent, as_system, book, booking_of, keyed
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.event_checker import faults_of
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.instalments.owing import a_trip, confirmed, housekeep, instalments, morning

type Path = Callable[[], object]
type Prepare = Callable[[Shop, SchoolEvent], Path]

TOMORROW = date(2026, 11, 24)
PAGE_OVER = NOW + timedelta(minutes=40)
LATER = NOW + timedelta(hours=1)


def _ids(booked: Booked) -> list[str]:
    return [one.id for one in instalments(booked)[:2]]


def _hear(payment: Payment) -> Payment:
    return settlement.apply_payment(as_system(name="stripe_events"), payment.id)


def _refund() -> None:
    chores.make_due_refunds(LATER, lambda _: as_system(LATER), lambda: True)


def _booking(_shop: Shop, trip: SchoolEvent) -> Path:
    return lambda: book(trip, "pupil-1", "pupil-2", asked=keyed("key-1"))


def _opening(shop: Shop, trip: SchoolEvent) -> Path:
    first, _ = _ids(confirmed(shop, trip))
    return lambda: family.checkout(as_parent(), first)


def _opening_together(shop: Shop, trip: SchoolEvent) -> Path:
    booked = confirmed(shop, trip)
    family.checkout(as_parent(), _ids(booked)[0])
    return lambda: family.checkout_together(as_parent(), _ids(booked))


def _paying_one_of_a_basket(shop: Shop, trip: SchoolEvent) -> Path:
    booked = confirmed(shop, trip)
    family.checkout_together(as_parent(), _ids(booked))
    first = _ids(booked)[0]
    return lambda: family.checkout(as_parent(), first)


def _putting_holds_together(_shop: Shop, trip: SchoolEvent) -> Path:
    booked = [book(trip, one) for one in ("pupil-1", "pupil-2")]
    ids = [one.payment_id or "" for one in booked]
    return lambda: family.checkout_together(as_parent(), ids)


def _hearing_of_a_paid_basket(shop: Shop, trip: SchoolEvent) -> Path:
    basket = family.checkout_together(as_parent(), _ids(confirmed(shop, trip)))
    shop.pay(basket)
    return lambda: _hear(basket)


def _hearing_of_a_basket_that_was_left(shop: Shop, trip: SchoolEvent) -> Path:
    basket = family.checkout_together(as_parent(), _ids(confirmed(shop, trip)))
    shop.at(PAGE_OVER)
    return lambda: _hear(basket)


def _cancelling(shop: Shop, trip: SchoolEvent) -> Path:
    booked = confirmed(shop, trip)
    first, _ = _ids(booked)
    shop.pay(family.checkout(as_parent(), first))
    settlement.apply_payment(as_system(), first)
    return lambda: _cancel(booked)


def _cancelling_while_it_is_paid(shop: Shop, trip: SchoolEvent) -> Path:
    booked = confirmed(shop, trip)
    basket = family.checkout_together(as_parent(), _ids(booked))
    shop.pay(basket)

    def cancel_and_hear() -> None:
        _cancel(booked)
        _hear(basket)

    return cancel_and_hear


def _cancel(booked: Booked) -> None:
    cancelling.cancel(a_context(), booking_of(booked), cancelling.Asked(request=keyed("key-2", "an end")))


def _reminding(shop: Shop, trip: SchoolEvent) -> Path:
    confirmed(shop, trip)
    return lambda: housekeep(morning(TOMORROW))


def _announcing(shop: Shop, trip: SchoolEvent) -> Path:
    confirmed(shop, trip)
    housekeep(morning(TOMORROW))
    return lambda: housekeep(morning(TOMORROW + timedelta(days=1)))


def _ending(shop: Shop, trip: SchoolEvent) -> Path:
    confirmed(shop, trip)
    for days in range(2):
        housekeep(morning(TOMORROW + timedelta(days=days)))
    now = morning(TOMORROW + timedelta(days=8))

    def end_and_refund() -> None:
        housekeep(now)
        chores.make_due_refunds(now, lambda _: as_system(now), lambda: True)

    return end_and_refund


def _changing_a_contribution(shop: Shop, trip: SchoolEvent) -> Path:
    booked = confirmed(shop, trip)
    [booking_id] = booked.booking_ids
    family.checkout(as_parent(), contributions.give(as_parent(), booking_id, pounds(500)).id)
    return lambda: contributions.give(as_parent(), booking_id, pounds(700))


def _offering_a_contribution(shop: Shop, trip: SchoolEvent) -> Path:
    [booking_id] = confirmed(shop, trip).booking_ids
    return lambda: contributions.give(as_parent(), booking_id, pounds(500))


PATHS: dict[str, Prepare] = {
    "book": _booking,
    "open a page": _opening,
    "open one page for several": _opening_together,
    "take one out of a basket": _paying_one_of_a_basket,
    "put holds together": _putting_holds_together,
    "hear of a paid basket": _hearing_of_a_paid_basket,
    "hear of a basket that was left": _hearing_of_a_basket_that_was_left,
    "cancel": _cancelling,
    "cancel while it is paid": _cancelling_while_it_is_paid,
    "remind": _reminding,
    "announce an end": _announcing,
    "end what is unpaid": _ending,
    "offer a contribution": _offering_a_contribution,
    "change a contribution": _changing_a_contribution,
}


def _end(shop: Shop, trip: SchoolEvent) -> dict[str, object]:
    """Where everything stands, without what differs from run to run."""
    bookings = list(store.bookings_of_event(SCHOOL, trip.id))
    return {
        "bookings": sorted((one.pupil_id, one.state, len(one.further_payments)) for one in bookings),
        "payments": sorted(
            (one.purpose, one.state, one.amount.amount, one.told_at is None) for one, _ in payments_of_school(SCHOOL)
        ),
        "ledger": sorted((one.kind, one.amount.amount) for one in ledger()),
        "open pages": sum(one["status"] == "open" for one in shop.all("checkout.session")),
        "refunds": sorted(one["amount"] for one in shop.all("refund")),
    }


def _settle() -> None:
    _refund()
    chores.move_returned_places_on(LATER, lambda _: as_system(LATER), lambda: True)


@pytest.mark.parametrize("name", PATHS)
def test_killed_anywhere_and_done_again_it_ends_the_same(shop: Shop, name: str) -> None:
    a_school_with_families()
    parts = [
        {"amount": {"amount": 400}, "due_on": TOMORROW.isoformat()},
        {"amount": {"amount": 600}, "due_on": "2026-12-01"},
    ]
    trip = a_trip(unpaid_instalment={"then": "cancel", "after_days": 8}, instalments=parts)
    _settle()
    path = PATHS[name](shop, trip)
    rewind = bookmark(shop)
    with watched(Calls()) as whole:
        path()
    _settle()
    wanted = _end(shop, trip)
    print(f"\n{name}: killed before or after any of {len(whole.names)} calls:", *enumerate(whole.names, 1))
    for point in whole.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(point)):
            path()
        with contextlib.suppress(WrongState):
            path()
        _settle()
        assert (point, _end(shop, trip)) == (point, wanted)
        assert not faults_of(trip)
        assert ledger_balance() == shop.balance()
