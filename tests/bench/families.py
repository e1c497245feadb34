"""Fifty families with three children each, their teachers, and what they book, for benches; by the clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import SystemRandom
from typing import Any

from school_events.bookings import places, service
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.context import Actor, Context, Role
from school_events.core.ids import new_id
from school_events.core.requests import request
from school_events.events import lifecycle
from school_events.events import service as events
from school_events.events.api import NewEvent
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from tests.support import evening_world
from tests.support.booked_world import UNASKED
from tests.support.contexts import SCHOOL
from tests.support.people import contact_told, group_told, link_told, pupil_told, school_told, staff_told, tell

FAMILIES, CHILDREN = range(50), range(3)
TEACHERS = tuple(f"teacher-{number}" for number in range(10))
_PATIENCE = timedelta(seconds=25)
_DAY = timedelta(days=1)
_AT_ONCE = 10
"""So many families are told of in a batch."""


def contact(family: int) -> str:
    """The parent of a family."""
    return f"contact-{family}"


def child(family: int, number: int = 0) -> str:
    """A child of a family."""
    return f"pupil-{family}-{number}"


def ten_teachers() -> None:
    """Each of them teaches every child."""
    everybody = tuple(child(family, number) for family in FAMILIES for number in CHILDREN)
    tell(*(staff_told(teacher) for teacher in TEACHERS))
    tell(*(group_told(f"group-of-{teacher}", everybody, (teacher,)) for teacher in TEACHERS))


def an_evening(days_ahead: int) -> SchoolEvent:
    """A published parents' evening of three hours, eighteen appointments with each teacher, for the first children.

    Args:
        days_ahead: when; nobody can be at two on one day.
    """
    day = f"{datetime.now(UTC) + days_ahead * _DAY:%Y-%m-%d}"
    first = [child(family) for family in FAMILIES]
    return evening_world.an_evening(TEACHERS, times=("16:00", "19:00"), invited=first, day=day)


def books_appointments(evening: SchoolEvent, family: int) -> partial[Booked]:
    """A family's wish to meet two teachers, one after the other; no two families want the same."""
    first, second = (TEACHERS[(family + step) % len(TEACHERS)] for step in (0, 1))
    hour = f"{16 + 2 * (family // len(TEACHERS)) // 6}"
    minute = 20 * (family // len(TEACHERS)) % 60
    wanted = [
        (child(family), first, f"{hour}:{minute:02}"),
        (child(family), second, f"{hour}:{minute + 10:02}"),
    ]
    return partial(_book, evening.id, family, evening_world.wishes(evening, *wanted))


def _book(event_id: str, family: int, wishes: Sequence[Wish]) -> Booked:
    asked = request(new_id("key"), event_id)
    return service.book(moment(Actor("contact", contact(family))), contact(family), event_id, wishes, asked)


def fifty_families() -> None:
    """A school and its families, as the Portal tells of them."""
    tell(school_told(), staff_told("staff-admin", ("school_admin",)))
    for first in range(0, len(FAMILIES), _AT_ONCE):
        some = FAMILIES[first : first + _AT_ONCE]
        tell(*(contact_told(contact(family)) for family in some))
        tell(*(pupil_told(child(family, number)) for family in some for number in CHILDREN))
        tell(*(link_told(contact(family), child(family, number)) for family in some for number in CHILDREN))


def moment(actor: Actor) -> Context:
    """A moment of a parent or an administrator, now."""
    now = datetime.now(UTC)
    role: Role = "parent" if actor.kind == "contact" else "school_admin"
    return Context(
        school_id=SCHOOL,
        actor=actor,
        now=now,
        deadline=now + _PATIENCE,
        new_id=new_id,
        random=SystemRandom(),
        request_id=new_id("request"),
        roles=frozenset((role,)),
        mfa=True,
    )


def an_event(places_there: int, price: int = 0) -> SchoolEvent:
    """A published trip that all children are invited to.

    Args:
        places_there: its capacity.
        price: in pence.
    """
    admin = moment(Actor("staff", "staff-admin"))
    made = events.create(admin, UNASKED, NewEvent.model_validate(_asked(admin.now, places_there, price)))
    lifecycle.publish(admin, made.id, places.make_places)
    everybody = tuple(child(family, number) for family in FAMILIES for number in CHILDREN)
    invitations.invite(admin, UNASKED, made.id, Audience.model_validate({"pupils": everybody}))
    return find_event(SCHOOL, made.id)


def _asked(now: datetime, places_there: int, price: int) -> dict[str, Any]:
    day = f"{now + 30 * _DAY:%Y-%m-%d}"
    return {
        "kind": "trip",
        "title": "Science Museum",
        "takes_place": {"starts_at": f"{day}T08:30", "ends_at": f"{day}T16:00"},
        "capacity": places_there,
        "price": {"amount": price},
        "booking_window": {"opens_at": (now - _DAY).isoformat(), "closes_at": (now + 20 * _DAY).isoformat()},
    }


def books(event: SchoolEvent, family: int, *numbers: int) -> partial[Booked]:
    """A family's wish to book some of its children, as its app asks: with a key."""
    return partial(_book, event.id, family, [Wish(child(family, number)) for number in numbers])
