"""A whole life with money: all its parts together."""

import traceback
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.payments.life.accounts import Accounts
from tests.unit.payments.life.base import Base, Start
from tests.unit.payments.life.debits import Debits
from tests.unit.payments.life.later import Later
from tests.unit.payments.life.portal import Portal
from tests.unit.payments.life.school import School
from tests.unit.payments.life.stripes_side import StripesSide
from tests.unit.payments.life.troubles import Troubles

STEPS = 40
WRONG = Path("build/money-life-gone-wrong.txt")
"""The steps of the life that went wrong last, also when the run that found it is lost."""


class Life(Debits, Later, StripesSide, School, Troubles, Portal, Accounts):
    """Everything that can happen to money, in any order."""


def live(start: Start, lives: int, *, at_random: bool = False) -> type[Base]:
    """Live so many lives; raises what the first that goes wrong says.

    Args:
        start: where each begins.
        lives: how many.
        at_random: other ones every time, instead of always the same ones.

    Returns:
        The machine, which has counted its steps and acts.
    """
    machine = type("Life", (Life,), {"start": start, "steps": 0, "acts": Counter()})
    chosen = settings(
        max_examples=lives,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=not at_random,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except BaseException as wrong:
        WRONG.parent.mkdir(exist_ok=True)
        WRONG.write_text("".join(traceback.format_exception(wrong)))
        raise
    return machine
