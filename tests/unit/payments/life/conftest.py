"""A school with its Stripe, at the moment each life begins."""

from collections.abc import Iterator

import pytest

from tests.support.shop import Shop, shop
from tests.unit.payments.life.base import Start, a_start

__all__ = ["shop"]


@pytest.fixture
def start(shop: Shop) -> Iterator[Start]:
    """A school with two trips that cost something, and families who are invited to both."""
    with a_start(shop) as found:
        yield found
