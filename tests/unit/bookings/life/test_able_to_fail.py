"""With one protection taken away, a life no longer goes as the model says: the lives would notice."""

from functools import partial

import pytest

from school_events.bookings import allocating, calling_off, chores, late_money, places, service, settlement
from school_events.bookings import store as bookings
from school_events.bookings.capacity import service as capacity
from school_events.bookings.waiting import store as waiting
from school_events.people import access
from tests.support.shop import Shop
from tests.unit.bookings.life import world
from tests.unit.bookings.life.machine import live
from tests.unit.bookings.life.sabotage import Sabotage, unnoticed, without

_LIVES = 12
"""So many at the most: the first that goes wrong ends it."""

OF_PLACES: dict[str, Sabotage] = {
    "no guard of a child": without((bookings, "guard"), (bookings, "unguard"), seed=2),
    "a returned place is not moved on": without((allocating, "move_on"), seed=1),
    "housekeeping forgets returned places": without((chores, "move_returned_places_on")),
    "a cut link is not asked for": without((access, "open_link_in"), (access, "check_link"), seed=1),
    "answers are not remembered": without((service, "remember"), seed=1),
    "a place is not given up": without((places, "give_up"), seed=1),
    "what does not take place is not called off": without((calling_off, "_end"), seed=1),
    "who waits is passed by": without((waiting, "anybody_waits"), seed=1),
    "offers are not looked after": without((chores, "look_after_turns")),
    "what is offered is not given back": without((waiting, "return_places"), seed=1),
    "a lowered capacity takes nothing away": without((capacity, "follow"), (world, "follow"), seed=6),
}
OF_MONEY: dict[str, Sabotage] = {
    "late money is forgotten": without((late_money, "settle_lines"), seed=1),
    "money is not entered": without((settlement, "_fulfil"), seed=1),
    "holds that are over stay": without((chores, "let_due_holds_go")),
    "refunds are not made": without((chores, "make_due_refunds")),
}


@pytest.mark.parametrize(
    ("variant", "sabotages"), [(world.CROWDED, OF_PLACES), (world.MIXED, OF_MONEY)], ids=["places", "money"]
)
def test_whichever_protection_is_taken_away_a_life_goes_wrong(
    shop: Shop, variant: world.Variant, sabotages: dict[str, Sabotage]
) -> None:
    start = world.start(shop, variant)
    assert unnoticed(sabotages, partial(live, start, _LIVES)) == []
