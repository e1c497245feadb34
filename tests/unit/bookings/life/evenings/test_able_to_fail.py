"""With one protection of appointments taken away, an evening no longer goes as the model says."""

from functools import partial

import pytest

from school_events.bookings import calling_off, places
from school_events.bookings.appointments import diaries, rules
from school_events.bookings.appointments import service as appointments
from school_events.events.evenings.rules import Arrangement
from tests.unit.bookings.life.core import live_through
from tests.unit.bookings.life.evenings import world
from tests.unit.bookings.life.evenings.machine import Evenings
from tests.unit.bookings.life.sabotage import Sabotage, unnoticed, without

_LIVES = 25
"""So many at the most: the first that goes wrong ends it."""


def _nothing_is_closed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Arrangement, "closed", frozenset())


SABOTAGES: dict[str, Sabotage] = {
    "diaries are not written": without((appointments, "_write_diaries"), seed=2),
    "diaries are not looked at": without((rules, "check_time"), seed=2),
    "who is met twice": without((rules, "check_not_met"), seed=2),
    "a family's limit": without((rules, "check_limit")),
    "what is given up stays in diaries": without((diaries, "take_out"), seed=5),
    "a slot is not given up": without((places, "give_up"), seed=4),
    "what the plan would not have is booked again": Sabotage(_nothing_is_closed, seed=5),
    "what does not take place is not called off": without((calling_off, "_end"), seed=1),
}


@pytest.mark.usefixtures("tables")
def test_whichever_protection_is_taken_away_an_evening_goes_wrong() -> None:
    assert unnoticed(SABOTAGES, partial(live_through, Evenings, _LIVES, start=world.start())) == []
