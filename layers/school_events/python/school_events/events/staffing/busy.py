"""When the staff of an event are engaged by it: at all its sessions, unless its kind says otherwise."""

from collections.abc import Callable, Iterable, Mapping

from school_events.events import store
from school_events.events.evenings import busy as evenings
from school_events.events.model import EventKind, SchoolEvent, StaffAllocation
from school_events.events.staffing.model import Engagement

type BusyTimes = Callable[[str, SchoolEvent, Iterable[StaffAllocation]], Iterable[Engagement]]
"""Of a school and event: when each of those who work at it is there."""

OF_KINDS: Mapping[EventKind, BusyTimes] = {"parents_evening": evenings.busy_times}
"""The kinds of events at which not everybody is there all the time."""


def busy_times(school_id: str, event: SchoolEvent, allocations: Iterable[StaffAllocation]) -> list[Engagement]:
    """When some of those who work at an event are engaged by it, cancelled sessions among them."""
    return list(OF_KINDS.get(event.kind, _at_all_sessions)(school_id, event, allocations))


def _at_all_sessions(
    school_id: str, event: SchoolEvent, allocations: Iterable[StaffAllocation]
) -> Iterable[Engagement]:
    sessions = store.sessions_of(school_id, event.id)
    return (Engagement(allocation, event, session) for allocation in allocations for session in sessions)
