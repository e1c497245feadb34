"""The life of consents in any order, against a plain model; ``LIVES``: how many (D3)."""

import pytest

from tests.unit.bookings.life.consents import world
from tests.unit.bookings.life.consents.machine import Consents
from tests.unit.bookings.life.core import how_many, live_through

LIVES = how_many(6)


@pytest.mark.usefixtures("tables")
def test_any_life_of_consents_is_what_a_plain_model_says() -> None:
    lived = live_through(Consents, LIVES, start=world.start())
    assert lived.steps > LIVES * 20
    assert {"book", "book, refused", "answer", "answer, refused", "ask"} <= lived.acts.keys()
