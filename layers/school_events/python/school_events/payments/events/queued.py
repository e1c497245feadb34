"""What is kept of an event of Stripe's while it waits in our queue: ids of what to look at, nothing to believe.

Only the standard library is imported: the webhook's function uses it.
"""

from typing import Any

_LONGEST_ID = 255


def ids_of(event: dict[str, Any]) -> dict[str, str | None]:
    """The message that goes into the queue for an event.

    Args:
        event: as Stripe sends or lists it.
    """
    return {
        "event_id": text(event, "id"),
        "type": text(event, "type"),
        "account": text(event, "account"),
        "object_id": text(event, "data", "object", "id"),
        "charge_id": text(event, "data", "object", "charge"),
        "payment_id": text(event, "data", "object", "metadata", "payment_id"),
    }


def text(thing: object, *names: str) -> str | None:
    """What stands in a JSON object under a name, or under names one in the other, if it is a short text."""
    for name in names:
        thing = thing.get(name) if isinstance(thing, dict) else None
    return thing if isinstance(thing, str) and 0 < len(thing) <= _LONGEST_ID else None
