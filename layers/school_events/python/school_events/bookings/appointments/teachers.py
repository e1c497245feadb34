"""Whom the families of children may meet at an evening, as far as the staff are still there (B7)."""

from collections.abc import Collection, Mapping, Sequence

from school_events.events.evenings.model import Desk, SlotPlan
from school_events.events.evenings.planning import staffed_desks
from school_events.events.evenings.teaching import Choice, choices
from school_events.people.groups import groups_of
from school_events.people.model import Pupil, TeachingGroup


def whom_to_meet(school_id: str, plan: SlotPlan, pupils: Collection[Pupil]) -> Mapping[str, Sequence[Choice]]:
    """The choices that the families of pupils have, by pupil.

    Only desks that could be for one of them are looked at, so that a family's booking does not read all of the staff.
    """
    groups = groups_of(school_id, [pupil.id for pupil in pupils])
    theirs = plan.model_copy(update={"desks": tuple(desk for desk in plan.desks if _could_be_for(desk, groups))})
    desks = staffed_desks(school_id, theirs)
    return {pupil.id: choices(pupil, desks, groups) for pupil in pupils}


def _could_be_for(desk: Desk, groups: Collection[TeachingGroup]) -> bool:
    return desk.meets is not None or any(set(desk.staff_ids) <= set(group.staff_ids) for group in groups)
