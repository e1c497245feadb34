"""A whole life: all its parts together."""

from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.bookings.life.base import Base
from tests.unit.bookings.life.families import Families
from tests.unit.bookings.life.giving_up import GivingUp
from tests.unit.bookings.life.paying import Paying
from tests.unit.bookings.life.people import People
from tests.unit.bookings.life.school import School
from tests.unit.bookings.life.waiting import Waiting
from tests.unit.bookings.life.world import Start

STEPS = 40


class Life(Families, GivingUp, Waiting, Paying, People, School):
    """Everything that can happen, in any order."""


def live(start: Start, lives: int) -> type[Base]:
    """Live so many lives of an event, always the same ones; raises what the first that goes wrong says.

    Args:
        start: where each begins.
        lives: how many.

    Returns:
        The machine, which has counted its steps and acts.
    """
    machine = type("Life", (Life,), {"start": start, "steps": 0, "acts": Counter()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=lives,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    return machine
