"""How long one run waits in vain for a service outside, so that it meets one that hangs once, and not in each thing."""

_FOR_ONE = 3.0
"""Seconds in vain for a school, after which the service is not asked for it again in the run."""

_FOR_ALL = 15.0
"""Seconds in vain altogether, after which it is not asked again in the run: once or twice what a hanging call takes."""

_AT_LEAST = 1.0
"""What a call counts that is refused at once: several in a row make a service that does not answer."""


class Patience:
    """What is left of a run's patience with a service that everything it does may need.

    Several threads may use it: should one overwrite another's count, the service is asked once more.
    """

    def __init__(self) -> None:
        """All of it."""
        self._in_vain: dict[str, float] = {}

    def waited_in_vain(self, school_id: str, seconds: float) -> None:
        """A call for a school was not answered, and that took so long."""
        self._in_vain[school_id] = self._in_vain.get(school_id, 0.0) + max(seconds, _AT_LEAST)

    def was_answered(self, school_id: str) -> None:
        """A call for a school was answered: what it was waited for before is forgotten."""
        self._in_vain.pop(school_id, None)

    def is_over_with(self, school_id: str) -> bool:
        """Whether the service has been waited for long enough for a school."""
        return self._in_vain.get(school_id, 0.0) >= _FOR_ONE

    def is_over(self) -> bool:
        """Whether it has been waited for long enough altogether."""
        return sum(list(self._in_vain.values())) >= _FOR_ALL
