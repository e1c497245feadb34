"""The school's Stripe and an event that costs, for these tests."""

import pytest

from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event
from tests.support.shop import shop

__all__ = ["shop"]


@pytest.fixture
def event(tables: None) -> SchoolEvent:
    """A trip at £12.50 with three places."""
    a_school_with_families()
    return an_event()
