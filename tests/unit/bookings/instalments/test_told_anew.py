"""What was paid and turned out not to be is owed again: no place ends for it without its family being told anew."""

from datetime import date, datetime, timedelta

import pytest

from school_events.bookings import receiving, settlement, strays
from school_events.bookings.instalments import family
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.core.context import Actor, Context
from school_events.core.money import pounds
from school_events.core.requests import Request
from school_events.payments import store
from school_events.payments.model import Payment, PaymentState
from school_events.payments.receipts.api import Mistake, NewReceipt
from tests.support.booked_world import a_school_with_families, as_parent, as_system, booking_of
from tests.support.contexts import SCHOOL, a_context
from tests.support.shop import Shop
from tests.unit.bookings.instalments.owing import a_trip, confirmed, housekeep, instalments, morning

_TOMORROW, _DAY, _HOUR = date(2026, 11, 24), timedelta(days=1), timedelta(hours=1)
_BY_HAND = Request(None, "")


@pytest.fixture
def booked(shop: Shop) -> Booked:
    """A place of a school that ends it eight days after an instalment's day, tomorrow and the day after."""
    a_school_with_families()
    days = (_TOMORROW, _TOMORROW + _DAY)
    parts = [{"amount": {"amount": 500}, "due_on": day.isoformat()} for day in days]
    return confirmed(shop, a_trip(unpaid_instalment={"then": "cancel", "after_days": 8}, instalments=parts))


def _again(payment: Payment) -> Payment:
    return store.find_payment(SCHOOL, payment.id)


def _announced(booked: Booked) -> datetime:
    """Its family has been told; says until when."""
    housekeep(morning(_TOMORROW, 2 * _DAY))
    ends = [one.ends_at for one in instalments(booked)]
    assert None not in ends
    return max(one for one in ends if one is not None)


def _finance(now: datetime) -> Context:
    return a_context(actor=Actor("staff", "staff-1"), roles=("finance",), now=now)


def _is_told_anew(booked: Booked, now: datetime) -> None:
    housekeep(now)
    assert booking_of(booked).state is BookingState.CONFIRMED
    owed = [one for one in instalments(booked) if one.state is PaymentState.CREATED]
    assert owed
    assert all(one.ends_at is not None and one.ends_at >= now + timedelta(days=7) for one in owed)


def test_the_end_is_announced_anew_when_a_receipt_was_a_mistake(booked: Booked) -> None:
    ends_at = _announced(booked)
    both = [
        receiving.receive(
            _finance(ends_at - _DAY),
            one.id,
            NewReceipt(method="cash", amount=pounds(500), reference="A 1", received_on=_TOMORROW),
            _BY_HAND,
        )
        for one in instalments(booked)
    ]
    after = ends_at + _HOUR
    for one, receipt in zip(instalments(booked), both, strict=True):
        receiving.reverse(_finance(after), one.id, receipt.id, Mistake(reason="not his"), _BY_HAND)
    _is_told_anew(booked, after)


@pytest.mark.parametrize("together", [False, True])
def test_the_end_is_announced_anew_when_wrong_money_went_back(shop: Shop, booked: Booked, *, together: bool) -> None:
    ends_at = _announced(booked)
    shop.at(ends_at - _DAY)
    parent, ids = as_parent(now=ends_at - _DAY), [one.id for one in instalments(booked)]
    page = family.checkout_together(parent, ids if together else ids[:1])
    if not together:
        shop.pay(other := family.checkout(parent, ids[1]))
        settlement.apply_payment(as_system(ends_at - _DAY), other.id)
    session = next(
        one for one in shop.all("checkout.session") if page.checkout and one["id"] == page.checkout.session_id
    )
    session["amount_total"] = 333
    shop.pay(page)
    assert settlement.apply_payment(as_system(ends_at - _DAY), page.id).state is PaymentState.QUARANTINED
    after = ends_at + _HOUR
    strays.give_back(_finance(after), page.id)
    _is_told_anew(booked, after)
