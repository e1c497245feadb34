"""What every life is made of, whatever is lived: acts that the product and a plain model answer alike, counted."""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from school_events.core.errors import SchoolEventsError
from tests.unit.bookings.life import world
from tests.unit.bookings.life.model import Refusal

WHICH = st.integers(0, 7)
"""Which of those there are; the latest first."""

KILLED = st.one_of(st.none(), st.integers(0, 3))
"""Before which of its writes an act's process is gone, if it is."""

STEPS = 40


def how_many(usually: int) -> int:
    """How many lives are lived: what the environment asks for (``LIVES``), or as many as fit into every day's tests."""
    return int(os.environ.get("LIVES", usually))


def pick[T](things: list[T], which: int) -> T:
    """One of them, counted from the latest."""
    return things[-1 - which % len(things)]


def same[T](found: T, expected: T, what: str = "the product") -> None:
    """The product is as the model says."""
    if found != expected:
        raise AssertionError(f"{what}: {found} instead of {expected}")


class Machine(RuleBasedStateMachine):
    """A life, and how much has happened in all lives of its kind."""

    steps: ClassVar[int] = 0
    acts: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.happened = 0

    def count_step(self) -> None:
        """One more step was taken."""
        type(self).steps += 1
        self.happened += 1

    def act[R](self, name: str, act: Callable[[], R], refusal: Refusal | None, killed: int | None = None) -> R | None:
        """Do something that the model refuses or does not; the answer, if there is one.

        Args:
            name: what it is, for counting.
            act: does it.
            refusal: what the model says.
            killed: before which of its writes the process is gone once, if it is; its work is done again then.
        """
        answer: R | None = None
        came: Refusal | None = None
        try:
            answer = world.killed_once(act, killed)
        except SchoolEventsError as error:
            came = type(error)
        same(came, refusal, name)
        type(self).acts[name if refusal is None else f"{name}, refused"] += 1
        return answer


def live_through[M: Machine](machine: type[M], lives: int, seed: int | None = None, **given: Any) -> type[M]:
    """Live so many lives, always the same ones; raises what the first that goes wrong says.

    Args:
        machine: what is lived.
        lives: how many.
        seed: which ones, if it matters.
        given: what each of them begins with, as attributes of the machine.

    Returns:
        The machine, which has counted its steps and acts.
    """
    lived: type[M] = type(
        machine.__name__, (machine,), {**given, "_hypothesis_internal_use_seed": seed, "steps": 0, "acts": Counter()}
    )
    run_state_machine_as_test(
        lived,
        settings=settings(
            max_examples=lives,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(f"{lives} lives, {lived.steps} steps: {dict(lived.acts.most_common())}")
    return lived
