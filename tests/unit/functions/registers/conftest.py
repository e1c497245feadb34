"""A trip with four children on its way."""

from collections.abc import Iterator

import pytest
import time_machine

from school_events.events.model import SchoolEvent
from school_events.events.staffing.api import AllocationBody
from school_events.events.staffing.service import allocate
from school_events.events.store import find_event
from tests.support.booked_world import a_school_with_families, an_event, book
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import staff_told, tell
from tests.unit.functions.registers.asking import THE_DAY


@pytest.fixture
def event(tables: None) -> Iterator[SchoolEvent]:
    """The trip, ``staff-1`` and ``staff-3`` at work; it is its day. ``pupil-4`` is invited and has no place."""
    a_school_with_families()
    tell(staff_told("staff-3"))
    with time_machine.travel(NOW, tick=False):
        trip = an_event(price=0, capacity=5)
        allocated = [AllocationBody(staff_id=one, role="lead") for one in ("staff-1", "staff-3")]
        allocate(a_context(), trip.id, trip.version, allocated)
        book(trip, "pupil-2", "pupil-1")
        book(trip, "pupil-3", parent=3)
    with time_machine.travel(THE_DAY, tick=False):
        yield find_event(SCHOOL, trip.id)
