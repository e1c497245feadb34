"""Who works at an event, and when somebody works (B6)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Invalid, NotFound, StaleVersion
from school_events.core.http import Page
from school_events.events import rules, store
from school_events.events.access import event_for_staff
from school_events.events.api import AllocationBody, AllocationView, StaffView, TimetableEntry
from school_events.events.model import SchoolEvent, Session, StaffAllocation
from school_events.people.store import find_school, find_staff

MOST_DAYS = 92
"""A timetable covers at most a term."""

_LONGEST_EVENT = timedelta(days=366)


def allocate(ctx: Context, event_id: str, version: int, asked: Sequence[AllocationBody]) -> tuple[StaffView, int]:
    """Say who works at an event; who is left out no longer does.

    Args:
        ctx: the moment.
        event_id: which.
        version: the version of the event the caller read.
        asked: everybody, with their roles.

    Returns:
        The staff, and the event's new version.

    Raises:
        NotFound: there is no such event.
        StaleVersion: the event has changed since that version.
        WrongState: its status does not allow it.
        Invalid: somebody is listed twice or is no member of staff; names the entry.
    """
    event = store.find_event(ctx.school_id, event_id)
    if event.version != version:
        raise StaleVersion
    rules.status_after(event.status, "allocate")
    _check_staff(ctx.school_id, asked)
    wanted = {one.staff_id: StaffAllocation(event_id=event_id, staff_id=one.staff_id, role=one.role) for one in asked}
    present = {one.staff_id: one for one in store.allocations_of(ctx.school_id, event_id)}
    if wanted != present:
        _write(ctx, event, wanted, present)
        version += 1
    return _view(ctx.school_id, wanted.values()), version


def staff_of(ctx: Context, event_id: str) -> tuple[StaffView, int]:
    """Who works at an event, for administrators and those who do, and the event's version.

    Raises:
        NotFound: there is no such event, or the caller does not work at it.
    """
    event = event_for_staff(ctx, event_id)
    return _view(ctx.school_id, store.allocations_of(ctx.school_id, event_id)), event.version


def timetable(ctx: Context, staff_id: str, first: date, last: date) -> Page[TimetableEntry]:
    """When a member of staff works, from one local day to another, both included, earliest first.

    Raises:
        NotFound: somebody else's, or nobody's, timetable.
        Invalid: the days are the wrong way round or too far apart.
    """
    if not timedelta() <= last - first < timedelta(days=MOST_DAYS):
        raise Invalid.of("to", f"must be from the first day to {MOST_DAYS} days after it")
    own = staff_id == ctx.actor.id and ctx.actor.kind == "staff"
    if not (own or ctx.has_role("school_admin")) or staff_id not in find_staff(ctx.school_id, [staff_id]):
        raise NotFound
    zone = ZoneInfo(find_school(ctx.school_id).time_zone)
    allocations = store.allocations_after(ctx.school_id, staff_id, str(first - _LONGEST_EVENT), f"{last}~")
    roles = {one.event_id: one for one in allocations}
    start, end = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    entries = [
        _entry(event, session, roles[event.id])
        for event in store.find_events(ctx.school_id, roles).values()
        if event.ends_on >= first
        for session in store.sessions_of(ctx.school_id, event.id)
        if session.starts_at < end and session.ends_at > start and not session.cancelled
    ]
    return Page(items=sorted(entries, key=lambda entry: (entry.starts_at, entry.event_id)))


def _check_staff(school_id: str, asked: Sequence[AllocationBody]) -> None:
    known = find_staff(school_id, {one.staff_id for one in asked})
    listed: set[str] = set()
    for number, one in enumerate(asked):
        field = f"staff.{number}.staff_id"
        if one.staff_id in listed:
            raise Invalid.of(field, "is listed twice")
        if one.staff_id not in known:
            raise Invalid.of(field, "is no member of staff of this school")
        listed.add(one.staff_id)


def _write(
    ctx: Context, event: SchoolEvent, wanted: dict[str, StaffAllocation], present: dict[str, StaffAllocation]
) -> None:
    transaction = Transaction(ctx)
    after = SchoolEvent.of(event.details, event.status, event.version + 1)
    store.update(transaction, ctx.school_id, after, stamp(ctx, "staff.allocated"))
    for staff_id, allocation in wanted.items():
        if present.get(staff_id) != allocation:
            transaction.put(store.allocation_item(ctx.school_id, event.starts_on, allocation))
    for staff_id in present.keys() - wanted.keys():
        transaction.delete(store.allocation_key(ctx.school_id, event.id, staff_id))
    transaction.commit()


def _view(school_id: str, allocations: Iterable[StaffAllocation]) -> StaffView:
    ordered = sorted(allocations, key=lambda one: one.staff_id)
    known = find_staff(school_id, [one.staff_id for one in ordered])
    return StaffView(
        items=[
            AllocationView(
                staff_id=one.staff_id,
                role=one.role,
                name=known[one.staff_id].full_name if one.staff_id in known else "",
            )
            for one in ordered
        ]
    )


def _entry(event: SchoolEvent, session: Session, allocation: StaffAllocation) -> TimetableEntry:
    return TimetableEntry(
        event_id=event.id,
        kind=event.kind,
        status=event.status,
        title=event.title,
        location=event.location,
        time_zone=event.time_zone,
        role=allocation.role,
        session_id=session.id,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
