"""The life of a register in any order, against a plain model; ``LIVES``: how many (D7)."""

import pytest

from tests.unit.bookings.life.core import how_many, live_through
from tests.unit.bookings.life.registers import world
from tests.unit.bookings.life.registers.machine import Registers

LIVES = how_many(10)


@pytest.mark.usefixtures("tables")
def test_any_life_of_a_register_is_what_a_plain_model_says() -> None:
    lived = live_through(Registers, LIVES, start=world.start())
    assert lived.steps > LIVES * 20
    assert {"mark", "cancel", "move"} <= lived.acts.keys()
