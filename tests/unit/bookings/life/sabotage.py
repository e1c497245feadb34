"""Taking one protection away, to see that the lives would notice."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from school_events.core.errors import SchoolEventsError

type Sabotage = Callable[[pytest.MonkeyPatch], None]


def without(*steps: tuple[Any, str]) -> Sabotage:
    """Some steps of the product do nothing, each given as its room and its name."""

    def take_away(patch: pytest.MonkeyPatch) -> None:
        for room, name in steps:
            patch.setattr(room, name, _nothing)

    return take_away


def instead(room: ModuleType, name: str, other: Callable[..., Any]) -> Sabotage:
    """A step of the product does something else."""
    return lambda patch: patch.setattr(room, name, other)


def unnoticed(sabotages: dict[str, Sabotage], live: Callable[[], object]) -> list[str]:
    """Which protections can be taken away and lives go on as if nothing was missing."""
    return [name for name, sabotage in sabotages.items() if not _notices(sabotage, live)]


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _notices(sabotage: Sabotage, live: Callable[[], object]) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        try:
            live()
        except (AssertionError, AttributeError, LookupError, TypeError, SchoolEventsError, ExceptionGroup):
            return True
    return False
