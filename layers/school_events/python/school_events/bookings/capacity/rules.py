"""How many places there are to be, and which come, go and stay when that changes: pure (decision 0029)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from school_events.bookings.model import PlaceState
from school_events.bookings.rules import Gate

_RETIRED_FIRST = (PlaceState.FREE, PlaceState.RETURNED)
"""Which places go when there are too many: what nobody has, before what somebody has just given back."""


@dataclass(frozen=True)
class Seen:
    """A place of a pool as it was seen."""

    number: int
    state: PlaceState
    gate: Gate


@dataclass(frozen=True)
class Arrangement:
    """What is to become of the places of a pool, by number.

    Args:
        retired: that nobody can have any more.
        reopened: retired ones that come back.
        made: that there never were.
        regated: whose gate is to be another.
    """

    retired: frozenset[int]
    reopened: frozenset[int]
    made: frozenset[int]
    regated: frozenset[int]


def surplus(states: Iterable[PlaceState], capacity: int) -> int:
    """How many places a pool has more than its capacity: what is given back meanwhile is retired, not freed."""
    return max(0, sum(state is not PlaceState.RETIRED for state in states) - capacity)


def arrange(seen: Sequence[Seen], capacity: int | None, gate: Gate) -> Arrangement:
    """What makes the places of a pool those of its capacity, as far as nobody has them.

    Who has a place, or has been offered one, keeps it: then there are more than the capacity until enough are given
    back.

    Args:
        seen: every place there ever was.
        capacity: how many there are to be; as many as there are, unless given.
        gate: when they can be claimed.
    """
    there = [one for one in seen if one.state is not PlaceState.RETIRED]
    missing = 0 if capacity is None else capacity - len(there)
    untaken = sorted(
        (one for one in there if one.state in _RETIRED_FIRST),
        key=lambda one: (_RETIRED_FIRST.index(one.state), -one.number),
    )
    retired = frozenset(one.number for one in untaken[: max(0, -missing)])
    gone = sorted(one.number for one in seen if one.state is PlaceState.RETIRED)
    reopened = frozenset(gone[: max(0, missing)])
    first_new = 1 + max((one.number for one in seen), default=0)
    return Arrangement(
        retired=retired,
        reopened=reopened,
        made=frozenset(range(first_new, first_new + max(0, missing) - len(reopened))),
        regated=frozenset(one.number for one in there if one.number not in retired and one.gate != gate),
    )
