"""When somebody of the staff works (B6)."""

from collections.abc import Iterator
from datetime import date, datetime

from school_events.core import clock
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.errors import NotFound
from school_events.core.http import Page
from school_events.events import store
from school_events.events.staffing import rules
from school_events.events.staffing.api import TimetableEntry, timetable_entry
from school_events.events.staffing.busy import busy_times
from school_events.events.staffing.model import Engagement
from school_events.events.staffing.span import ANY_ZONE, Span, span_of
from school_events.people.store import find_staff

MOST_DAYS = 366
"""A timetable is asked for by the year at most, and given in pages."""


def timetable(
    ctx: Context, staff_id: str, first: date, last: date, limit: int, cursor: str | None
) -> Page[TimetableEntry]:
    """A page of what a member of staff works at from one local day to another, both included, earliest first.

    What is still a draft is there, and says so; so is what is cancelled, so that nobody looks for it.

    Raises:
        NotFound: somebody else's, or nobody's, timetable.
        Invalid: the days are the wrong way round or too far apart, or the cursor is not one of this list.
    """
    own = staff_id == ctx.actor.id and ctx.actor.kind == "staff"
    if not (own or ctx.has_role("school_admin")) or staff_id not in find_staff(ctx.school_id, [staff_id]):
        raise NotFound
    span = span_of(ctx.school_id, first, last, MOST_DAYS)
    scope = f"{ctx.school_id}/timetable/{staff_id}/{first}/{last}"
    after = open_cursor(cursor, scope)["after"].split() if cursor else []
    since = clock.from_text(after[0]) if after else span.start
    found = [one for one in _engagements(ctx.school_id, staff_id, span, since) if _position(one) > after]
    page = sorted(found, key=_position)[: limit + 1]
    entries = [timetable_entry(one) for one in page[:limit]]
    if len(page) <= limit:
        return Page(items=entries)
    return Page(items=entries, next_cursor=seal({"after": " ".join(_position(page[limit - 1]))}, scope))


def _engagements(school_id: str, staff_id: str, span: Span, since: datetime) -> Iterator[Engagement]:
    """What somebody is engaged by within a span; once ``since`` (UTC) is past its start, what begins from there on."""
    first = max(span.first, (since - ANY_ZONE).date())
    # A cancelled session may be outside its event's days, by which allocations are found.
    allocations = store.allocations_after(
        school_id, staff_id, str(first - rules.LONGEST_EVENT), store.end_of_day(span.last + rules.LONGEST_EVENT)
    )
    by_event = {one.event_id: one for one in allocations}
    for event in store.find_events(school_id, by_event).values():
        if rules.may_have_sessions(event, first, span.last):
            for one in busy_times(school_id, event, [by_event[event.id]]):
                if one.session.starts_at < span.end and one.session.ends_at > span.start:
                    yield one


def _position(engagement: Engagement) -> list[str]:
    """Where an engagement stands in the list, as text: ids and instants, which hold no spaces."""
    starts_at, _, *ids = engagement.position
    return [clock.to_text(starts_at), *ids]
