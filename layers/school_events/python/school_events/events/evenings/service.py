"""The slot plan of a parents' evening: set, and followed by the evening's slots and staff (B7).

Setting a plan is one transaction with the event, whose version it raises. What follows from it is done at once, and
finished by housekeeping where that breaks off: the slots, which are places, and who of the staff works at the evening.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import batched

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Refused, Transaction, wait_or_give_up
from school_events.core.errors import NotFound, StaleVersion
from school_events.events import store as events
from school_events.events.evenings import rules, store
from school_events.events.evenings.api import KeptSlotView, PlannedDesk, PlannedSlots, SlotPlanBody
from school_events.events.evenings.model import SlotPlan
from school_events.events.evenings.planning import slot_plan
from school_events.events.evenings.rules import Arrangement, Evening
from school_events.events.model import SchoolEvent, StaffAllocation
from school_events.events.staffing import feed

ArrangeSlots = Callable[[Context, str], Arrangement]
"""Makes the places of an evening what its plan says, and says what they are: of ``bookings``, which sits above."""

_FINISHED_BY = timedelta(minutes=1)
"""Housekeeping looks after what the request itself has not finished by then."""

_PEOPLE_AT_ONCE = 45
"""An allocation, and a row of the change feed, each."""


def set_plan(ctx: Context, event_id: str, version: int, asked: SlotPlanBody, arrange: ArrangeSlots) -> PlannedSlots:
    """Say how the slots of an evening are made. Once families see it, only slots that nobody has move.

    Args:
        ctx: the moment.
        event_id: which evening.
        version: the version of the event the caller read.
        asked: the plan.
        arrange: makes its places follow.

    Returns:
        How many slots each desk has, and which stay as they are although the plan would not have them.

    Raises:
        NotFound: there is no such event.
        StaleVersion: the event has changed since that version.
        WrongState: it is no parents' evening, or its status does not allow it.
        Invalid: the plan makes no sense; names the field.
        TryAgain: the plan is set, but its slots have not all followed; they will within minutes.
    """
    event = events.find_event(ctx.school_id, event_id)
    if event.version != version:
        raise StaleVersion
    rules.check_event(event)
    plan = slot_plan(ctx.school_id, asked, _crews(ctx, event))
    at = evening_of(event)
    rules.check_plan(plan, at)
    details = event.details.model_copy(update={"capacity": len(rules.grid(plan, at))})
    after = SchoolEvent.of(details, event.status, version + 1)
    transaction = Transaction(ctx)
    events.update(transaction, ctx.school_id, after, stamp(ctx, "slots.planned"))
    transaction.put(store.plan_item(ctx.school_id, event_id, plan, ctx.now + _FINISHED_BY))
    transaction.commit()
    return _answer(after, plan, follow_up(ctx, event_id, arrange))


def follow_up(ctx: Context, event_id: str, arrange: ArrangeSlots) -> Arrangement:
    """Let the slots and the staff of an evening follow its plan; doing it again changes nothing.

    Raises:
        NotFound: there is no such event, or it has no plan.
        TryAgain: too busy; calling again goes on.
    """
    attempt = 0
    while True:
        try:
            return _follow_up(ctx, event_id, arrange)
        except Refused:
            attempt += 1
            wait_or_give_up(ctx, attempt)


def _follow_up(ctx: Context, event_id: str, arrange: ArrangeSlots) -> Arrangement:
    event = events.find_event(ctx.school_id, event_id)
    plan = store.find_plan(ctx.school_id, event_id)
    if plan is None:
        raise NotFound
    draft = event.status == "draft"
    arrangement = rules.arrange(plan, evening_of(event), ()) if draft else arrange(ctx, event_id)
    there = frozenset(one for slot in arrangement.slots.values() for one in slot.staff_ids)
    _allocate(ctx, event, plan.staff_ids | there)
    store.has_followed(ctx.school_id, event_id, plan)
    return arrangement


def evening_of(event: SchoolEvent) -> Evening:
    """When a parents' evening is.

    Raises:
        ValueError: the event is none.
    """
    if event.takes_place is None:
        raise ValueError("a parents' evening takes place")
    return rules.evening(event.takes_place, event.time_zone)


def _crews(ctx: Context, event: SchoolEvent) -> tuple[tuple[str, ...], ...]:
    """Who has a number already; in a draft nobody, since there are no places yet."""
    before = None if event.status == "draft" else store.find_plan(ctx.school_id, event.id)
    return () if before is None else before.crews


def _allocate(ctx: Context, event: SchoolEvent, wanted: Iterable[str]) -> None:
    """Let exactly these work at an evening because of its plan, in the role they have there or else as hosts.

    Raises:
        Refused: the event has changed since it was read, and perhaps its plan, or its day, or it is gone.
    """
    present = {one.staff_id: one for one in events.allocations_of(ctx.school_id, event.id)}
    planned = {staff_id for staff_id, one in present.items() if one.by_plan}
    for some in batched(sorted(planned.difference(wanted)), _PEOPLE_AT_ONCE, strict=False):
        transaction = Transaction(ctx)
        store.require_unchanged(transaction, ctx.school_id, event)
        for staff_id in some:
            _take_out_of_plan(transaction, ctx, event, present[staff_id])
        transaction.commit()
    for some in batched(sorted(set(wanted) - planned), _PEOPLE_AT_ONCE, strict=False):
        transaction = Transaction(ctx)
        store.require_unchanged(transaction, ctx.school_id, event)
        for staff_id in some:
            host = StaffAllocation(event_id=event.id, staff_id=staff_id, role="host", by_hand=False)
            there = present.get(staff_id, host).model_copy(update={"by_plan": True})
            transaction.put(events.allocation_item(ctx.school_id, event.starts_on, there))
            transaction.put(feed.row(ctx, event.id, staff_id, "created"))
        transaction.commit()


def _take_out_of_plan(transaction: Transaction, ctx: Context, event: SchoolEvent, planned: StaffAllocation) -> None:
    """Who is listed by the school as well stays at the evening."""
    if planned.by_hand:
        listed = planned.model_copy(update={"by_plan": False})
        transaction.put(events.allocation_item(ctx.school_id, event.starts_on, listed))
        return
    transaction.delete(events.allocation_key(ctx.school_id, event.id, planned.staff_id))
    transaction.put(feed.row(ctx, event.id, planned.staff_id, "removed"))


def _answer(event: SchoolEvent, plan: SlotPlan, arrangement: Arrangement) -> PlannedSlots:
    numbers = [rules.desk_of(number) for number in arrangement.slots]
    return PlannedSlots(
        event_version=event.version,
        capacity=event.capacity,
        desks=[
            PlannedDesk(number=desk.number, staff_ids=list(desk.staff_ids), slots=numbers.count(desk.number))
            for desk in plan.desks
        ],
        kept=[
            KeptSlotView(
                slot_id=rules.slot_id(one.slot.number),
                staff_ids=list(one.slot.staff_ids),
                starts_at=one.slot.starts_at,
                ends_at=one.slot.ends_at,
                reason=one.reason,
            )
            for one in arrangement.kept
        ],
    )
