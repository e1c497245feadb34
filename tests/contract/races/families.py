"""Sixty families who want the same, each in a thread of their own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from school_events.bookings import service
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.context import Actor, Context
from school_events.core.requests import Request
from school_events.events.model import SchoolEvent
from tests.support import booked_world
from tests.support.contexts import NOW, a_context
from tests.support.people import contact_told, link_told, pupil_told, school_told, staff_told, tell

FAMILIES = range(1, 61)
"""``parent-1`` has ``child-1`` and so on; the first few have a ``sibling`` each as well."""

WITH_SIBLINGS = range(1, 9)
PATIENCE = timedelta(seconds=60)
"""How long a busy write is tried again, by the wall clock; on AWS it is the function's time."""

CHILDREN = [f"child-{number}" for number in FAMILIES] + [f"sibling-{number}" for number in WITH_SIBLINGS]


def sixty_families() -> None:
    """A school, and the families."""
    tell(
        school_told(),
        staff_told("staff-admin", ("school_admin",)),
        staff_told("staff-1"),
        *(contact_told(f"parent-{number}") for number in FAMILIES),
        *(pupil_told(pupil_id) for pupil_id in CHILDREN),
        *(link_told(f"parent-{pupil_id.split('-')[1]}", pupil_id) for pupil_id in CHILDREN),
    )


def an_event(*, capacity: int, price: int = 0, charging: Any = None) -> SchoolEvent:
    """A published trip that all of them are invited to."""
    return booked_world.an_event(price=price, capacity=capacity, invited=CHILDREN, charging=charging)


def moment_of(number: int, chance: int | None = None) -> Context:
    """A moment of a family's parent, with chance of their own."""
    actor = Actor("contact", f"parent-{number}")
    ctx = a_context(actor=actor, now=NOW, deadline=datetime.now(UTC) + PATIENCE)
    return replace(ctx, random=Random(number if chance is None else chance))  # noqa: S311 - chance that repeats


def books(
    event: SchoolEvent, number: int, *pupils: str, asked: Request = booked_world.UNASKED, chance: int | None = None
) -> Callable[[], Booked]:
    """A family's wish to book its child, or the pupils named."""
    wishes = [Wish(pupil_id) for pupil_id in pupils or (f"child-{number}",)]
    return partial(service.book, moment_of(number, chance), f"parent-{number}", event.id, wishes, asked)
