"""The time the local Stripe lives in, which a test or a person may move."""

from collections.abc import Callable
from threading import Lock


class MovableClock:
    """Seconds since the epoch: the base clock plus an offset that can be changed."""

    def __init__(self, base: Callable[[], float]) -> None:
        """Start in step with `base`, which answers epoch seconds."""
        self._base = base
        self._offset = 0
        self._lock = Lock()

    def now(self) -> int:
        """The current instant in whole epoch seconds."""
        with self._lock:
            return int(self._base()) + self._offset

    def advance(self, seconds: int) -> int:
        """Move the clock by `seconds` (negative: back) and answer the new instant."""
        with self._lock:
            self._offset += seconds
        return self.now()

    def set_to(self, instant: int) -> int:
        """Move the clock to `instant` (epoch seconds) and answer it."""
        return self.advance(instant - self.now())

    def follow_base(self) -> None:
        """Go back in step with the base clock."""
        with self._lock:
            self._offset = 0
