"""A school with a trip that a family has paid, of which we have heard."""

import pytest

from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event
from tests.support.shop import Shop, shop

__all__ = ["shop", "trip"]


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip at £12.50."""
    a_school_with_families()
    return an_event()
