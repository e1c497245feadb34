"""The people the journey and the sign-in page know by name. Their identifiers are the same whatever the seed."""

from dataclasses import dataclass
from typing import Final

from local.sign_in.people import Person

from .school import SCHOOL_ID, DemoSchool


@dataclass(frozen=True)
class Cast:
    """Identifiers of people with a part to play.

    Attributes:
        admin: Staff, `school_admin`.
        finance: Staff, `finance`.
        teacher: Staff, head of Year 8.
        teacher_parent: Staff, who is also `teacher_parent_contact`, father of `teacher_parent_child` in Year 10.
        parent_of_two: Mother of `two_children`, both in Year 8.
        other_parent_of_two: Their father, separated, with the same rights.
        parent_of_one: Mother of `one_child` in Year 8, who has free school meals and Pupil Premium.
        restricted_parent: Father of `protected_child` in Year 8, kept away by a court order.
        protecting_parent: Mother of `protected_child`.
        parent_of_year_11: Mother of `year_11_child`.
        parent_across_years: Mother of `children_across_years`, in Years 11, 9 and 7.
    """

    school_id: str = SCHOOL_ID
    admin: str = "stf-001"
    finance: str = "stf-002"
    teacher: str = "stf-003"
    teacher_parent: str = "stf-004"
    teacher_parent_contact: str = "con-0009"
    teacher_parent_child: str = "pup-0009"
    parent_of_two: str = "con-0001"
    other_parent_of_two: str = "con-0002"
    two_children: tuple[str, str] = ("pup-0001", "pup-0002")
    parent_of_one: str = "con-0003"
    one_child: str = "pup-0003"
    protecting_parent: str = "con-0004"
    restricted_parent: str = "con-0005"
    protected_child: str = "pup-0004"
    parent_of_year_11: str = "con-0006"
    year_11_child: str = "pup-0005"
    parent_across_years: str = "con-0007"
    children_across_years: tuple[str, str, str] = ("pup-0006", "pup-0007", "pup-0008")


CAST: Final = Cast()

_STAFF: Final = (
    ("admin", CAST.admin, "school_admin", "everything in the school"),
    ("finance", CAST.finance, "finance", "payments and their reports"),
    ("teacher", CAST.teacher, "staff", "head of Year 8"),
)
_PARENTS: Final = (
    ("parent-of-two", CAST.parent_of_two, "mother of two in Year 8"),
    ("other-parent-of-two", CAST.other_parent_of_two, "their father, separated"),
    ("parent-of-one", CAST.parent_of_one, "mother of one in Year 8"),
    ("protecting-parent", CAST.protecting_parent, "mother of one in Year 8, the father kept away by a court order"),
    ("restricted-parent", CAST.restricted_parent, "the father the court order keeps away"),
    ("parent-of-year-11", CAST.parent_of_year_11, "mother of one in Year 11"),
    ("parent-across-years", CAST.parent_across_years, "mother of three in Years 7, 9 and 11"),
)


def sign_in_people(school: DemoSchool) -> tuple[Person, ...]:
    """The cast as the local sign-in offers it: key, name, e-mail, memberships."""
    staff = {one.id: one for one in school.staff}
    contacts = {one.id: one for one in school.contacts}
    people = [
        _person(school, key, staff[id_].first_name, staff[id_].last_name, staff[id_].email, text, {id_: role})
        for key, id_, role, text in _STAFF
    ]
    both = staff[CAST.teacher_parent]
    roles = {both.id: "staff", CAST.teacher_parent_contact: "parent"}
    text = "teaches here and has a child in Year 10"
    people.append(_person(school, "teacher-parent", both.first_name, both.last_name, both.email, text, roles))
    for key, id_, text in _PARENTS:
        contact = contacts[id_]
        email = contact.email or f"{key}@example.org"
        people.append(_person(school, key, contact.first_name, contact.last_name, email, text, {id_: "parent"}))
    return tuple(people)


def _person(
    school: DemoSchool,
    key: str,
    first_name: str | None,
    last_name: str,
    email: str,
    description: str,
    roles: dict[str, str],
) -> Person:
    name = f"{first_name} {last_name}" if first_name else last_name
    memberships = tuple(f"{school.id}:{person_id}:{role}" for person_id, role in roles.items())
    return Person(key=key, name=name, description=description, email=email, memberships=memberships)
