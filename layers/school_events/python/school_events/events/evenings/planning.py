"""From what a school asks for to a parents' evening that makes sense, and to the plan of its slots."""

from collections.abc import Iterable, Sequence

from school_events.core.errors import FieldError, Invalid, WrongState
from school_events.events.api import NewEvent, OutingBody
from school_events.events.evenings import rules, store
from school_events.events.evenings.api import DeskBody, SlotPlanBody, SpanBody
from school_events.events.evenings.model import Crew, Desk, Meets, SlotPlan, Span
from school_events.events.model import Outing, SchoolEvent
from school_events.people.groups import all_groups
from school_events.people.store import find_staff

_MOST_PLACES = 2000
_NOT_OF_EVENINGS = ("capacity", "minimum", "charging", "cancellation")


def capacity_of(asked: NewEvent, slots: int) -> int:
    """How many can be booked: what is asked for, or at a parents' evening as many as it has slots.

    Args:
        asked: the event.
        slots: how many its slot plan makes.

    Raises:
        Invalid: too few or too many places, or something that a parents' evening does not have; names the field.
    """
    if asked.kind != "parents_evening":
        if not 1 <= asked.capacity <= _MOST_PLACES:
            raise Invalid.of("capacity", f"must be from 1 to {_MOST_PLACES}")
        return asked.capacity
    for field in _NOT_OF_EVENINGS:
        if getattr(asked, field):
            raise Invalid.of(field, "does not belong to a parents' evening")
    if asked.price.amount:
        raise Invalid.of("price.amount", "must be 0 for a parents' evening")
    if asked.takes_place is not None:
        rules.check_outing(_outing(asked.takes_place))
    return slots


def capacity_asked(event: SchoolEvent) -> int:
    """The capacity that an event was asked for with; a parents' evening with none, since it follows from the plan."""
    return 0 if event.kind == "parents_evening" else event.capacity


def slots_at(school_id: str, event: SchoolEvent, takes_place: OutingBody | None) -> int:
    """How many slots the plan of an evening makes, if it has one, when the evening is at other times.

    Raises:
        Invalid: a desk would have no appointment then, or something else of the plan would make no sense.
    """
    plan = store.find_plan(school_id, event.id) if event.kind == "parents_evening" else None
    return 0 if plan is None or takes_place is None else _fitting(plan, takes_place, event.time_zone)


def plan_at(school_id: str, event: SchoolEvent, takes_place: OutingBody | None) -> tuple[SlotPlan | None, int]:
    """The plan of an evening for another one at other times, without staff who are gone, and how many slots it makes.

    Raises:
        Invalid: a desk would have no appointment then, or something else of the plan would make no sense.
    """
    plan = store.find_plan(school_id, event.id) if event.kind == "parents_evening" else None
    if plan is None or takes_place is None:
        return None, 0
    desks, crews = rules.numbered(staffed_desks(school_id, plan))
    if not desks:
        return None, 0
    copy = plan.model_copy(update={"desks": desks, "crews": crews})
    return copy, _fitting(copy, takes_place, event.time_zone)


def staffed_desks(school_id: str, plan: SlotPlan) -> tuple[Desk, ...]:
    """The desks of a plan at which sits nobody who has left the school's staff."""
    known = find_staff(school_id, plan.staff_ids).keys()
    return tuple(desk for desk in plan.desks if known >= set(desk.staff_ids))


def check_publishable(school_id: str, event: SchoolEvent) -> None:
    """Whether a parents' evening may be published: it has slots, and somebody to meet at each.

    Raises:
        WrongState: it has no slot plan, or one with staff who have left; names the desks.
    """
    if event.kind != "parents_evening":
        return
    plan = store.find_plan(school_id, event.id)
    if plan is None:
        raise WrongState("This parents' evening has no slots", fields=[FieldError("slot_plan", "is missing")])
    staffed = staffed_desks(school_id, plan)
    fields = [
        FieldError(f"slot_plan.desks.{position}.staff_ids", "has somebody who is no member of staff any more")
        for position, desk in enumerate(plan.desks)
        if desk not in staffed
    ]
    if fields:
        raise WrongState("Its slot plan has staff who have left", fields=fields)


def slot_plan(school_id: str, asked: SlotPlanBody, before: Sequence[Crew]) -> SlotPlan:
    """The plan that a school asks for; whether its slots make sense is asked of ``rules``.

    Args:
        school_id: whose.
        asked: how the slots are to be made.
        before: the crews that have numbers already.

    Raises:
        Invalid: staff or groups that are none of the school's, a desk twice, spans that end before they begin; names
            the field.
        WrongState: too many crews have had a desk.
    """
    _check_desks(school_id, asked.desks)
    breaks = _spans(asked.breaks, "breaks")
    desks, crews = rules.numbered(
        [_desk(desk, f"desks.{position}") for position, desk in enumerate(asked.desks)], before
    )
    return SlotPlan(
        appointment_minutes=asked.appointment_minutes,
        buffer_minutes=asked.buffer_minutes,
        breaks=breaks,
        most_per_family=asked.most_per_family,
        desks=desks,
        crews=crews,
    )


def plan_body(plan: SlotPlan) -> SlotPlanBody:
    """A plan as it was asked for."""
    desks = [
        DeskBody.model_validate(
            desk.model_dump(exclude={"number", "meets"})
            | {"staff_ids": list(desk.staff_ids), "meets": None if desk.meets is None else desk.meets.model_dump()},
            strict=False,
        )
        for desk in plan.desks
    ]
    return SlotPlanBody(
        appointment_minutes=plan.appointment_minutes,
        buffer_minutes=plan.buffer_minutes,
        breaks=[SpanBody.model_validate(one) for one in plan.breaks],
        most_per_family=plan.most_per_family,
        desks=desks,
    )


def _fitting(plan: SlotPlan, takes_place: OutingBody, time_zone: str) -> int:
    outing = _outing(takes_place)
    rules.check_outing(outing)
    at = rules.evening(outing, time_zone)
    try:
        rules.check_plan(plan, at)
    except Invalid as error:
        raise Invalid.of("takes_place", f"does not go with the slot plan: {error.fields[0].field}") from error
    return len(rules.grid(plan, at))


def _outing(body: OutingBody) -> Outing:
    return Outing(starts_at=body.starts_at, ends_at=body.ends_at)


def _check_desks(school_id: str, desks: Sequence[DeskBody]) -> None:
    staff = {one for desk in desks for one in desk.staff_ids}
    if len(staff) > rules.MOST_TEACHERS:
        raise Invalid.of("desks", f"have more than {rules.MOST_TEACHERS} teachers")
    known = find_staff(school_id, staff).keys()
    named = any(desk.meets is not None and desk.meets.teaching_groups for desk in desks)
    groups = frozenset(group.id for group in all_groups(school_id)) if named else frozenset[str]()
    crews: set[frozenset[str]] = set()
    for position, desk in enumerate(desks):
        where, crew = f"desks.{position}", frozenset(desk.staff_ids)
        _check_known(desk.staff_ids, known, f"{where}.staff_ids", "is no member of staff of this school")
        if len(crew) < len(desk.staff_ids) or crew in crews:
            raise Invalid.of(f"{where}.staff_ids", "has somebody twice, or is an earlier desk's")
        crews.add(crew)
        if desk.room is not None and desk.video_link is not None:
            raise Invalid.of(f"{where}.video_link", "is instead of a room")
        if desk.meets is not None:
            _check_known(
                desk.meets.teaching_groups, groups, f"{where}.meets.teaching_groups", "is no group of this school"
            )


def _check_known(ids: Sequence[str], known: Iterable[str], field: str, message: str) -> None:
    for number, one in enumerate(ids):
        if one not in known:
            raise Invalid.of(f"{field}.{number}", message)


def _desk(body: DeskBody, field: str) -> Desk:
    meets = body.meets
    return Desk(
        number=0,
        staff_ids=tuple(sorted(body.staff_ids)),
        available=_spans(body.available, f"{field}.available"),
        unavailable=_spans(body.unavailable, f"{field}.unavailable"),
        room=body.room,
        video_link=body.video_link,
        meets=None
        if meets is None
        else Meets(
            teaching_groups=tuple(meets.teaching_groups),
            registration_groups=tuple(meets.registration_groups),
            year_groups=tuple(meets.year_groups),
        ),
    )


def _spans(bodies: Sequence[SpanBody], field: str) -> tuple[Span, ...]:
    for number, one in enumerate(bodies):
        if one.ends_at <= one.starts_at:
            raise Invalid.of(f"{field}.{number}.ends_at", "must be later than starts_at")
    return tuple(Span(starts_at=one.starts_at, ends_at=one.ends_at) for one in bodies)
