"""The money of an event that is duplicated to other dates: what is due by a day moves with the event."""

from datetime import timedelta
from typing import Any

from school_events.events.model import SchoolEvent


def moved_money(event: SchoolEvent, later: timedelta) -> dict[str, Any]:
    """The charging and cancellation policy of an event that begins so much later, as its fields."""
    charging = event.charging
    if charging is not None:
        due = tuple(one.model_copy(update={"due_on": one.due_on + later}) for one in charging.instalments)
        charging = charging.model_copy(update={"instalments": due})
    steps = tuple(step.model_copy(update={"until": step.until + later}) for step in event.cancellation)
    return {"charging": charging, "cancellation": steps}
