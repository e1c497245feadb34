"""Many chores in one run: each has its share of the time, so that none that hangs or never ends starves the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from school_events.core import logs

type MayGoOn = Callable[[], bool]
"""Whether there is time for one more."""

type Chore = Callable[[MayGoOn], int]
"""Does what is due as long as it may go on; says how much there was. Told to stop, it can be called again."""

type MillisecondsLeft = Callable[[], int]
"""How long the function may still run."""


@dataclass
class _Share:
    """A part of the time that is left.

    Args:
        milliseconds_left: how long the function may still run.
        ends_at: what is left of that when the share is used up.
        was_enough: whether nobody was told to stop.
    """

    milliseconds_left: MillisecondsLeft
    ends_at: float
    was_enough: bool = True

    def may_go_on(self) -> bool:
        """Whether any of it is left."""
        if self.milliseconds_left() <= self.ends_at:
            self.was_enough = False
        return self.was_enough


def do_all(chores: Mapping[str, Chore], milliseconds_left: MillisecondsLeft, for_one: int) -> dict[str, int]:
    """Do every chore within an equal share of the time; then those that were told to stop, with what is left of it.

    What one does not use is the others'. A chore may overstep its share by the one thing it is at. One that goes wrong
    keeps no other from being done.

    Args:
        chores: by name, in the order in which they are done.
        milliseconds_left: how long the function may still run.
        for_one: how many milliseconds one thing may take; with less left nothing is begun.

    Returns:
        How much there was of each.

    Raises:
        Exception: whatever went wrong with one of them last, once the others are done.
    """
    done = dict.fromkeys(chores, 0)
    unfinished, wrong = list(chores), None
    while unfinished and milliseconds_left() > for_one:
        now, unfinished = unfinished, []
        for place, name in enumerate(now):
            share = _share_of(milliseconds_left, for_one, len(now) - place)
            try:
                done[name] += chores[name](share.may_go_on)
            except Exception as error:  # noqa: BLE001 - one bad chore never blocks the others
                logs.logger.error("chore failed", chore=name, error=type(error).__name__)
                wrong = error
                continue
            if not share.was_enough:
                unfinished.append(name)
    if wrong is not None:
        raise wrong
    return done


def _share_of(milliseconds_left: MillisecondsLeft, for_one: int, chores: int) -> _Share:
    left = milliseconds_left()
    return _Share(milliseconds_left, left - max(left - for_one, 0) / chores)
