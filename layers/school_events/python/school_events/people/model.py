"""Who is who at a school, as the Portal says: schools, term calendars, pupils, contacts, links, staff, teaching groups.

Nothing here is ever edited by a person: the MIS is the one source of truth (A3). What a message tells of a thing is
its *details*; the thing adds its id and what follows from other messages (leaving, removal).
A value the school has not authorised is withheld: ``None``, or an empty name (A4).
"""

from datetime import date
from typing import Annotated, Literal

from school_events.core.ids import PortalId
from school_events.core.inventory import Category, Kept, PersonId, Purpose, Record, Retention, SchoolId, ThingId

YearGroup = Literal[
    "E1", "E2", "N1", "N2", "R", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "X"
]  # fmt: skip
"""National Curriculum year; ``X`` does not follow it (A6)."""

SenStatus = Literal["N", "K", "E"]
"""``N`` none, ``K`` SEN support, ``E`` education, health and care plan (A7)."""

DataCategory = Literal[
    "pupil_name",
    "year_group",
    "registration_group",
    "sen",
    "free_school_meals",
    "pupil_premium",
    "contact_name",
    "contact_details",
    "relationship",
    "staff",
    "teaching_groups",
]
"""What a school may authorise us to hold (A4)."""

Relationship = Literal[
    "mother",
    "father",
    "parent",
    "step_parent",
    "foster_parent",
    "grandparent",
    "guardian",
    "carer",
    "sibling",
    "other_relative",
    "childminder",
    "social_worker",
    "other",
]
AppRole = Literal["school_admin", "finance", "staff"]
Nation = Literal["ENG", "WLS", "SCT", "NIR"]
Standing = Literal["current", "left", "missing", "removed"]
"""``left``: told to have left, but still visible to the school (H1); ``removed``: gone at the source.

``missing``: of a link or a member of staff that the latest snapshot lacks (A2): no access until it is told of again.
"""

TARGETING = Kept(Category.IDENTITY, Purpose.TARGETING, Retention.LEAVER)
_TRAIT = Kept(Category.CHARACTERISTIC, Purpose.TARGETING, Retention.LEAVER)
FAMILY = Kept(Category.FAMILY, Purpose.ACCESS, Retention.LEAVER)
_TELLING = Kept(Category.CONTACT_DETAILS, Purpose.TELLING, Retention.LEAVER)
STAFF = Kept(Category.IDENTITY, Purpose.RUNNING, Retention.LEAVER)
GROUP = Kept(Category.SCHOOL, Purpose.TARGETING, Retention.CONTRACT)
_MEMBER = Kept(Category.IDENTIFIER, Purpose.TARGETING, Retention.LEAVER)
_SCHOOL = Kept(Category.SCHOOL, Purpose.RUNNING, Retention.CONTRACT)
_ACCESS = Kept(Category.SCHOOL, Purpose.ACCESS, Retention.CONTRACT)

PersonName = Annotated[str, TARGETING]
TraitFlag = Annotated[bool, _TRAIT]
TraitDay = Annotated[date | None, _TRAIT]
SchoolText = Annotated[str, _SCHOOL]
GroupText = Annotated[str, GROUP]
SchoolDay = Annotated[date, _SCHOOL]


class SchoolDetails(Record):
    """A school's name and settings. ``academic_year_start`` is ``MM-DD``, in ``time_zone`` (H1)."""

    name: SchoolText
    time_zone: SchoolText
    nation: Annotated[Nation, _SCHOOL]
    academic_year_start: SchoolText = "09-01"
    authorised_categories: Annotated[tuple[DataCategory, ...], _ACCESS]
    parents_mfa_exempt: Annotated[bool, _ACCESS]


class School(SchoolDetails):
    """A school that uses this product. ``contract_ends_on`` is the last day (local), once it is known (H3)."""

    id: SchoolId
    contract_ends_on: Annotated[date | None, _SCHOOL] = None


class Term(Record):
    """A term; both days included, local."""

    name: SchoolText
    starts_on: SchoolDay
    ends_on: SchoolDay


class HalfTerm(Record):
    """A break inside a term; both days included, local."""

    starts_on: SchoolDay
    ends_on: SchoolDay


class TermCalendar(Record):
    """One academic year (``2026-27``) of a school. Bank holidays follow from the nation."""

    academic_year: SchoolText
    terms: tuple[Term, ...]
    half_terms: tuple[HalfTerm, ...]
    inset_days: Annotated[tuple[date, ...], _SCHOOL]


class Sen(Record):
    """Special educational needs provision, and since when."""

    status: Annotated[SenStatus, _TRAIT]
    starts_on: TraitDay = None


class Eligibility(Record):
    """Whether something applies, from when to when (both days included)."""

    eligible: TraitFlag
    starts_on: TraitDay = None
    ends_on: TraitDay = None

    def applies_on(self, day: date) -> bool:
        """Whether it applies on a local day; an unknown start or end is an open one."""
        started = self.starts_on is None or self.starts_on <= day
        return self.eligible and started and (self.ends_on is None or day <= self.ends_on)


class Characteristics(Record):
    """What decides support and charges, separate and dated; ``None`` is unknown or withheld, never "no" (A7)."""

    sen: Sen | None = None
    free_school_meals: Eligibility | None = None
    fsm_ever6: Eligibility | None = None
    pupil_premium: Eligibility | None = None


class PupilDetails(Record):
    """What the Portal tells of a pupil."""

    first_name: PersonName
    last_name: PersonName
    legal_first_name: Annotated[str | None, TARGETING] = None
    year_group: Annotated[YearGroup | None, TARGETING] = None
    registration_group: Annotated[str | None, TARGETING] = None
    characteristics: Characteristics = Characteristics()


class Pupil(PupilDetails):
    """A pupil. ``left_on``, their last day on roll (local), is set while ``state`` is ``left``."""

    id: PersonId
    state: Annotated[Standing, TARGETING] = "current"
    left_on: Annotated[date | None, TARGETING] = None

    @property
    def full_name(self) -> str:
        """First and last name, as spoken."""
        return f"{self.first_name} {self.last_name}".strip()

    def is_on_roll(self, day: date) -> bool:
        """Whether they are a pupil here on a local day; the last day on roll is one."""
        return self.left_on is None or day <= self.left_on


class ContactDetails(Record):
    """What the Portal tells of a parent or guardian."""

    title: Annotated[str | None, TARGETING] = None
    first_name: Annotated[str | None, TARGETING] = None
    last_name: PersonName
    email: Annotated[str | None, _TELLING] = None
    phone: Annotated[str | None, _TELLING] = None


class Contact(ContactDetails):
    """A parent or guardian."""

    id: PersonId
    state: Annotated[Standing, FAMILY] = "current"

    @property
    def full_name(self) -> str:
        """First and last name; with the title where there is no first name."""
        return " ".join(part for part in (self.first_name or self.title, self.last_name) if part)


class LinkDetails(Record):
    """What the Portal tells of a link, besides what closes it. Unknown responsibility is not "no" (A8)."""

    relationship: Annotated[Relationship | None, FAMILY] = None
    priority: Annotated[int | None, FAMILY] = None
    parental_responsibility: Annotated[bool | None, FAMILY] = None


class Link(LinkDetails):
    """How a contact and a pupil belong together. ``ends_on`` is the last day (local), included."""

    contact_id: PersonId
    pupil_id: PersonId
    restricted: Annotated[bool, FAMILY]
    ends_on: Annotated[date | None, FAMILY] = None
    state: Annotated[Standing, FAMILY] = "current"


class StaffDetails(Record):
    """What the Portal tells of a member of staff; ``role`` is the job title, ``app_roles`` what they may do here."""

    first_name: Annotated[str, STAFF]
    last_name: Annotated[str, STAFF]
    email: Annotated[str | None, Kept(Category.CONTACT_DETAILS, Purpose.RUNNING, Retention.LEAVER)] = None
    role: Annotated[str | None, STAFF] = None
    app_roles: Annotated[tuple[AppRole, ...], _ACCESS] = ()


class StaffMember(StaffDetails):
    """A member of staff."""

    id: PersonId
    state: Annotated[Standing, STAFF] = "current"

    @property
    def full_name(self) -> str:
        """First and last name, as spoken."""
        return f"{self.first_name} {self.last_name}".strip()


class GroupDetails(Record):
    """What the Portal tells of a teaching group: who teaches whom what.

    Ids are sorted. Nobody has to be known who is named: a group may come before its people, and outlast them here.
    """

    name: GroupText
    subject: Annotated[str | None, GROUP] = None
    year_group: Annotated[YearGroup | None, GROUP] = None
    staff_ids: Annotated[tuple[PortalId, ...], _MEMBER] = ()
    pupil_ids: Annotated[tuple[PortalId, ...], _MEMBER] = ()


class TeachingGroup(GroupDetails):
    """A teaching group."""

    id: ThingId
