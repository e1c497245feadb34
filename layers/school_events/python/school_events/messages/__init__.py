"""Messages on the two buses: models generated from `events_schemas/` by `python -m local.schemas`.

`PORTAL_MESSAGES` and `SCHOOL_EVENT_MESSAGES` map a message type (EventBridge `detail-type`) to the model of its
`detail`. Each side is loaded when it is first asked for: a function pays for the side it uses.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from .base import Message

if TYPE_CHECKING:
    from .portal import PORTAL_MESSAGES
    from .school_events import SCHOOL_EVENT_MESSAGES

PORTAL_SOURCE: Final = "portal"
SCHOOL_EVENTS_SOURCE: Final = "school_events"
_SIDES = {"PORTAL_MESSAGES": ".portal", "SCHOOL_EVENT_MESSAGES": ".school_events"}

__all__ = ["PORTAL_MESSAGES", "PORTAL_SOURCE", "SCHOOL_EVENTS_SOURCE", "SCHOOL_EVENT_MESSAGES", "Message"]


def __getattr__(name: str) -> Any:
    """Loads one side of the registry. Raises AttributeError for any other name."""
    if name not in _SIDES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_SIDES[name], __name__), name)
