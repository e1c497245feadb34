"""Decisions about bookings: pure; the database repeats as conditions whatever may change meanwhile."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from school_events.bookings.model import Place
from school_events.core.errors import AlreadyBooked, FieldError, Invalid, NoFreePlace, NotFound, WrongState
from school_events.events.evenings.rules import desk_of
from school_events.events.model import SchoolEvent, Session
from school_events.invitations.model import Invitation

TERM = "term"
"""The pool of an event's places that are good for the whole event."""

SLOTS = "slots"
"""The pool of a parents' evening's places, each of which is one slot."""

_SESSION = "session-"
_EXTRA = "extra-"


@dataclass(frozen=True)
class Gate:
    """When places of a pool can be claimed, if they are free: from an instant until just before another (UTC)."""

    bookable: bool
    opens_at: datetime
    closes_at: datetime


def session_pool(session_id: str) -> str:
    """The pool of the places of one session."""
    return _SESSION + session_id


def pool_for(session_id: str | None) -> str:
    """The pool of the places of a session, or of those of a whole event."""
    return TERM if session_id is None else session_pool(session_id)


def extra_pool(pool: str) -> str:
    """The pool of the places that the school made beyond the capacity of another, each for one booking."""
    return _EXTRA + pool


def is_extra(pool: str) -> bool:
    """Whether the places of a pool are beyond the capacity: nobody has one after who it was made for."""
    return pool.startswith(_EXTRA)


def part_of(place: Place) -> str:
    """Of which part of its event a child can have one place at most: all of it, a session, or a desk."""
    pool = place.pool.removeprefix(_EXTRA)
    if pool == SLOTS:
        return f"desk{desk_of(place.number)}"
    return pool.removeprefix(_SESSION) if pool.startswith(_SESSION) else ""


def session_of(place: Place) -> str | None:
    """The session that a place is for, if it is for one."""
    pool = place.pool.removeprefix(_EXTRA)
    return pool.removeprefix(_SESSION) if pool.startswith(_SESSION) else None


def is_at(place: Place, session_id: str) -> bool:
    """Whether who has a place is expected at a session of its event."""
    return session_of(place) in {None, session_id}


def gates_of(event: SchoolEvent, sessions: Iterable[Session]) -> dict[str, Gate]:
    """The pools of an event that is no parents' evening, and when their places can be claimed.

    Args:
        event: with its window.
        sessions: of it; each has a pool of its own, if its places are for single sessions.
    """
    window, is_open = event.window, event.status != "closed"
    if event.places == "series":
        return {TERM: Gate(is_open, window.opens_at, window.closes_at)}
    return {
        session_pool(one.id): Gate(is_open and not one.cancelled, window.opens_at, min(window.closes_at, one.starts_at))
        for one in sessions
    }


def require_sessions(event: SchoolEvent, wished: Sequence[tuple[str | None, Session | None]], now: datetime) -> None:
    """Whoever books an event names sessions if its places are for single ones, and otherwise none.

    Args:
        event: what is booked.
        wished: for each place the session that was named, and the one it is, if there is one.
        now: the present instant, UTC.

    Raises:
        Invalid: a session is missing, or named where none can be, or is none of the event's; names the field.
        WrongState: a session is cancelled, or has begun; names the field.
    """
    for position, (session_id, session) in enumerate(wished):
        field = f"items.{position}.session_id"
        if event.places == "series":
            if session_id is not None:
                raise Invalid.of(field, "does not belong here: a place of this event is for all of it")
        elif session_id is None:
            raise Invalid.of(field, "is required: places of this club are for single sessions")
        elif session is None:
            raise Invalid.of(field, "is no session of this club")
        elif session.cancelled:
            raise WrongState("This session does not take place", fields=[FieldError(field, "is cancelled")])
        elif session.starts_at <= now:
            raise WrongState("This session cannot be booked any more", fields=[FieldError(field, "has begun")])


def require_slots(event: SchoolEvent, slots: Sequence[int | None]) -> None:
    """Whoever books a parents' evening names slots; nobody else does.

    Args:
        event: what is booked.
        slots: the numbers that were named, if any.

    Raises:
        Invalid: a slot is missing, or named where none can be; names the field.
    """
    for position, slot in enumerate(slots):
        field = f"items.{position}.slot_id"
        if event.kind != "parents_evening" and slot is not None:
            raise Invalid.of(field, "does not belong here: only a parents' evening has slots")
        if event.kind == "parents_evening" and slot is None:
            raise Invalid.of(field, "is required: an appointment of a parents' evening is one of its slots")


def require_bookable(event: SchoolEvent, now: datetime) -> None:
    """Families may book the event now.

    Raises:
        NotFound: it is not published yet: families do not know of it (C2).
        WrongState: it is closed, or its booking window is not open.
    """
    if event.status in {"draft", "publishing"}:
        raise NotFound
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


def require_distinct(wished: Sequence[tuple[str, str]]) -> None:
    """One request books each child once, or once for each part of the event that can be booked by itself.

    Args:
        wished: for each place the child, and the part.

    Raises:
        Invalid: a child is named twice.
    """
    seen: set[tuple[str, str]] = set()
    for position, wish in enumerate(wished):
        if wish in seen:
            raise Invalid.of(f"items.{position}.pupil_id", "is named twice")
        seen.add(wish)


def already_booked(position: int) -> AlreadyBooked:
    """The refusal of a child who has a place already, or waits for one; names the field."""
    return AlreadyBooked(fields=[FieldError(f"items.{position}.pupil_id", "has a place already, or waits for one")])


def require_enough(pools: Sequence[str], free: Mapping[str, int]) -> None:
    """There are as many free places as are wished for.

    Args:
        pools: for each place the pool it is to be of.
        free: how many there are of each.

    Raises:
        NoFreePlace: there are not; names the sessions, if places are for single ones.
    """
    wanted = Counter(pools)
    short = [position for position, pool in enumerate(pools) if free[pool] < wanted[pool]]
    if not short:
        return
    detail = "" if all(free[pools[position]] == 0 for position in short) else "Fewer places are free than you ask for"
    fields = [
        FieldError(f"items.{one}.session_id", "has not enough free places") for one in short if pools[one] != TERM
    ]
    raise NoFreePlace(detail, fields=fields)
