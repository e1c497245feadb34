"""A school with its Stripe, for every scenario."""

from collections.abc import Iterator

import pytest

from tests.support.scene import Scene, a_scene
from tests.support.shop import Shop, shop

__all__ = ["shop"]


@pytest.fixture
def scene(shop: Shop) -> Iterator[Scene]:
    """Everybody and everything that payments have to do with, at the beginning."""
    with a_scene(shop) as found:
        yield found
