"""The 70 members of staff: one administrator, one finance officer, those who teach, and some without any access."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from .model import StaffMember
from .names import COMMUNITIES

STAFF_DOMAIN: Final = "st-brigids.test"

SUBJECTS: Final = {
    "Mathematics": 6,
    "English": 6,
    "Science": 7,
    "Modern Foreign Languages": 3,
    "History": 3,
    "Geography": 3,
    "Religious Education": 2,
    "Art": 2,
    "Music": 1,
    "Drama": 1,
    "Design and Technology": 2,
    "Computing": 2,
    "Physical Education": 4,
}

# Fixed people: the journey and the sign-in page name them.
_CAST: Final = (
    ("Margaret", "Hall-Wright", "School Business Manager", ("school_admin",)),
    ("Imran", "Qureshi", "Finance Officer", ("finance",)),
    ("Siân", "Pritchard", "Head of Year 8", ("staff",)),
    ("Thomas", "Adeyemi-Clarke", "Teacher of Physical Education", ("staff",)),
)

_LEADERS: Final = (
    "Headteacher",
    "Deputy Headteacher",
    "Deputy Headteacher",
    "SENCO",
    "Head of Year 7",
    "Head of Year 9",
    "Head of Year 10",
    "Head of Year 11",
    "Head of Sixth Form",
)

_SUPPORT: Final = ("Educational Visits Coordinator", *("Teaching Assistant",) * 9, "Librarian")

_WITHOUT_ACCESS: Final = ("Site Manager", "Catering Manager", "Science Technician", "Cover Supervisor")


def _jobs() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Job titles of those who are not in the cast, with what each may do."""
    teachers = (f"Teacher of {subject}" for subject, count in SUBJECTS.items() for _ in range(count))
    for role in (*_LEADERS, *teachers, *_SUPPORT):
        yield role, ("staff",)
    for role in _WITHOUT_ACCESS:
        yield role, ()


def staff_members(chance: random.Random, email: Callable[[str, str, str], str]) -> list[StaffMember]:
    """Everybody who works at the school.

    Args:
        chance: Where names come from.
        email: Makes a new address from a first name, a last name and a domain.
    """
    people = [*_CAST, *((*_name(chance), role, app_roles) for role, app_roles in _jobs())]
    return [
        StaffMember(f"stf-{number:03d}", first, last, email(first, last, STAFF_DOMAIN), role, app_roles)
        for number, (first, last, role, app_roles) in enumerate(people, 1)
    ]


def teaches(staff: Iterable[StaffMember], subject: str) -> list[str]:
    """The ids of those who teach a subject."""
    return [member.id for member in staff if member.role == f"Teacher of {subject}"]


def _name(chance: random.Random) -> tuple[str, str]:
    community = chance.choices(COMMUNITIES, [one.weight for one in COMMUNITIES])[0]
    return chance.choice((*community.feminine, *community.masculine)), chance.choice(community.last)
