"""Parents' evenings to book: the families of ``booked_world``, their teachers, and slots named by teacher and time.

``teacher-1`` takes mathematics and ``teacher-2`` English of all four pupils; science is with ``teacher-3`` or
``teacher-4``, each at a desk of their own, and a family meets either.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from school_events.bookings import service, slot_places, store
from school_events.bookings.model import Booking
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.context import Context
from school_events.core.requests import Request
from school_events.events import lifecycle
from school_events.events import service as events
from school_events.events.api import NewEvent
from school_events.events.evenings import rules
from school_events.events.evenings.api import SlotPlanBody
from school_events.events.evenings.service import set_plan
from school_events.events.evenings.store import find_plan
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from tests.support.booked_world import ALL_PUPILS, UNASKED, a_school_with_families, as_parent
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.memory import made_once
from tests.support.people import group_told, staff_told, tell

TEACHERS = tuple(f"teacher-{number}" for number in (1, 2, 3, 4))
_DAY = "2026-12-03"

type Wanted = tuple[str, str, str]
"""A child, a teacher and a time: ``("pupil-1", "teacher-1", "17:10")``."""


def a_school_with_teachers() -> None:
    """The families and the teachers above."""
    a_school_with_families()
    made_once(_teachers, "People", "Inbox")


def _teachers() -> None:
    tell(
        *(staff_told(teacher) for teacher in TEACHERS),
        group_told("group-1", ALL_PUPILS, ("teacher-1",), subject="Mathematics"),
        group_told("group-2", ALL_PUPILS, ("teacher-2",), subject="English"),
        group_told("group-3", ALL_PUPILS, ("teacher-3", "teacher-4"), subject="Science"),
    )


def an_evening(
    teachers: Sequence[str] = TEACHERS,
    *,
    minutes: int = 10,
    buffer: int = 0,
    most: int | None = None,
    times: tuple[str, str] = ("17:00", "18:00"),
    invited: Iterable[str] = ALL_PUPILS,
    day: str = _DAY,
    closes: str = "12:00",
) -> SchoolEvent:
    """A published evening, each teacher at a desk of their own.

    Args:
        teachers: who is there.
        minutes: of an appointment.
        buffer: minutes between two.
        most: how many appointments a family may have.
        times: from when to when, by the school's clocks.
        invited: which pupils.
        day: when, local.
        closes: when booking closes on that day, UTC.
    """
    starts_at, ends_at = (f"{day}T{one}" for one in times)
    asked: dict[str, Any] = {
        "kind": "parents_evening",
        "title": "Year 8 parents' evening",
        "takes_place": {"starts_at": starts_at, "ends_at": ends_at},
        "price": {"amount": 0},
        "booking_window": {"opens_at": "2026-11-20T00:00:00Z", "closes_at": f"{day}T{closes}:00Z"},
    }
    made = events.create(a_context(), UNASKED, NewEvent.model_validate(asked))
    plan(find_event(SCHOOL, made.id), teachers, minutes=minutes, buffer=buffer, most=most)
    lifecycle.publish(a_context(), made.id, slot_places.make_places_or_slots)
    invitations.invite(a_context(), UNASKED, made.id, Audience.model_validate({"pupils": tuple(invited)}))
    return find_event(SCHOOL, made.id)


def plan(
    event: SchoolEvent,
    teachers: Sequence[str] = TEACHERS,
    *,
    minutes: int = 10,
    buffer: int = 0,
    most: int | None = None,
) -> None:
    """Set the plan of an evening; arguments as of :func:`an_evening`."""
    body: dict[str, Any] = {
        "appointment_minutes": minutes,
        "buffer_minutes": buffer,
        "most_per_family": most,
        "desks": [{"staff_ids": [teacher], "room": f"Room of {teacher}"} for teacher in teachers],
    }
    version = find_event(SCHOOL, event.id).version
    set_plan(a_context(), event.id, version, SlotPlanBody.model_validate(body), slot_places.arrange)


def slot(event: SchoolEvent, teacher: str, clock: str) -> int:
    """The number of a teacher's slot at a time of the evening, by the school's clocks, whether it exists or not."""
    planned = find_plan(SCHOOL, event.id)
    assert planned is not None
    first, _ = rules.slots_of_desk(planned.crews.index((teacher,)) + 1)
    hours, minutes = clock.split(":")
    return first + int(hours) * 60 + int(minutes)


def wishes(event: SchoolEvent, *wanted: Wanted) -> list[Wish]:
    """Children's wishes to meet teachers."""
    return [Wish(pupil_id, slot=slot(event, teacher, clock)) for pupil_id, teacher, clock in wanted]


def book_slots(
    event: SchoolEvent, *wanted: Wanted, parent: int = 1, now: datetime = NOW, asked: Request = UNASKED
) -> Booked:
    """Book appointments of one parent's children, all or none."""
    return book_as(as_parent(parent, now), f"contact-{parent}", event, *wanted, asked=asked)


def book_as(ctx: Context, contact_id: str, event: SchoolEvent, *wanted: Wanted, asked: Request = UNASKED) -> Booked:
    """Book appointments on a contact's account."""
    return service.book(ctx, contact_id, event.id, wishes(event, *wanted), asked)


def bookings_of(booked: Booked) -> list[Booking]:
    """What was booked, as it is now."""
    found = store.find_bookings(SCHOOL, booked.booking_ids)
    return [found[one] for one in booked.booking_ids]
