"""The life of a club by sessions in any order, against a plain model; ``LIVES``: how many of each kind (B4, D1, D6)."""

import pytest

from tests.support.shop import Shop
from tests.unit.bookings.life.clubs import world
from tests.unit.bookings.life.clubs.machine import ClubLife
from tests.unit.bookings.life.core import how_many, live_through
from tests.unit.bookings.life.world import Variant

LIVES = how_many(6)


@pytest.mark.parametrize("variant", [world.FREE, world.PAID], ids=["free", "paid"])
def test_any_life_of_a_club_is_what_a_plain_model_says(shop: Shop, variant: Variant) -> None:
    lived = live_through(ClubLife, LIVES, start=world.start(shop, variant))
    assert lived.steps > LIVES * 20
    assert {"book", "book, refused", "cancel", "add", "move", "cancel a session"} <= lived.acts.keys()
