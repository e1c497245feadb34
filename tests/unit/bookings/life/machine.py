"""A whole life: all its parts together."""

from tests.unit.bookings.life.base import Base
from tests.unit.bookings.life.core import live_through
from tests.unit.bookings.life.families import Families
from tests.unit.bookings.life.giving_up import GivingUp
from tests.unit.bookings.life.paying import Paying
from tests.unit.bookings.life.people import People
from tests.unit.bookings.life.school import School
from tests.unit.bookings.life.waiting import Waiting
from tests.unit.bookings.life.world import Start


class Life(Families, GivingUp, Waiting, Paying, People, School):
    """Everything that can happen, in any order."""


def live(start: Start, lives: int, seed: int | None = None) -> type[Base]:
    """Live so many lives of an event; raises what the first that goes wrong says."""
    return live_through(Life, lives, seed, start=start)
