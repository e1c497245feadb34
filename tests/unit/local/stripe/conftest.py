"""A local Stripe of its own for every test, on a free port."""

from collections.abc import Iterator

import pytest

from local.stripe.running import LocalStripe, running_stripe
from tests.unit.local.stripe.shop import NOW, Shop


@pytest.fixture
def server() -> Iterator[LocalStripe]:
    """A running local Stripe whose clock stands still until it is moved."""
    with running_stripe(clock=lambda: NOW, retry_delays=(0.01, 0.01)) as running:
        yield running


@pytest.fixture
def shop(server: LocalStripe) -> Shop:
    """A school that can take money there."""
    return Shop(server)
