"""The local Stripe for anybody's tests: `pytest_plugins = ["local.stripe.testing"]`, or import the fixtures.

A test that wants Stripe's clock to stand still overrides the fixture `local_stripe_clock`.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from local.stripe.running import LocalStripe, running_stripe

_RETRIES = (0.01, 0.01)  # seconds before a refused webhook is sent again


@pytest.fixture
def local_stripe_clock() -> Callable[[], float]:
    """The time Stripe lives in, in epoch seconds, before anybody moves it."""
    return time.time


@pytest.fixture
def local_stripe(local_stripe_clock: Callable[[], float]) -> Iterator[LocalStripe]:
    """A local Stripe of the test's own on a free port; it delivers webhooks once it is pointed at an endpoint."""
    with running_stripe(clock=local_stripe_clock, retry_delays=_RETRIES) as running:
        yield running
