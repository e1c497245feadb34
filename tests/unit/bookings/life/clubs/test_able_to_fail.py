"""With one protection of a club's sessions taken away, its life no longer goes as the model says."""

from functools import partial

from school_events.bookings import calling_off, chores, places, rules, store
from school_events.events import place_changes
from tests.support.shop import Shop
from tests.unit.bookings.life.clubs import world
from tests.unit.bookings.life.clubs.machine import ClubLife
from tests.unit.bookings.life.core import live_through
from tests.unit.bookings.life.sabotage import Sabotage, unnoticed, without

_LIVES = 12
"""So many at the most: the first that goes wrong ends it."""


SABOTAGES: dict[str, Sabotage] = {
    "what was booked for a cancelled session stays": without((calling_off, "_end"), seed=1),
    "a session's places follow nothing": without((place_changes, "follow_now"), (chores, "let_places_follow")),
    "a cancelled session is booked": without((rules, "require_sessions"), seed=1),
    "no guard of a child": without((store, "guard"), (store, "unguard"), seed=1),
    "a place is not given up": without((places, "give_up"), seed=1),
}


def test_whichever_protection_is_taken_away_a_club_goes_wrong(shop: Shop) -> None:
    start = world.start(shop, world.PAID)
    assert unnoticed(SABOTAGES, partial(live_through, ClubLife, _LIVES, start=start)) == []
