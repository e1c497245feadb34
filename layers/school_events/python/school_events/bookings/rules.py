"""Decisions about bookings: pure; the database repeats as conditions whatever may change meanwhile."""

from collections.abc import Sequence
from datetime import datetime

from school_events.bookings.model import Place
from school_events.core.errors import Invalid, NotFound, WrongState
from school_events.events.evenings.rules import desk_of
from school_events.events.model import SchoolEvent
from school_events.invitations.model import Invitation

TERM = "term"
"""The pool of an event's places that are good for the whole event."""

SLOTS = "slots"
"""The pool of a parents' evening's places, each of which is one slot."""

_SESSION = "session-"


def session_pool(session_id: str) -> str:
    """The pool of the places of one session."""
    return _SESSION + session_id


def part_of(place: Place) -> str:
    """Of which part of its event a child can have one place at most: all of it, a session, or a desk."""
    if place.pool == SLOTS:
        return f"desk{desk_of(place.number)}"
    return place.pool.removeprefix(_SESSION) if place.pool.startswith(_SESSION) else ""


def require_bookable(event: SchoolEvent, now: datetime) -> None:
    """Families may book the event now.

    Raises:
        NotFound: it is not published yet: families do not know of it (C2).
        WrongState: it is closed, its booking window is not open, or it is a parents' evening.
    """
    if event.status in {"draft", "publishing"}:
        raise NotFound
    if event.kind == "parents_evening":
        raise WrongState("Appointments of a parents' evening cannot be booked here yet")
    if event.status != "published":
        raise WrongState("This event is not open for booking")
    if now < event.window.opens_at:
        raise WrongState("Booking has not opened yet")
    if now >= event.window.closes_at:
        raise WrongState("Booking has closed")


def require_invited(invitation: Invitation | None) -> None:
    """The child is invited; an event one is not invited to does not exist for one (C2).

    Raises:
        NotFound: there is no invitation.
    """
    if invitation is None:
        raise NotFound


def require_distinct(pupil_ids: Sequence[str]) -> None:
    """One request books each child once.

    Raises:
        Invalid: a child is named twice.
    """
    seen: set[str] = set()
    for position, pupil_id in enumerate(pupil_ids):
        if pupil_id in seen:
            raise Invalid.of(f"items.{position}.pupil_id", "is named twice")
        seen.add(pupil_id)
