"""The life of two parents' evenings in any order, against a plain model; ``LIVES``: how many (B7, D4)."""

import pytest

from tests.unit.bookings.life.core import how_many, live_through
from tests.unit.bookings.life.evenings import world
from tests.unit.bookings.life.evenings.machine import Evenings

LIVES = how_many(6)


@pytest.mark.usefixtures("tables")
def test_any_life_of_parents_evenings_is_what_a_plain_model_says() -> None:
    lived = live_through(Evenings, LIVES, start=world.start())
    assert lived.steps > LIVES * 20
    assert {"book", "book, refused", "cancel", "plan", "plan, refused"} <= lived.acts.keys()
