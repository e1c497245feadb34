"""In the bench's own time, whoever wants what another transaction holds is refused, waits, and has it later."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from school_events.bookings import service
from school_events.bookings.ways import Wish
from school_events.core.errors import NoFreePlace
from school_events.events.model import SchoolEvent
from tests.bench.virtual_time import World
from tests.support.booked_world import UNASKED, a_school_with_families, an_event, as_parent
from tests.support.contexts import NOW
from tests.support.event_checker import bookings_of, faults_of

pytestmark = pytest.mark.usefixtures("tables")


def _books(event: SchoolEvent, parent: int, refused: list[int]) -> Callable[[], None]:
    ctx = replace(as_parent(parent), deadline=NOW + timedelta(seconds=26))

    def book() -> None:
        try:
            service.book(ctx, f"contact-{parent}", event.id, [Wish(f"pupil-{parent}")], UNASKED)
        except NoFreePlace:
            refused.append(parent)

    return book


def test_of_two_at_once_for_the_last_place_one_has_it_and_both_are_answered_in_the_worlds_time() -> None:
    a_school_with_families()
    event = an_event(price=0, capacity=1)
    world, refused = World(NOW, seed=1), list[int]()
    world.run([(0.0, _books(event, 3, refused)), (0.0, _books(event, 4, refused))])
    assert len(bookings_of(event)) == len(refused) == 1
    assert world.conflicts > 0
    assert 0.01 < world.seconds < 1
    assert faults_of(event) == []


def _fails() -> None:
    raise ValueError


def test_what_fails_in_a_client_fails_where_the_world_was_let_run() -> None:
    world = World(NOW, seed=1)
    with pytest.raises(ExceptionGroup, match="clients failed"):
        world.run([(0.0, _fails), (0.1, lambda: None)])
    assert world.seconds == 0.1
