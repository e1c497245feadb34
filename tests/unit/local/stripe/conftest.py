"""A local Stripe of its own for every test, on a free port."""

from collections.abc import Callable

import pytest

from local.stripe.running import LocalStripe
from local.stripe.testing import local_stripe
from tests.unit.local.stripe.shop import NOW, Shop

__all__ = ["local_stripe", "local_stripe_clock", "server", "shop"]


@pytest.fixture
def local_stripe_clock() -> Callable[[], float]:
    """A clock that stands still until it is moved."""
    return lambda: NOW


@pytest.fixture
def server(local_stripe: LocalStripe) -> LocalStripe:
    """The running local Stripe."""
    return local_stripe


@pytest.fixture
def shop(server: LocalStripe) -> Shop:
    """A school that can take money there."""
    return Shop(server)
