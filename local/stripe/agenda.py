"""What is to happen at Stripe later, by its own clock."""

import heapq
from collections.abc import Callable
from itertools import count


class Agenda:
    """Things to do, each at its instant (epoch seconds); what is due is done in the order of the instants."""

    def __init__(self) -> None:
        """With nothing to do."""
        self._numbers = count()
        self._entries: list[tuple[int, int, Callable[[], None]]] = []

    def add(self, instant: int, act: Callable[[], None]) -> None:
        """Do `act` when the clock has come to `instant`."""
        heapq.heappush(self._entries, (instant, next(self._numbers), act))

    def run(self, now: int) -> None:
        """Do everything that is due at `now`, also what only then turns out to be due."""
        while self._entries and self._entries[0][0] <= now:
            heapq.heappop(self._entries)[2]()

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
