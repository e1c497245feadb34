"""The grid of a parents' evening: an administrator sees all, a teacher their own, a family what is for its children.

A family sees of a slot whether it is free, taken or its own, and of its own where it is; of teachers only those of its
invited children (B7, C2).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from school_events.bookings import slot_places, store
from school_events.bookings.appointments.teachers import whom_to_meet
from school_events.bookings.model import Booking, PlaceState
from school_events.bookings.places import PlaceItem
from school_events.bookings.rules import SLOTS
from school_events.core.context import Context
from school_events.core.errors import NotFound, WrongState
from school_events.events.access import event_for_staff
from school_events.events.evenings import rules
from school_events.events.evenings.api import ChoiceView, DeskView, Slots, SlotStaff, SlotView
from school_events.events.evenings.model import Slot, SlotPlan
from school_events.events.evenings.planning import plan_body
from school_events.events.evenings.service import evening_of
from school_events.events.evenings.store import find_plan
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.invitations.store import find_invitations
from school_events.people import access
from school_events.people import rules as people_rules
from school_events.people import store as people
from school_events.people.model import Pupil


@dataclass(frozen=True)
class _Seen:
    """A slot as it stands: whether it can be booked, and by which booking it is taken."""

    slot: Slot
    free: bool = True
    booking_id: str | None = None


def read_slots(ctx: Context, event_id: str) -> Slots:
    """The slots of an evening, as far as they are the caller's business; of a draft those that its plan would make.

    Raises:
        NotFound: there is no such event, or it is none of the caller's.
        WrongState: it is no parents' evening.
    """
    if ctx.actor.kind == "contact":
        return _for_family(ctx, event_id)
    event = event_for_staff(ctx, event_id)
    plan = _plan(ctx, event)
    seen = _all_slots(ctx, event, plan)
    if not ctx.has_role("school_admin"):
        own = [one for one in seen if ctx.actor.id in one.slot.staff_ids]
        return _grid(ctx, event, plan, own, _for_staff)
    grid = _grid(ctx, event, plan, seen, _for_staff)
    return grid if plan is None else grid.model_copy(update={"plan": plan_body(plan)})


def _for_family(ctx: Context, event_id: str) -> Slots:
    children = _invited_children(ctx, event_id)
    if not children:
        raise NotFound
    event = find_event(ctx.school_id, event_id)
    plan = _plan(ctx, event)
    if plan is None or event.status in {"draft", "publishing"}:
        raise NotFound
    chosen = whom_to_meet(ctx.school_id, plan, children)
    mine = _own_bookings(ctx, event_id, children)
    desks = {desk for found in chosen.values() for choice in found for desk in choice.desks}
    desks |= {rules.desk_of(number) for number in mine}
    seen = [
        _Seen(item.slot, free=_is_free(item), booking_id=item.booking_id)
        for desk in sorted(desks)
        for item in slot_places.slots_of_desk(ctx, event_id, desk)
    ]
    grid = _grid(ctx, event, plan, seen, lambda one: _for_parent(one, mine))
    views = [
        ChoiceView(pupil_id=pupil_id, desks=list(choice.desks), groups=list(choice.groups))
        for pupil_id, found in chosen.items()
        for choice in found
    ]
    return grid.model_copy(update={"choices": views})


def _invited_children(ctx: Context, event_id: str) -> list[Pupil]:
    """The caller's children who are on roll and invited."""
    linked = [link.pupil_id for link in access.open_links(ctx, ctx.actor.id)]
    invited = find_invitations(ctx.school_id, event_id, linked)
    day = people_rules.today(ctx.now)
    pupils = people.find_pupils(ctx.school_id, invited)
    return [pupils[one] for one in sorted(pupils) if pupils[one].is_on_roll(day)]


def _own_bookings(ctx: Context, event_id: str, children: Iterable[Pupil]) -> Mapping[int, Booking]:
    """The live bookings of the caller's children at the evening, by slot; either parent sees them (C2)."""
    bookings = store.live_bookings_of_pupils(ctx.school_id, [child.id for child in children])
    own = (one for one in bookings if one.event_id == event_id and one.place.pool == SLOTS)
    return {one.place.number: one for one in own}


def _plan(ctx: Context, event: SchoolEvent) -> SlotPlan | None:
    if event.kind != "parents_evening":
        raise WrongState("Only a parents' evening has slots")
    return find_plan(ctx.school_id, event.id)


def _all_slots(ctx: Context, event: SchoolEvent, plan: SlotPlan | None) -> list[_Seen]:
    if event.status == "draft":
        return [] if plan is None else [_Seen(slot) for slot in rules.grid(plan, evening_of(event))]
    found = slot_places.slots_of(ctx, event.id)
    return [_Seen(item.slot, free=_is_free(item), booking_id=item.booking_id) for item in found]


def _is_free(item: PlaceItem) -> bool:
    return item.state == PlaceState.FREE.value and bool(item.bookable)


def _grid(
    ctx: Context, event: SchoolEvent, plan: SlotPlan | None, seen: Iterable[_Seen], view: Callable[[_Seen], SlotView]
) -> Slots:
    """Slots by desk, each as the caller may see it."""
    desks: dict[int, list[_Seen]] = {}
    for one in sorted(seen, key=lambda one: one.slot.number):
        desks.setdefault(rules.desk_of(one.slot.number), []).append(one)
    known = people.find_staff(ctx.school_id, {one for of in desks.values() for one in of[0].slot.staff_ids})
    names = {staff_id: member.full_name for staff_id, member in known.items()}
    return Slots(
        event_version=event.version,
        most_per_family=None if plan is None else plan.most_per_family,
        choices=[],
        desks=[
            DeskView(
                number=number,
                staff=[SlotStaff(staff_id=one, name=names.get(one, "")) for one in of[0].slot.staff_ids],
                slots=[view(one) for one in of],
            )
            for number, of in desks.items()
        ],
        plan=None,
    )


def _for_staff(one: _Seen) -> SlotView:
    return SlotView(
        id=rules.slot_id(one.slot.number),
        starts_at=one.slot.starts_at,
        ends_at=one.slot.ends_at,
        state="free" if one.free else "taken",
        booking_id=one.booking_id,
        room=one.slot.room,
        video_link=one.slot.video_link,
    )


def _for_parent(one: _Seen, mine: Mapping[int, Booking]) -> SlotView:
    own = mine.get(one.slot.number)
    times = {"id": rules.slot_id(one.slot.number), "starts_at": one.slot.starts_at, "ends_at": one.slot.ends_at}
    if own is None:
        return SlotView.model_validate(times | {"state": "free" if one.free else "taken"})
    where = {"room": one.slot.room, "video_link": one.slot.video_link}
    return SlotView.model_validate(times | where | {"state": "mine", "booking_id": own.id, "pupil_id": own.pupil_id})
