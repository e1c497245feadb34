"""Who works at an event (B6)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Invalid, StaleVersion
from school_events.events import rules, store
from school_events.events.access import event_for_staff
from school_events.events.model import SchoolEvent, StaffAllocation
from school_events.events.staffing import clashes, feed
from school_events.events.staffing.api import AllocationBody, AllocationView, StaffView, clash_view
from school_events.events.staffing.model import Clash
from school_events.people.model import StaffMember
from school_events.people.store import find_staff

MOST_CHANGED = 49
"""So many people can change at once: each an allocation and a row of the change feed, in one transaction."""

MOST_CLASHES_SHOWN = 20
"""Of one person at one event; a weekly club at the hour of another clashes all year."""


def allocate(ctx: Context, event_id: str, version: int, asked: Sequence[AllocationBody]) -> tuple[StaffView, int]:
    """Say who works at an event; who is left out no longer does. A clash is reported and does not keep it from being.

    Whom the slot plan of a parents' evening has works there for as long as it does, left out or not.

    Args:
        ctx: the moment.
        event_id: which.
        version: the version of the event the caller read.
        asked: everybody, with their roles.

    Returns:
        The staff with their clashes, and the event's new version.

    Raises:
        NotFound: there is no such event.
        StaleVersion: the event has changed since that version.
        WrongState: its status does not allow it.
        Invalid: somebody is listed twice or is no member of staff, or too many change at once; names the entry.
    """
    event = store.find_event(ctx.school_id, event_id)
    if event.version != version:
        raise StaleVersion
    rules.status_after(event.status, "allocate")
    known = _check_staff(ctx.school_id, asked)
    present = {one.staff_id: one for one in store.allocations_of(ctx.school_id, event_id)}
    planned = {staff_id: one.model_copy(update={"by_hand": False}) for staff_id, one in present.items() if one.by_plan}
    wanted = planned | {one.staff_id: _allocation(event_id, one, present.get(one.staff_id)) for one in asked}
    if wanted != present:
        _write(ctx, event, wanted, present)
        version += 1
    return _view(ctx, event, wanted.values(), known), version


def staff_of(ctx: Context, event_id: str) -> tuple[StaffView, int]:
    """Who works at an event, for administrators and those who do, and the event's version.

    An administrator sees everybody's clashes; a member of staff their own, since those of others speak of events that
    are none of theirs.

    Raises:
        NotFound: there is no such event, or the caller does not work at it.
    """
    event = event_for_staff(ctx, event_id)
    allocations = store.allocations_of(ctx.school_id, event_id)
    known = find_staff(ctx.school_id, [one.staff_id for one in allocations])
    return _view(ctx, event, allocations, known), event.version


def _allocation(event_id: str, asked: AllocationBody, before: StaffAllocation | None) -> StaffAllocation:
    """Somebody listed; whom only the plan has stays the plan's, since apps send back everybody they were shown."""
    if before is None:
        return StaffAllocation(event_id=event_id, staff_id=asked.staff_id, role=asked.role)
    return before.model_copy(update={"role": asked.role})


def _check_staff(school_id: str, asked: Sequence[AllocationBody]) -> Mapping[str, StaffMember]:
    known = find_staff(school_id, {one.staff_id for one in asked})
    listed: set[str] = set()
    for number, one in enumerate(asked):
        field = f"staff.{number}.staff_id"
        if one.staff_id in listed:
            raise Invalid.of(field, "is listed twice")
        if one.staff_id not in known:
            raise Invalid.of(field, "is no member of staff of this school")
        listed.add(one.staff_id)
    return known


def _write(
    ctx: Context, event: SchoolEvent, wanted: Mapping[str, StaffAllocation], present: Mapping[str, StaffAllocation]
) -> None:
    given = {staff_id: one for staff_id, one in wanted.items() if present.get(staff_id) != one}
    gone = present.keys() - wanted.keys()
    if len(given) + len(gone) > MOST_CHANGED:
        raise Invalid.of("staff", f"changes more than {MOST_CHANGED} people at once: do it in two steps")
    transaction = Transaction(ctx)
    after = SchoolEvent.of(event.details, event.status, event.version + 1)
    store.update(transaction, ctx.school_id, after, stamp(ctx, "staff.allocated"))
    for staff_id, allocation in given.items():
        transaction.put(store.allocation_item(ctx.school_id, event.starts_on, allocation))
        transaction.put(feed.row(ctx, event.id, staff_id, "changed" if staff_id in present else "created"))
    for staff_id in sorted(gone):
        transaction.delete(store.allocation_key(ctx.school_id, event.id, staff_id))
        transaction.put(feed.row(ctx, event.id, staff_id, "removed"))
    transaction.commit()


def _view(
    ctx: Context, event: SchoolEvent, allocations: Iterable[StaffAllocation], known: Mapping[str, StaffMember]
) -> StaffView:
    ordered = sorted(allocations, key=lambda one: one.staff_id)
    # Who has left works at nothing any more, wherever they are still listed.
    shown = [one for one in ordered if one.staff_id in known and _may_see_clashes(ctx, one.staff_id)]
    found = clashes.of_event(ctx.school_id, event, shown)
    return StaffView(
        items=[
            _allocation_view(
                one,
                known[one.staff_id].full_name if one.staff_id in known else "",
                [clash for clash in found if clash.staff_id == one.staff_id]
                if _may_see_clashes(ctx, one.staff_id)
                else None,
            )
            for one in ordered
        ]
    )


def _may_see_clashes(ctx: Context, staff_id: str) -> bool:
    return ctx.has_role("school_admin") or ctx.actor.id == staff_id


def _allocation_view(allocation: StaffAllocation, name: str, found: Collection[Clash] | None) -> AllocationView:
    shown = None if found is None else list(found)[:MOST_CLASHES_SHOWN]
    return AllocationView(
        staff_id=allocation.staff_id,
        role=allocation.role,
        name=name,
        clashes=None if shown is None else [clash_view(one, allocation.event_id) for one in shown],
        clash_count=None if found is None else len(found),
    )
