"""Whose families come to which desk of a parents' evening: by the Portal's teaching groups, unless the plan says so.

Teachers who sit together are for the classes that all of them teach; a teacher alone is for the classes they teach and
no such desk is for. So where a class has several teachers at desks of their own, its families meet either of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from school_events.events.evenings.model import Desk
from school_events.people.model import Pupil, TeachingGroup


@dataclass(frozen=True)
class Choice:
    """A family may meet one of these desks (by number), for a child in this group (the names of all, if several)."""

    desks: tuple[int, ...]
    groups: tuple[str, ...]


def choices(pupil: Pupil, desks: Sequence[Desk], groups: Iterable[TeachingGroup]) -> tuple[Choice, ...]:
    """Whom the family of a pupil may meet: one desk of each choice, in the order of their numbers.

    Args:
        pupil: on roll.
        desks: of the evening's plan, those at which the staff are still there.
        groups: the school's teaching groups.
    """
    found: dict[tuple[int, ...], list[str]] = {}
    for name, numbers in _found(pupil, desks, groups):
        if numbers:
            found.setdefault(numbers, []).append(name)
    return tuple(Choice(numbers, tuple(dict.fromkeys(names))) for numbers, names in sorted(found.items()))


def _found(
    pupil: Pupil, desks: Sequence[Desk], groups: Iterable[TeachingGroup]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    for group in groups:
        if pupil.id in group.pupil_ids:
            yield group.subject or group.name, _numbers(_desks_of(group, desks))
    told = [(desk, desk.meets) for desk in desks if desk.meets is not None]
    form, year = pupil.registration_group, pupil.year_group
    if form is not None:
        yield form, _numbers(desk for desk, meets in told if form in meets.registration_groups)
    # Who is there for a whole year does something else than the next who is: they are no alternatives.
    for desk, meets in told:
        if year in meets.year_groups:
            yield f"Year {year}", (desk.number,)


def _desks_of(group: TeachingGroup, desks: Sequence[Desk]) -> list[Desk]:
    """The desks for a group: those that name it, or of those that follow the Portal the ones with most of its teachers.

    Where three teach it and two sit together, the third's own desk is not for it.
    """
    named = [desk for desk in desks if desk.meets is not None and group.id in desk.meets.teaching_groups]
    if named:
        return named
    own = [desk for desk in desks if desk.meets is None and set(desk.staff_ids) <= set(group.staff_ids)]
    most = max((len(desk.staff_ids) for desk in own), default=0)
    return [desk for desk in own if len(desk.staff_ids) == most]


def _numbers(desks: Iterable[Desk]) -> tuple[int, ...]:
    return tuple(sorted(desk.number for desk in desks))
