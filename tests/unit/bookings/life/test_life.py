"""One event's whole life in any order, against a plain model; ``LIVES`` in the environment: how many of each kind."""

import pytest

from tests.support.shop import Shop
from tests.unit.bookings.life import world
from tests.unit.bookings.life.core import how_many
from tests.unit.bookings.life.machine import live
from tests.unit.bookings.life.world import Variant

LIVES = how_many(8)


VARIANTS = {"crowded": world.CROWDED, "free": world.FREE, "paid": world.PAID, "remitted for some": world.MIXED}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_any_life_of_an_event_is_what_a_plain_model_says(shop: Shop, variant: Variant) -> None:
    lived = live(world.start(shop, variant), LIVES)
    assert lived.steps > LIVES * 20
    assert {"book", "book, refused", "cancel", "invite", "publish"} <= lived.acts.keys()
