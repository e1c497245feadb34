"""Trouble on request: outages, answers that get lost on their way, requests that hang."""

from threading import Event, Lock

_LONGEST_STALL = 60.0  # seconds; a forgotten stall must not hold threads for ever


class Faults:
    """What the API is to suffer next. Control routes and tests set it; the API consumes it."""

    def __init__(self) -> None:
        """Start without trouble."""
        self._lock = Lock()
        self._outages = 0
        self._outage_status = 503
        self._lost_answers = 0
        self._flowing = Event()
        self._flowing.set()
        self._stalled = Event()

    def outage(self, times: int, status: int = 503) -> None:
        """Answer the next `times` requests with `status` and do nothing for them."""
        with self._lock:
            self._outages, self._outage_status = times, status

    def take_outage(self) -> int | None:
        """The status this request is to fail with, or None."""
        with self._lock:
            if self._outages == 0:
                return None
            self._outages -= 1
            return self._outage_status

    def lose_answers(self, times: int) -> None:
        """Carry out the next `times` POST requests and then break the connection instead of answering."""
        with self._lock:
            self._lost_answers = times

    def take_lost_answer(self) -> bool:
        """Whether this request's answer is to get lost."""
        with self._lock:
            if self._lost_answers == 0:
                return False
            self._lost_answers -= 1
            return True

    def stall(self) -> None:
        """Let POST requests hang, begun but not carried out, until `resume` (a minute at most)."""
        self._stalled.clear()
        self._flowing.clear()

    def resume(self) -> None:
        """Let the hanging requests go on."""
        self._flowing.set()

    def pass_or_hang(self) -> None:
        """Wait here while requests are stalled."""
        if not self._flowing.is_set():
            self._stalled.set()
            self._flowing.wait(_LONGEST_STALL)

    def wait_until_stalled(self, seconds: float) -> bool:
        """Wait until a request hangs; False when none did within `seconds`."""
        return self._stalled.wait(seconds)

    def clear(self) -> None:
        """End all trouble."""
        self.outage(0)
        self.lose_answers(0)
        self.resume()
