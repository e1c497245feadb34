"""What may come between a look and a writing, and looking again when it did."""

from collections.abc import Callable

from school_events.core.errors import Conflict, StaleVersion, TryAgain

_TRIES = 5


class LookAgain(Conflict):
    """Something looked at has moved before the bookings were written; another look may find a way."""

    slug = "look-again"
    title = "This changed just now"


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
