"""Who is anonymised waits no longer, and is named nowhere; what was offered to them goes to the next family (H2)."""

from collections.abc import Iterator
from itertools import count

import pytest
import time_machine

from school_events.bookings import anonymising, cancelling
from school_events.bookings.waiting.model import WaitingState
from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book, booking_of
from tests.support.contexts import NOW
from tests.support.tables import rows
from tests.support.waiting_checker import faults_of_waiting, turns_of
from tests.unit.bookings.waiting.queue import HOUR, accept, housekeeping, skip_to, states, wait_for

pytestmark = pytest.mark.usefixtures("tables")

SOON = NOW + HOUR


@pytest.fixture
def event() -> Iterator[SchoolEvent]:
    """A trip whose one place was given back and is offered to pupil-3; pupil-4 is next."""
    a_school_with_families()
    skip_to(NOW)
    made = an_event(price=0, capacity=1)
    booked = book(made, "pupil-1")
    wait_for(made, "pupil-3", parent=3)
    wait_for(made, "pupil-4", parent=4, now=NOW + HOUR / 60)
    cancelling.cancel(as_parent(), booking_of(booked))
    housekeeping(SOON)
    with time_machine.travel(SOON, tick=False):
        yield made
    assert faults_of_waiting(made) == []


def _turn_rows_naming(*ids: str) -> list[str]:
    kinds = {"waiting_entry", "turn", "place"}
    return [str(row) for row in rows("Bookings") if row["kind"]["S"] in kinds and any(one in str(row) for one in ids)]


def test_a_forgotten_childs_turn_ends_and_names_nobody(event: SchoolEvent) -> None:
    numbers = count()
    anonymising.forget_pupil(as_system(), "pupil-3", SOON, lambda: f"nobody_{next(numbers)}")
    assert _turn_rows_naming("pupil-3", "contact-3") == []
    housekeeping(SOON + HOUR / 60)
    assert [one.state for one in turns_of(event)] == [WaitingState.LAPSED, WaitingState.OFFERED]
    before = rows("Bookings")
    anonymising.forget_pupil(as_system(), "pupil-3", SOON, lambda: f"nobody_{next(numbers)}")
    assert rows("Bookings") == before


def test_a_turn_outlives_the_contact_who_took_it(event: SchoolEvent) -> None:
    anonymising.forget_contact(as_system(), "contact-4", ["pupil-4"], SOON, lambda: "contact-5")
    assert _turn_rows_naming("contact-4") == []
    (first, second) = [one.ref for one in turns_of(event)]
    assert states([first, second]) == ["offered", "waiting"]
    accept(first, parent=3, now=SOON)


def test_a_child_who_is_back_as_somebody_new_keeps_the_turn_taken_since(event: SchoolEvent) -> None:
    anonymising.forget_pupil(as_system(), "pupil-3", NOW, lambda: "nobody_1")
    assert [one.state for one in turns_of(event)] == [WaitingState.OFFERED, WaitingState.WAITING]
