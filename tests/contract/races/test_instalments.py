"""Instalments opened, put together, paid and cancelled at once: each is paid once, or its money is back."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from local.stripe.errors import StripeError
from school_events.bookings import cancelling, checkout, chores, settlement, store
from school_events.bookings.contributions import service as contributions
from school_events.bookings.instalments import family
from school_events.bookings.model import LIVE, Booking
from school_events.core.context import Context
from school_events.core.errors import Conflict, PaymentsNotReady, SchoolEventsError, StaleVersion, TryAgain
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments.store import find_payments, payments_of_school
from tests.contract.races.families import PATIENCE, an_event, books, moment_of
from tests.support.at_once import at_once
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.embedded_aws import EmbeddedAws
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.instalments.owing import DUE

FAMILIES = range(1, 4)
LATER = NOW + timedelta(minutes=40)


@pytest.fixture(autouse=True)
def _no_money_yet(tables: None, embedded: EmbeddedAws) -> None:
    """Each race has a Stripe of its own, so the school connects anew."""
    embedded.empty(["Payments"])


def _school(now: datetime = NOW) -> Context:
    return a_context(now=now, deadline=datetime.now(UTC) + PATIENCE)


def _confirmed(event: SchoolEvent, shop: Shop, number: int) -> Booking:
    booked = books(event, number)()
    payment = checkout.open_page(moment_of(number), booked.payment_id or "")
    shop.pay(payment)
    settlement.apply_payment(_school(), payment.id)
    return store.find_booking(SCHOOL, booked.booking_ids[0])


def _pays_whatever_is_open(shop: Shop) -> None:
    for one in shop.all("checkout.session"):
        if one["status"] == "open":
            with contextlib.suppress(StripeError):
                shop.server.pay(one["id"])


def _acts(shop: Shop, number: int, booking: Booking) -> Iterator[Callable[[], object]]:
    first, second = booking.further_payments
    parent = partial(moment_of, number)
    yield lambda: family.checkout(parent(), first)
    yield lambda: family.checkout_together(parent(), [first, second])
    yield lambda: family.checkout_together(parent(), [second, first])
    yield lambda: family.checkout(parent(), second)
    yield lambda: _pays_whatever_is_open(shop)


def _calls_off(booking: Booking) -> None:
    # Whoever calls an event off comes again as long as there is a booking of it.
    with contextlib.suppress(StaleVersion):
        cancelling.call_off(_school(), booking)


def _at_once(acts: list[Callable[[], object]]) -> None:
    """Do it all; who is told that it is busy, paid or over is told the truth, and everybody else is a fault."""
    for one in at_once(acts):
        if isinstance(one, type) and issubclass(one, SchoolEventsError):
            assert issubclass(one, (Conflict, TryAgain, PaymentsNotReady)), one


def _settle(shop: Shop) -> None:
    """Everything Stripe knows is heard of, pages close, and housekeeping has been."""
    shop.at(LATER)
    for _ in range(2):
        for payment, _position in list(payments_of_school(SCHOOL)):
            settlement.apply_payment(_school(LATER), payment.id)
        for chore in (chores.look_after_unpaid, chores.let_due_holds_go, chores.make_due_refunds):
            chore(LATER, lambda _: _school(LATER), lambda: True)


def _check(event: SchoolEvent, shop: Shop) -> None:
    assert faults_of(event) == []
    assert ledger_balance() == shop.balance()
    assert {one["status"] for one in shop.all("checkout.session")} <= {"complete", "expired"}
    for booking in (one for one in store.bookings_of_event(SCHOOL, event.id) if one.state in LIVE):
        found = find_payments(SCHOOL, booking.further_payments).values()
        kept = [line.key for one in found if one.charge_id for line in one.lines if line.back != line.amount]
        assert len(kept) == len(set(kept)), kept


def test_opened_alone_and_together_and_paid_at_once_each_is_paid_once(shop: Shop) -> None:
    event = an_event(capacity=len(FAMILIES), price=1250, charging=DUE)
    booked = [(number, _confirmed(event, shop, number)) for number in FAMILIES]
    _at_once([act for number, booking in booked for act in _acts(shop, number, booking)])
    _settle(shop)
    _check(event, shop)


def test_cancelled_while_they_are_paid_everything_is_back_or_was_never_paid(shop: Shop) -> None:
    event = an_event(capacity=len(FAMILIES), price=1250, charging=DUE)
    acts: list[Callable[[], object]] = []
    for number in FAMILIES:
        booking = _confirmed(event, shop, number)
        acts += _acts(shop, number, booking)
        acts += [partial(cancelling.cancel, _school(), booking), partial(_calls_off, booking)]
    _at_once(acts)
    _settle(shop)
    _check(event, shop)
    assert not any(one.state in LIVE for one in store.bookings_of_event(SCHOOL, event.id))
    charged = sum(one["amount"] for one in shop.all("charge"))
    assert sum(one["amount"] for one in shop.all("refund")) == charged


def test_contributions_offered_changed_and_paid_at_once_are_one_at_a_time(shop: Shop) -> None:
    event = an_event(capacity=1, charging={"voluntary_contribution": {"amount": 500}})
    [booking_id] = books(event, 1)().booking_ids
    acts: list[Callable[[], object]] = [
        partial(contributions.give, moment_of(1), booking_id, pounds(pence)) for pence in (300, 400, 500, 600)
    ]
    _at_once(acts)
    [payment_id] = store.find_booking(SCHOOL, booking_id).further_payments
    _at_once([partial(family.checkout, moment_of(1), payment_id), partial(_pays_whatever_is_open, shop), *acts])
    _settle(shop)
    _check(event, shop)
