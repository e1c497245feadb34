"""What a member of staff works at, as their own refresh shows it (F3)."""

from collections.abc import Iterable
from datetime import timedelta

from school_events.core.context import Context
from school_events.events.model import SchoolEvent, StaffRole
from school_events.events.staffing.store import find_allocations
from school_events.events.store import allocations_after, find_events
from school_events.family.api import StaffEvent

_LONG_AGO = timedelta(days=2 * 366)
"""An event that began earlier is not shown to an app that starts over."""


def events(ctx: Context, event_ids: Iterable[str]) -> list[StaffEvent]:
    """Those of the events that the caller works at, read strongly."""
    allocations = find_allocations(ctx.school_id, ctx.actor.id, event_ids)
    if not allocations:
        return []
    found = find_events(ctx.school_id, allocations)
    return [_staff_event(event, allocations[event.id].role) for event in found.values()]


def all_events(ctx: Context, recent: Iterable[str]) -> list[StaffEvent]:
    """Everything the caller works at, from a year or two back on.

    Args:
        ctx: the moment, a member of staff's.
        recent: events that rows of the caller's feed named a moment ago: the index may not have followed yet.
    """
    since = (ctx.now - _LONG_AGO).date()
    listed = {one.event_id for one in allocations_after(ctx.school_id, ctx.actor.id, str(since))}
    return events(ctx, listed | set(recent))


def _staff_event(event: SchoolEvent, role: StaffRole) -> StaffEvent:
    shown = {name: getattr(event, name) for name in StaffEvent.model_fields.keys() - {"role"}}
    return StaffEvent(**shown, role=role)
