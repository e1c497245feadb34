"""What a parents' evening is made of: its slot plan, and the slots that follow from it (B1, B7).

A *desk* is where a family meets one teacher, or several of one class together. Where a class has several teachers at
desks of their own, a family meets either.
"""

from typing import Annotated, Literal

from school_events.core.inventory import (
    Category,
    Count,
    Instant,
    Kept,
    PersonId,
    Purpose,
    Record,
    Retention,
    SchoolId,
    Text,
    WallClock,
)
from school_events.people.model import YearGroup

_MEETS = Kept(Category.SCHOOL, Purpose.RUNNING, Retention.CONTRACT)

Crew = Annotated[tuple[str, ...], Kept(Category.IDENTIFIER, Purpose.RUNNING, Retention.LEAVER)]
"""The ids of the staff who sit at a desk."""

Reason = Literal["teachers_not_planned", "other_length", "outside_times", "too_close", "other_room", "between_others"]
"""Why an appointment that somebody has is not where the plan would put it; only the last leaves it open to others."""


class Span(Record):
    """From one time to another of the evening, on the school's wall clock."""

    starts_at: WallClock
    ends_at: WallClock


class Meets(Record):
    """Whose families a desk is for; said by groups, so that a plan names no pupil."""

    teaching_groups: Annotated[tuple[SchoolId, ...], _MEETS] = ()
    registration_groups: Annotated[tuple[str, ...], _MEETS] = ()
    year_groups: Annotated[tuple[YearGroup, ...], _MEETS] = ()


class Desk(Record):
    """Where families meet the ``staff_ids``, together if they are several.

    ``number`` is theirs for as long as there is the event. They are there when they are ``available`` (the whole
    evening, unless anything is said) and not ``unavailable``. ``meets`` says whose families come instead of
    the Portal's teaching groups. Room and link are for those who come.
    """

    number: Count
    staff_ids: Crew
    available: tuple[Span, ...] = ()
    unavailable: tuple[Span, ...] = ()
    room: Text | None = None
    video_link: Text | None = None
    meets: Meets | None = None


class SlotPlan(Record):
    """How the slots of an evening are made.

    Minutes are of one appointment, and between two of the same teacher. ``most_per_family`` caps what one family may
    book; there is no cap if it is unset. ``crews`` are all who ever had a desk here, so that a number stays theirs.
    """

    appointment_minutes: Count
    buffer_minutes: Count
    breaks: tuple[Span, ...] = ()
    most_per_family: Count | None = None
    desks: tuple[Desk, ...]
    crews: tuple[Crew, ...]

    @property
    def staff_ids(self) -> frozenset[str]:
        """Everybody who sits at a desk."""
        return frozenset(one for desk in self.desks for one in desk.staff_ids)


class Slot(Record):
    """One appointment to be had (UTC). ``number`` is made of its desk's and its time, and is its place's."""

    number: Count
    staff_ids: Annotated[tuple[PersonId, ...], Kept(Category.IDENTIFIER, Purpose.RUNNING, Retention.LEAVER)]
    starts_at: Instant
    ends_at: Instant
    room: Text | None = None
    video_link: Text | None = None
