"""Who teaches whom: forms up to Year 11, mathematics in sets, and chosen subjects in the sixth form."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from .model import Pupil, StaffMember, TeachingGroup
from .staff import SUBJECTS, teaches

_LAST_YEAR_IN_FORMS: Final = 11
_TAUGHT_IN_SETS: Final = "Mathematics"
_TAUGHT_IN_FORMS: Final = (
    "English",
    "Science",
    "Modern Foreign Languages",
    "History",
    "Geography",
    "Physical Education",
)
_CODES: Final = {"Modern Foreign Languages": "Fl", "Physical Education": "Pe", "Religious Education": "Re"}
# Every pupil of the sixth form takes three subjects; these steps through the list make choices of every sort.
_CHOICES: Final = (0, 4, 9)
_HEAD_OF_YEAR: Final = "Head of Year 8"
_HEAD_OF_YEAR_TEACHES: Final = ("8B/En", "8R/En")


def teaching_groups(pupils: Sequence[Pupil], staff: Sequence[StaffMember]) -> list[TeachingGroup]:
    """The teaching groups of the school, every one with somebody who teaches it.

    Args:
        pupils: all on roll.
        staff: all who work there; the head of Year 8 teaches two of the groups together with somebody.
    """
    turns = {subject: itertools.cycle(sorted(teaches(staff, subject))) for subject in SUBJECTS}
    (head,) = [member.id for member in staff if member.role == _HEAD_OF_YEAR]
    return [
        TeachingGroup(
            id=f"grp-{number:04d}",
            name=name,
            subject=subject,
            year_group=f"Year {taught[0].year}",
            staff_ids=tuple(sorted({next(turns[subject]), *([head] if name in _HEAD_OF_YEAR_TEACHES else [])})),
            pupil_ids=tuple(sorted(pupil.id for pupil in taught)),
        )
        for number, (name, subject, taught) in enumerate(_classes(pupils), 1)
    ]


def _classes(pupils: Sequence[Pupil]) -> Iterator[tuple[str, str, Sequence[Pupil]]]:
    """Name, subject and pupils of each group."""
    for year, of_year in sorted(_by(pupils, lambda pupil: pupil.year).items()):
        if year > _LAST_YEAR_IN_FORMS:
            yield from _of_sixth_form(year, of_year)
            continue
        forms = _by(of_year, lambda pupil: pupil.form)
        for number in range(len(forms)):
            yield f"{year}/Ma{number + 1}", _TAUGHT_IN_SETS, of_year[number :: len(forms)]
        for form, of_form in sorted(forms.items()):
            for subject in _TAUGHT_IN_FORMS:
                yield f"{form}/{_code(subject)}", subject, of_form


def _of_sixth_form(year: int, pupils: Sequence[Pupil]) -> Iterator[tuple[str, str, Sequence[Pupil]]]:
    subjects = tuple(SUBJECTS)
    for number, subject in enumerate(subjects):
        chosen = [pupil for place, pupil in enumerate(pupils) if (number - place) % len(subjects) in _CHOICES]
        yield f"{year}/{_code(subject)}", subject, chosen


def _by[K](pupils: Iterable[Pupil], key: Callable[[Pupil], K]) -> Mapping[K, list[Pupil]]:
    found: dict[K, list[Pupil]] = {}
    for pupil in pupils:
        found.setdefault(key(pupil), []).append(pupil)
    return found


def _code(subject: str) -> str:
    return _CODES.get(subject, subject[:2])
