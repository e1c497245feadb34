"""With one protection taken away, a life no longer goes as the model says: the lives would notice."""

from collections.abc import Callable
from typing import Any

import pytest

from school_events.bookings import allocating, calling_off, chores, late_money, places, service, settlement
from school_events.bookings import store as bookings
from school_events.bookings.capacity import service as capacity
from school_events.bookings.waiting import store as waiting
from school_events.core.errors import SchoolEventsError
from school_events.people import access
from tests.support.shop import Shop
from tests.unit.bookings.life import world
from tests.unit.bookings.life.machine import live

_LIVES = 12
"""So many at the most: the first that goes wrong ends it."""

type Sabotage = Callable[[pytest.MonkeyPatch], None]


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _without(*steps: tuple[Any, str]) -> Sabotage:
    def take_away(patch: pytest.MonkeyPatch) -> None:
        for room, name in steps:
            patch.setattr(room, name, _nothing)

    return take_away


OF_PLACES: dict[str, Sabotage] = {
    "no guard of a child": _without((bookings, "guard"), (bookings, "unguard")),
    "a returned place is not moved on": _without((allocating, "move_on")),
    "housekeeping forgets returned places": _without((chores, "move_returned_places_on")),
    "a cut link is not asked for": _without((access, "open_link_in"), (access, "check_link")),
    "answers are not remembered": _without((service, "remember")),
    "a place is not given up": _without((places, "give_up")),
    "what does not take place is not called off": _without((calling_off, "_end")),
    "who waits is passed by": _without((waiting, "anybody_waits")),
    "offers are not looked after": _without((chores, "look_after_turns")),
    "what is offered is not given back": _without((waiting, "return_places")),
    "a lowered capacity takes nothing away": _without((capacity, "follow"), (world, "follow")),
}
OF_MONEY: dict[str, Sabotage] = {
    "late money is forgotten": _without((late_money, "settle_lines")),
    "money is not entered": _without((settlement, "_fulfil")),
    "holds that are over stay": _without((chores, "let_due_holds_go")),
    "refunds are not made": _without((chores, "make_due_refunds")),
}


def _notices(start: world.Start, sabotage: Sabotage) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        try:
            live(start, _LIVES)
        except (AssertionError, AttributeError, TypeError, SchoolEventsError, ExceptionGroup):
            return True
    return False


@pytest.mark.parametrize(
    ("variant", "sabotages"), [(world.CROWDED, OF_PLACES), (world.MIXED, OF_MONEY)], ids=["places", "money"]
)
def test_whichever_protection_is_taken_away_a_life_goes_wrong(
    shop: Shop, variant: world.Variant, sabotages: dict[str, Sabotage]
) -> None:
    start = world.start(shop, variant)
    assert [name for name, sabotage in sabotages.items() if not _notices(start, sabotage)] == []
