"""What may be done to a single session of a club, and when it may meet: decided from what is given (B4).

A club's weekly plan makes its sessions; each may then be moved or cancelled, and others added, as long as it has not
begun and the event may be changed at all. A session that was cancelled stays, so that families and staff see it; its
number is never given to another. Who booked the whole club keeps their place, whatever its sessions do; who booked
single sessions loses that of a session that is cancelled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from school_events.core.errors import FieldError, Invalid, WrongState
from school_events.events.model import EventKind, PlacesFor, SchoolEvent, Session
from school_events.events.rules import MOST_SESSIONS, SchoolDays, instant, session_id, status_after

LONGEST_SERIES = timedelta(days=366)
"""From a club's first session to its last, as with its weekly plan."""

MOST_SESSION_PLACES = 3000
"""So many places a club has at most over all its sessions, if they are booked one by one (decision 0029)."""


@dataclass(frozen=True)
class Meeting:
    """One meeting of a club, on the school's wall clock."""

    day: date
    starts_at: time
    ends_at: time

    def as_session(self, session_id: str, zone: ZoneInfo) -> Session:
        """The session it is.

        Raises:
            Invalid: it ends before it starts, or the clocks skip one of its times that day; names the field.
        """
        if self.ends_at <= self.starts_at:
            raise Invalid.of("ends_at", "must be later than starts_at")
        return Session(
            id=session_id,
            starts_at=instant(datetime.combine(self.day, self.starts_at), zone, "starts_at"),
            ends_at=instant(datetime.combine(self.day, self.ends_at), zone, "ends_at"),
        )


def check_event(event: SchoolEvent) -> None:
    """Whether single sessions of an event may be changed.

    Raises:
        WrongState: it is no club, or its status allows no change.
    """
    if event.kind != "club":
        raise WrongState("Only a club has single sessions; change when the event takes place instead")
    status_after(event.status, "change")


def check_to_come(session: Session, now: datetime) -> None:
    """Whether a session may still be changed; its register is history once it has begun.

    Raises:
        WrongState: it is cancelled, or has begun (UTC).
    """
    if session.cancelled:
        raise WrongState("This session is cancelled; add another instead")
    if session.starts_at <= now:
        raise WrongState("This session has begun")


def check_fits(session: Session, day: date, days: SchoolDays, others: Iterable[Session], now: datetime) -> None:
    """Whether a club may meet at a new time.

    Args:
        session: as it would be.
        day: the local day it would be on.
        days: when the school is open.
        others: the club's other sessions.
        now: the present instant, UTC.

    Raises:
        Invalid: it is past, the school is closed, or it clashes with another session; names the field and the reason.
    """
    if session.starts_at <= now:
        raise Invalid.of("starts_at", "is past")
    if not days.is_open(day):
        raise Invalid.of("day", _why_closed(day, days))
    for other in running(others):
        if session.starts_at < other.ends_at and other.starts_at < session.ends_at:
            raise Invalid.of("starts_at", f"clashes with {other.id}, another session of this club")
        if abs(session.starts_at - other.starts_at) > LONGEST_SERIES:
            raise Invalid.of("day", f"must be within {LONGEST_SERIES.days} days of every other session")


def check_series(event: SchoolEvent, sessions: Sequence[Session]) -> None:
    """Whether a club with these sessions still makes sense.

    Raises:
        WrongState: it would never meet, has too many sessions, or families could book when all is over.
    """
    if len(sessions) > MOST_SESSIONS:
        raise WrongState(f"A club has at most {MOST_SESSIONS} sessions, cancelled ones among them")
    if event.places == "session" and event.capacity * len(sessions) > MOST_SESSION_PLACES:
        raise WrongState(f"A club has at most {MOST_SESSION_PLACES} places over all its sessions")
    still = running(sessions)
    if not still:
        raise WrongState("This is the only session left; cancel the event instead")
    if event.status != "closed" and event.window.closes_at > still[-1].ends_at:
        fields = [FieldError("booking_window.closes_at", "would be after the last session")]
        raise WrongState("Booking must end before the club does; end it first", fields=fields)


def check_places(kind: EventKind, places: PlacesFor, capacity: int, sessions: int) -> None:
    """Whether an event's places can be as they are asked for.

    Args:
        kind: of the event.
        places: what a place is good for.
        capacity: how many places there are, in each session if they are for one.
        sessions: how many sessions there are, cancelled ones among them.

    Raises:
        Invalid: no club, or more places than can be made while somebody waits for it; names the field.
    """
    if places == "series":
        return
    if kind != "club":
        raise Invalid.of("places", "are for single sessions only at a club")
    if capacity * sessions > MOST_SESSION_PLACES:
        raise Invalid.of("capacity", f"must be at most {MOST_SESSION_PLACES // sessions} with {sessions} sessions")


def running(sessions: Iterable[Session]) -> tuple[Session, ...]:
    """The sessions that take place, earliest first."""
    return tuple(sorted((one for one in sessions if not one.cancelled), key=lambda one: (one.starts_at, one.id)))


def next_session_id(sessions: Iterable[Session]) -> str:
    """The id of a session to be added: none that was ever used in the club."""
    return session_id(1 + max(int(one.id.rpartition("_")[2]) for one in sessions))


def _why_closed(day: date, days: SchoolDays) -> str:
    if day in days.closures:
        return "is a bank holiday, an INSET day or in a half-term"
    return "is in no term of the term calendar"
