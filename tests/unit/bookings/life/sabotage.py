"""Taking one protection away, to see that the lives would notice."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import hypothesis.core
import pytest

from school_events.core.errors import SchoolEventsError

type Live = Callable[[int], object]
"""Live so many lives, which a seed decides on; raises what the first that goes wrong says."""


@dataclass(frozen=True)
class Sabotage:
    """One protection that is taken away.

    Args:
        take_away: does so, and can be undone.
        seed: of the lives that are tried, which all end with the first that goes wrong. Any will do; by this one it
            is among the first.
    """

    take_away: Callable[[pytest.MonkeyPatch], None]
    seed: int


def without(*steps: tuple[Any, str], seed: int = 0) -> Sabotage:
    """Some steps of the product do nothing, each given as its room and its name."""

    def take_away(patch: pytest.MonkeyPatch) -> None:
        for room, name in steps:
            patch.setattr(room, name, _nothing)

    return Sabotage(take_away, seed)


def instead(room: ModuleType, name: str, other: Callable[..., Any], seed: int = 0) -> Sabotage:
    """A step of the product does something else."""
    return Sabotage(lambda patch: patch.setattr(room, name, other), seed)


def unnoticed(sabotages: dict[str, Sabotage], live: Live) -> list[str]:
    """Which protections can be taken away and lives go on as if nothing was missing."""
    return [name for name, sabotage in sabotages.items() if not notices(sabotage, live)]


def notices(sabotage: Sabotage, live: Live) -> bool:
    """Whether a life goes wrong without that protection."""
    with pytest.MonkeyPatch.context() as patch:
        # hypothesis would live the life that went wrong again, to report it.
        patch.setattr(hypothesis.core, "failure_exceptions_to_catch", lambda: ())
        sabotage.take_away(patch)
        try:
            live(sabotage.seed)
        except (AssertionError, AttributeError, LookupError, TypeError, SchoolEventsError, ExceptionGroup):
            return True
    return False


def _nothing(*_: Any, **__: Any) -> None:
    return None
