"""A small school with families and an event to book, made through the product's own doors.

``contact-1`` is the mother of ``pupil-1`` and ``pupil-2``, ``contact-2`` their father; ``contact-3`` and ``contact-4``
each have the pupil of their number. ``staff-1`` is allocated to events, ``staff-2`` is not, ``staff-finance`` counts.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from school_events.bookings import places, service, store
from school_events.bookings.answers import Filled
from school_events.bookings.model import Booking
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.context import Actor, Context
from school_events.core.requests import Request, request
from school_events.events import lifecycle
from school_events.events import service as events
from school_events.events.api import NewEvent
from school_events.events.forms.rules import Given
from school_events.events.model import SchoolEvent
from school_events.events.staffing.api import AllocationBody
from school_events.events.staffing.service import allocate
from school_events.events.store import find_event
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from school_events.payments import store as payments
from school_events.payments.model import Payment
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.memory import made_once
from tests.support.people import contact_told, link_told, pupil_told, school_told, staff_told, tell

UNASKED = Request(None, "")
"""A request without an ``Idempotency-Key``."""

ALL_PUPILS = ("pupil-1", "pupil-2", "pupil-3", "pupil-4")
OPENS_AT, CLOSES_AT = NOW - timedelta(days=3), NOW + timedelta(days=8)
PRICE = 1250


def a_school_with_families() -> None:
    """The people above."""
    made_once(_families, "People", "Inbox")


def _families() -> None:
    tell(
        school_told(),
        staff_told("staff-admin", ("school_admin",)),
        staff_told("staff-1"),
        staff_told("staff-2"),
        staff_told("staff-finance", ("finance",)),
        *(pupil_told(pupil_id, f"Name{pupil_id[-1]}") for pupil_id in ALL_PUPILS),
        *(contact_told(f"contact-{number}") for number in (1, 2, 3, 4)),
        *(link_told(contact, pupil) for contact in ("contact-1", "contact-2") for pupil in ("pupil-1", "pupil-2")),
        link_told("contact-3", "pupil-3"),
        link_told("contact-4", "pupil-4"),
    )


def a_draft(
    *,
    price: int = PRICE,
    capacity: int = 3,
    questions: Sequence[dict[str, Any]] = (),
    charging: Any = None,
    cancellation: Sequence[dict[str, Any]] = (),
    on: str = "2026-12-04",
) -> SchoolEvent:
    """A trip, on 4 December unless told, that nobody but the school has heard of, with ``staff-1`` as its lead."""
    asked: dict[str, Any] = {
        "kind": "trip",
        "title": "Science Museum",
        "takes_place": {"starts_at": f"{on}T08:30", "ends_at": f"{on}T16:00"},
        "capacity": capacity,
        "price": {"amount": price},
        "charging": charging,
        "cancellation": list(cancellation),
        "booking_window": {"opens_at": OPENS_AT.isoformat(), "closes_at": CLOSES_AT.isoformat()},
    }
    if questions:
        asked["form"] = {"questions": list(questions)}
    made = events.create(a_context(), UNASKED, NewEvent.model_validate(asked))
    allocate(a_context(), made.id, made.version, [AllocationBody(staff_id="staff-1", role="lead")])
    return find_event(SCHOOL, made.id)


def an_event(
    *,
    price: int = PRICE,
    capacity: int = 3,
    questions: Sequence[dict[str, Any]] = (),
    invited: Iterable[str] = ALL_PUPILS,
    charging: Any = None,
    cancellation: Sequence[dict[str, Any]] = (),
    on: str = "2026-12-04",
) -> SchoolEvent:
    """The trip, published, with its places, and pupils invited.

    Args:
        price: in pence; 0 costs nothing.
        capacity: how many places.
        questions: of its form.
        invited: which pupils.
        charging: the rules of its price.
        cancellation: what who cancels gets back.
        on: the day.
    """
    event = a_draft(
        price=price, capacity=capacity, questions=questions, charging=charging, cancellation=cancellation, on=on
    )
    lifecycle.publish(a_context(), event.id, places.make_places)
    invitations.invite(a_context(), UNASKED, event.id, Audience.model_validate({"pupils": tuple(invited)}))
    return find_event(SCHOOL, event.id)


def close(event: SchoolEvent) -> None:
    """The school ends booking."""
    lifecycle.close(a_context(), event.id, places.close_places)


def as_parent(number: int = 1, now: datetime = NOW) -> Context:
    """A moment of ``contact-{number}``; busy writes may be tried for a while of the wall clock."""
    return a_context(actor=Actor("contact", f"contact-{number}"), now=now)


def as_system(now: datetime = NOW, name: str = "housekeeping") -> Context:
    """A moment of a worker."""
    return a_context(actor=Actor("system", name), now=now)


def book(
    event: SchoolEvent,
    *pupils: str,
    parent: int = 1,
    answers: Given | None = None,
    now: datetime = NOW,
    asked: Request = UNASKED,
) -> Booked:
    """Book pupils of one parent, all with the same answers."""
    filled = Filled(answers or {}, None if event.form is None else event.form.version)
    wishes = [Wish(pupil_id, filled) for pupil_id in pupils or ("pupil-1",)]
    return service.book(as_parent(parent, now), f"contact-{parent}", event.id, wishes, asked)


def keyed(key: str, asks: str = "a booking") -> Request:
    """A request with an ``Idempotency-Key``, and what it asks."""
    return request(key, asks)


def booking_of(booked: Booked, position: int = 0) -> Booking:
    """A booking as it is now."""
    return store.find_booking(SCHOOL, booked.booking_ids[position])


def payment_of(booked: Booked) -> Payment:
    """The payment of what was booked, as it is now."""
    assert booked.payment_id is not None
    return payments.find_payment(SCHOOL, booked.payment_id)


def place_states(event: SchoolEvent) -> list[str]:
    """The states of an event's places, by number."""
    return [item.state for item in places.places_of(SCHOOL, event.id)]
