"""When the staff of a parents' evening are at it: teachers for their appointments, everybody else all the time."""

from collections.abc import Iterable

from school_events.events import store as events
from school_events.events.evenings import rules, store
from school_events.events.evenings.service import evening_of
from school_events.events.model import SchoolEvent, StaffAllocation
from school_events.events.staffing.model import Engagement


def busy_times(school_id: str, event: SchoolEvent, allocations: Iterable[StaffAllocation]) -> Iterable[Engagement]:
    """The engagements of some of those who work at an evening: a teacher's are as the slot plan has them."""
    plan = store.find_plan(school_id, event.id)
    times = {} if plan is None else rules.busy(plan, evening_of(event))
    sessions = events.sessions_of(school_id, event.id)
    for one in allocations:
        for session in sessions:
            for starts_at, ends_at in times.get(one.staff_id, ((session.starts_at, session.ends_at),)):
                at_desk = session.model_copy(update={"starts_at": starts_at, "ends_at": ends_at})
                yield Engagement(one, event, at_desk)
