"""With one rule of registers taken away, a register no longer goes as the model says."""

from functools import partial
from typing import Any

import pytest

from school_events.bookings.registers import rules, service
from tests.unit.bookings.life.core import live_through
from tests.unit.bookings.life.registers import world
from tests.unit.bookings.life.registers.machine import Registers
from tests.unit.bookings.life.sabotage import Sabotage, instead, unnoticed

_LIVES = 25
"""So many at the most: the first that goes wrong ends it."""


SABOTAGES: dict[str, Sabotage] = {
    "anybody may collect a child": instead(service, "_judged", lambda mark, _: mark),
    "a mark sent twice is two": instead(rules, "fresh", lambda _, marks: list(marks), seed=1),
    "nobody is absent": instead(rules, "is_absent", lambda *_: False, seed=2),
    "nothing contradicts": instead(rules, "contradictions", lambda *_: [], seed=3),
    "marks of a former time count": instead(
        rules, "counted", lambda marks, _: sorted((one for one in marks if not one.may_not_collect), key=_as_made)
    ),
    "what came last stands": instead(rules, "standing", lambda marks, _: marks[-1] if marks else None, seed=3),
    "any clock will do": instead(rules, "fault_of", lambda *_: None, seed=2),
    "the register is always open": instead(rules, "require_open", lambda *_, **__: None),
}


def _as_made(mark: Any) -> tuple[Any, str]:
    return mark.at, mark.id


@pytest.mark.usefixtures("tables")
def test_whichever_rule_is_taken_away_a_register_goes_wrong() -> None:
    assert unnoticed(SABOTAGES, partial(live_through, Registers, _LIVES, start=world.start())) == []
