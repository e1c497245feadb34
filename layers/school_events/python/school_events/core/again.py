"""Reading, deciding and writing again when somebody else was faster."""

from collections.abc import Callable

from school_events.core.errors import StaleVersion, TryAgain

_TRIES = 5


def again_if_stale[R](attempt: Callable[[], R]) -> R:
    """Read, decide and write again when somebody else was faster; each attempt reads anew.

    Raises:
        TryAgain: somebody always was.
    """
    for _ in range(_TRIES):
        try:
            return attempt()
        except StaleVersion:
            continue
    raise TryAgain
