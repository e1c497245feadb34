"""3-D Secure that is left, and answered too late: no place is held for good (scenario 14)."""

import pytest

from local.stripe.cards import CHALLENGED_CARD
from local.stripe.errors import StripeError
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.events.model import SchoolEvent
from school_events.payments.model import PaymentState
from tests.support.booked_world import book, booking_of, payment_of, place_states
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.paying import HOLD_OVER, apply, let_go

pytestmark = pytest.mark.usefixtures("shop")


def _asked(shop: Shop, event: SchoolEvent) -> tuple[Booked, str]:
    """A place whose payer's bank asks who they are, and the page."""
    booked = book(event)
    payment = shop.open(booked)
    assert payment.checkout is not None
    page = payment.checkout.session_id or ""
    shop.server.pay(page, CHALLENGED_CARD)
    return booked, page


def test_while_the_bank_asks_the_place_waits(shop: Shop, event: SchoolEvent) -> None:
    booked, page = _asked(shop, event)
    assert apply(booked).state is PaymentState.OPEN
    shop.server.payers.authenticate(page)
    assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert ledger_balance() == shop.balance()


@pytest.mark.parametrize("heard", [True, False], ids=["Stripe tells of it", "housekeeping looks"])
def test_who_leaves_it_leaves_the_place(shop: Shop, event: SchoolEvent, *, heard: bool) -> None:
    booked, page = _asked(shop, event)
    if heard:
        shop.at(HOLD_OVER)
    assert (apply(booked) if heard else let_go(booked)).state is PaymentState.EXPIRED
    assert booking_of(booked).state is BookingState.RELEASED
    assert set(place_states(event)) == {"free"}
    with pytest.raises(StripeError):
        shop.server.payers.authenticate(page)
    assert ledger() == []
    assert not faults_of(event)


def test_who_fails_it_may_pay_otherwise(shop: Shop, event: SchoolEvent) -> None:
    booked, page = _asked(shop, event)
    shop.server.payers.refuse_authentication(page)
    assert apply(booked).state is PaymentState.OPEN
    shop.pay(payment_of(booked))
    assert apply(booked).state is PaymentState.PAID
    assert len(shop.all("charge")) == 1
