"""What tests of access share."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.unit.access.household import LATER, Household, a_household


@pytest.fixture
def home(tables: None) -> Iterator[Household]:
    """The household, an hour later."""
    with time_machine.travel(LATER, tick=False):
        yield a_household()
