"""Wait for something that happens in another process."""

from __future__ import annotations

import time
from collections.abc import Callable

_POLL_SECONDS = 0.05


class TooLateError(Exception):
    """What was waited for did not happen in time."""


def wait_for[T](what: str, probe: Callable[[], T | None], seconds: float = 60.0) -> T:
    """Ask again and again until there is an answer.

    Args:
        what: what is waited for, for the error.
        probe: gives the answer, or something false as long as there is none.
        seconds: how long to wait at most.

    Returns:
        The first answer that is true.

    Raises:
        TooLateError: there was none in time.
    """
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise TooLateError(f"{what}: not within {seconds:.0f} s")
        time.sleep(_POLL_SECONDS)
    return answer
