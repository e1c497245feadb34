"""What staff are shown of a trip, and families never."""

from school_events.core.context import Context
from school_events.events import store
from school_events.events.model import SchoolEvent
from school_events.events.trips.api import ForStaffView
from school_events.events.trips.rules import Ratio
from school_events.people.store import find_staff


def view_for_staff(ctx: Context, event: SchoolEvent) -> ForStaffView | None:
    """What only administrators and the trip's own staff see; nothing for a family, or if there is nothing.

    Args:
        ctx: the moment; its actor may read the event.
        event: as it is kept.
    """
    if ctx.actor.kind != "staff" or event.for_staff is None:
        return None
    return ForStaffView.model_validate(dict(event.for_staff) | {"ratio": _ratio(ctx, event)})


def _ratio(ctx: Context, event: SchoolEvent) -> Ratio | None:
    """Adults and pupils, if the school has set itself a target; who the Portal has removed does not go along."""
    target = None if event.for_staff is None else event.for_staff.pupils_per_adult
    if target is None:
        return None
    allocated = [one.staff_id for one in store.allocations_of(ctx.school_id, event.id)]
    return Ratio(target=target, staff=len(find_staff(ctx.school_id, allocated)), pupils=event.capacity)
