"""A school with its Stripe, and a household that has paid for two places at £12.50 each."""

import pytest

from school_events.payments.model import Payment
from tests.support.booked_world import a_school_with_families, an_event, payment_of
from tests.support.shop import Shop, shop
from tests.unit.bookings.paying import apply, paid

__all__ = ["shop"]


@pytest.fixture
def payment(shop: Shop) -> Payment:
    """What the household paid, and the school knows of."""
    a_school_with_families()
    apply(booked := paid(shop, an_event(), "pupil-1", "pupil-2"))
    return payment_of(booked)
