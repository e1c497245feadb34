"""Cancelled by family and school at once, while it is paid, let go or called off: one end, and its money once."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from local.stripe.errors import StripeError
from school_events.bookings import cancelling, checkout, chores, settlement, store
from school_events.bookings.cancelling import Asked
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.core.context import Context
from school_events.core.errors import SchoolEventsError, StaleVersion, TryAgain, WrongState
from school_events.events.model import SchoolEvent
from school_events.payments.model import Payment
from tests.contract.races.families import PATIENCE, an_event, books, moment_of
from tests.support.at_once import at_once
from tests.support.booked_world import PRICE
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.embedded_aws import EmbeddedAws
from tests.support.event_checker import bookings_of, faults_of
from tests.support.shop import Shop, ledger_balance

FAMILIES = range(1, 5)
LATER = NOW + timedelta(minutes=40)


@pytest.fixture(autouse=True)
def _no_money_yet(tables: None, embedded: EmbeddedAws) -> None:
    """Each race has a Stripe of its own, so the school connects anew."""
    embedded.empty(["Payments"])


def _school(now: datetime = NOW) -> Context:
    return a_context(now=now, deadline=datetime.now(UTC) + PATIENCE)


def _booked(event: SchoolEvent, shop: Shop, number: int, *, paid: bool) -> Booked:
    """A family's hold with its page open; or paid, and confirmed."""
    booked = books(event, number)()
    payment = checkout.open_page(moment_of(number), booked.payment_id or "")
    if paid:
        shop.pay(payment)
        settlement.apply_payment(_school(), payment.id)
    return booked


def _all_at_once(acts: list[Callable[[], object]]) -> None:
    outcomes = at_once(acts)
    told = {one for one in outcomes if isinstance(one, type) and issubclass(one, SchoolEventsError)}
    assert all(issubclass(one, WrongState | TryAgain | StaleVersion) for one in told)


def _housekeeping_runs_twice_at_once(now: datetime) -> None:
    def run(chore: Callable[..., int]) -> object:
        return chore(now, lambda _: _school(now), lambda: True)

    at_once([partial(run, chore) for chore in (chores.make_due_refunds, chores.let_due_holds_go) for _ in range(2)])


def test_family_school_and_event_end_a_paid_place_once_and_its_money_goes_back_once(shop: Shop) -> None:
    event = an_event(capacity=len(FAMILIES), price=PRICE)
    acts: list[Callable[[], object]] = []
    for number in FAMILIES:
        booking = store.find_booking(SCHOOL, _booked(event, shop, number, paid=True).booking_ids[0])
        acts += [
            partial(cancelling.cancel, moment_of(number), booking),
            partial(cancelling.cancel, _school(), booking, Asked(refund="full")),
            partial(cancelling.call_off, _school(), booking),
        ]
    _all_at_once(acts)
    for _ in range(2):
        _housekeeping_runs_twice_at_once(LATER)
    ended = bookings_of(event)
    assert {one.state for one in ended} == {BookingState.CANCELLED}
    owed = [one.cancellation.refund.amount for one in ended if one.cancellation is not None]
    assert sorted(one["amount"] for one in shop.all("refund")) == sorted(pence for pence in owed if pence)
    assert faults_of(event) == []
    assert ledger_balance() == shop.balance()


def test_a_hold_cancelled_while_it_is_paid_let_go_and_heard_of_is_a_place_or_was_never_paid(shop: Shop) -> None:
    event = an_event(capacity=len(FAMILIES), price=PRICE)
    acts: list[Callable[[], object]] = []
    pages: list[Payment] = []
    made = {number: _booked(event, shop, number, paid=False) for number in FAMILIES}
    for number, booked in made.items():
        booking = store.find_booking(SCHOOL, booked.booking_ids[0])
        payment_id = booked.payment_id or ""
        pages.append(checkout.open_page(moment_of(number), payment_id))
        acts += [
            partial(cancelling.cancel, moment_of(number), booking),
            partial(settlement.let_go, _school(), payment_id),
            partial(settlement.apply_payment, _school(), payment_id),
        ]
    acts += [partial(_pays, shop, page) for page in pages[::2]]
    _all_at_once(acts)
    released = {one.payment_id for one in bookings_of(event) if one.state is BookingState.RELEASED}
    assert "open" not in {shop.status_of(page) for page in pages if page.id in released}
    shop.at(LATER)
    for _ in range(2):
        _housekeeping_runs_twice_at_once(LATER)
    for booked in made.values():
        settlement.apply_payment(_school(LATER), booked.payment_id or "")
    assert faults_of(event) == []
    assert {one.state for one in bookings_of(event)} <= {BookingState.CONFIRMED, BookingState.RELEASED}
    assert len(shop.all("charge")) == [one.state for one in bookings_of(event)].count(BookingState.CONFIRMED)
    assert ledger_balance() == shop.balance()


def _pays(shop: Shop, page: Payment) -> None:
    with contextlib.suppress(StripeError):
        shop.pay(page)
