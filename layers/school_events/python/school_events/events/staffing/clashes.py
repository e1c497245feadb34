"""Who of the staff is to be at two events at once (B6)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from itertools import chain, islice

from school_events.core import clock
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.http import Page
from school_events.events import store
from school_events.events.model import SchoolEvent, Session, StaffAllocation
from school_events.events.staffing import rules
from school_events.events.staffing.api import SessionClash, StaffClash, session_clash, staff_clash
from school_events.events.staffing.busy import busy_times
from school_events.events.staffing.model import Clash, Engagement
from school_events.events.staffing.span import ANY_ZONE, Span, span_of
from school_events.people.store import find_staff

MOST_DAYS = 92
"""The school's clashes are asked for by the term at most."""


def of_event(school_id: str, event: SchoolEvent, allocations: Collection[StaffAllocation]) -> list[Clash]:
    """What those who work at an event are to be at as well while it lasts, by when it begins.

    What somebody was allocated to a moment ago may be missing (index).
    """
    return _with_others(school_id, event.id, busy_times(school_id, event, allocations) if allocations else [])


def of_session(school_id: str, event: SchoolEvent, session: Session) -> list[SessionClash]:
    """Who of an event's staff could not come to a session without leaving another event."""
    allocations = store.allocations_of(school_id, event.id)
    known = find_staff(school_id, [one.staff_id for one in allocations])
    own = [Engagement(one, event, session) for one in allocations if one.staff_id in known]
    found = _with_others(school_id, event.id, [] if session.cancelled else own)
    return [session_clash(one, event.id) for one in found]


def of_school(ctx: Context, first: date, last: date, limit: int, cursor: str | None) -> Page[StaffClash]:
    """A page of the school's clashes from one local day to another, both included, by when they begin.

    Raises:
        Invalid: the days are the wrong way round or too far apart, or the cursor is not one of this list.
    """
    span = span_of(ctx.school_id, first, last, MOST_DAYS)
    scope = f"{ctx.school_id}/staff-clashes/{first}/{last}"
    after = open_cursor(cursor, scope)["after"].split() if cursor else []
    found = (one for one in _in_school(ctx.school_id, span) if _position(one) > after)
    page = list(islice(found, limit + 1))
    names = find_staff(ctx.school_id, {one.staff_id for one in page})
    views = [staff_clash(one, names[one.staff_id].full_name) for one in page[:limit] if one.staff_id in names]
    if len(page) <= limit:
        return Page(items=views)
    return Page(items=views, next_cursor=seal({"after": " ".join(_position(page[limit - 1]))}, scope))


def _in_school(school_id: str, span: Span) -> Iterator[Clash]:
    """Clashes of everybody, of which something is within a span; sessions are read only where somebody may clash."""
    listed = store.events_after(school_id, str(span.first - rules.LONGEST_EVENT), store.end_of_day(span.last))
    staffed = [(one, store.allocations_of(school_id, one.id)) for one in listed if _may_engage(one, span.first)]
    times = Counter(one.staff_id for _, allocations in staffed for one in allocations)
    known = find_staff(school_id, [staff_id for staff_id, often in times.items() if often > 1])
    engagements = (
        busy_times(school_id, event, busy)
        for event, allocations in staffed
        if (busy := [one for one in allocations if one.staff_id in known])
    )
    found = rules.clashes(chain.from_iterable(engagements))
    return (one for one in found if one.starts_at < span.end and one.ends_at > span.start)


def _with_others(school_id: str, event_id: str, own: Collection[Engagement]) -> list[Clash]:
    """Clashes of engagements by an event with all others of the same people."""
    if not own:
        return []
    start = min(one.session.starts_at for one in own)
    end = max(one.session.ends_at for one in own)
    staff = {one.allocation.staff_id for one in own}
    found = rules.clashes([*own, *_elsewhere(school_id, event_id, staff, start, end)])
    return [one for one in found if event_id in {one.earlier.event.id, one.later.event.id}]


def _elsewhere(
    school_id: str, event_id: str, staff: Iterable[str], start: datetime, end: datetime
) -> Iterator[Engagement]:
    """What people are engaged by from one instant to another (UTC), and around it, besides an event."""
    first, last = (start - ANY_ZONE).date(), (end + ANY_ZONE).date()
    since, until = str(first - rules.LONGEST_EVENT), store.end_of_day(last)
    found = chain.from_iterable(store.allocations_after(school_id, one, since, until) for one in sorted(staff))
    by_event: dict[str, list[StaffAllocation]] = {}
    for allocation in found:
        by_event.setdefault(allocation.event_id, []).append(allocation)
    by_event.pop(event_id, None)
    for event in store.find_events(school_id, by_event).values():
        if _may_engage(event, first):
            yield from busy_times(school_id, event, by_event[event.id])


def _may_engage(event: SchoolEvent, first: date) -> bool:
    return event.ends_on >= first and event.status != "cancelled"


def _position(clash: Clash) -> list[str]:
    """Where a clash stands in the list, as text: ids and instants, which hold no spaces."""
    pair = clash.later.position, clash.earlier.position
    return [text for starts_at, *ids in pair for text in (clock.to_text(starts_at), *ids)]
