"""Whose turn it is, and for how long places are kept: pure.

The rule, as families are told it: turns are in the order in which families joined. A place that is given back is
offered to the first turn it is enough for. Who waits for several places together is passed over while there are fewer,
and keeps their turn: they never keep those behind them from a place, and are first as soon as there are enough.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from school_events.bookings.waiting.model import WaitingEntry, WaitingState

RULE = (
    "Places go to families in the order in which they joined the list. A family that wants several places together is "
    "offered them when so many are free at once; until then it keeps its turn, and those behind it need not wait for "
    "it. An offer holds until the time it names; after that the place is offered to the next family."
)
"""The rule of the list in a family's words."""

HISTORY = timedelta(hours=24)
"""How long a turn that is over can still be seen."""


def in_order(entries: Iterable[WaitingEntry]) -> list[WaitingEntry]:
    """Turns, first who joined first."""
    return sorted(entries, key=lambda entry: (entry.joined_at, entry.id))


def next_offers(entries: Iterable[WaitingEntry], numbers: Sequence[int]) -> list[tuple[WaitingEntry, tuple[int, ...]]]:
    """Which turns are offered which places: in order, each as many as it has children, or none.

    Args:
        entries: of one pool; only those that wait are looked at.
        numbers: the places there are, those to be used first in front.
    """
    left = list(numbers)
    offers = []
    for entry in in_order(one for one in entries if one.state is WaitingState.WAITING):
        wanted = len(entry.pupil_ids)
        if wanted <= len(left):
            offers.append((entry, tuple(left[:wanted])))
            left = left[wanted:]
    return offers


def offer_until(now: datetime, hours: int, closes_at: datetime) -> datetime:
    """Until when an offer made now holds: the event's hours, never longer than the places can be booked (UTC)."""
    return min(now + timedelta(hours=hours), closes_at)


def families_before(entries: Iterable[WaitingEntry], entry: WaitingEntry) -> int:
    """How many other families wait in front of one for the same places; who, nobody is told."""
    ahead = in_order(one for one in entries if one.state is WaitingState.WAITING and one.pool == entry.pool)
    before = [one for one in ahead if (one.joined_at, one.id) < (entry.joined_at, entry.id)]
    return len({one.joined_by for one in before} - {entry.joined_by})
