"""Doing many things at once, in threads that start together."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from school_events.core.errors import SchoolEventsError

_SECONDS_TO_START = 60


def at_once[R](acts: Sequence[Callable[[], R]]) -> list[R | type[SchoolEventsError]]:
    """What came of each: its answer, or the kind of error a caller would be told. Anything else is raised."""
    start = Barrier(len(acts))

    def act(one: Callable[[], R]) -> R | type[SchoolEventsError]:
        start.wait(_SECONDS_TO_START)
        try:
            return one()
        except SchoolEventsError as error:
            return type(error)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))
