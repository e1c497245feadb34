"""Who is taught in which group and by whom, as audiences ask for it; pure, the groups come in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from school_events.people.model import StaffMember, TeachingGroup


@dataclass(frozen=True)
class Taught:
    """The pupils of a teaching group or of a teacher, and what that is called."""

    name: str
    pupils: frozenset[str]


@dataclass(frozen=True)
class Teaching:
    """Whom an audience can mean by a teaching group or a teacher, each by id; who is not in it is not known."""

    groups: Mapping[str, Taught]
    staff: Mapping[str, Taught]


NOT_ASKED = Teaching({}, {})
"""For an audience that names neither groups nor teachers."""


def teaching_of(groups: Iterable[TeachingGroup], staff: Iterable[StaffMember]) -> Teaching:
    """What the Portal's groups say.

    Args:
        groups: all of a school.
        staff: the teachers an audience asks for, as far as they are known.
    """
    groups = list(groups)
    return Teaching(
        groups={group.id: Taught(group.name, frozenset(group.pupil_ids)) for group in groups},
        staff={member.id: Taught(member.full_name, _taught_by(member.id, groups)) for member in staff},
    )


def _taught_by(staff_id: str, groups: Iterable[TeachingGroup]) -> frozenset[str]:
    theirs = (group.pupil_ids for group in groups if staff_id in group.staff_ids)
    return frozenset(pupil_id for pupil_ids in theirs for pupil_id in pupil_ids)
