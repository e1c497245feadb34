"""A plain model of a club whose places are for single sessions, which are added, moved and cancelled meanwhile (B4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import override

from school_events.core.errors import AlreadyBooked, Invalid, NoFreePlace, NotFound, WrongState
from tests.unit.bookings.life.model import WAITS, Line, Refusal
from tests.unit.bookings.life.queueing import Queueing

_AFTER = timedelta(minutes=1)
"""So long after a change of the sessions or the capacity housekeeping looks after what the request may have left."""

type Wanted = tuple[str, str]
"""A child and a session."""


@dataclass(eq=False)
class Session:
    """One of the club's sessions, with places of its own.

    Args:
        id: as the product named it.
        starts_at: UTC.
        ends_at: UTC.
        cancelled: whether it does not take place.
        free: places that can be booked while booking is open.
        returned: places that were given back while there were too many.
    """

    id: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool = False
    free: int = 0
    returned: int = 0


@dataclass
class Club(Queueing):
    """The club, its families and what they have.

    Args:
        sessions: all there ever were.
        changed_at: when sessions or capacity were last changed, as long as something may have to follow.
    """

    sessions: list[Session] = field(default_factory=list)
    changed_at: datetime | None = None

    def session(self, session_id: str) -> Session:
        """The session of that id."""
        return next(one for one in self.sessions if one.id == session_id)

    def is_to_come(self, session: Session) -> bool:
        """Whether it takes place and has not begun."""
        return not session.cancelled and self.now < session.starts_at

    def surplus_of(self, session: Session) -> int:
        """Places of a session beyond the capacity."""
        return max(0, self.places_of(session) - self.capacity)

    def places_of(self, session: Session) -> int:
        """Places of a session, whoever has them."""
        return session.free + session.returned + sum(line.session == session.id for line in self.live)

    @override
    def is_called_off(self, line: Line) -> bool:
        return super().is_called_off(line) or self.session(line.session).cancelled

    @override
    def begins_at(self, line: Line) -> datetime:
        return self.session(line.session).starts_at

    def refusal_of_booking_sessions(self, contact: str, wanted: Sequence[Wanted]) -> Refusal | None:
        """Why a household gets no places, if it does not."""
        sessions = [self.session(one) for _, one in wanted]
        if any(not self.may_see(contact, child) or child not in self.on_roll & self.invited for child, _ in wanted):
            return NotFound
        if not self.is_open or not all(map(self.is_to_come, sessions)):
            return WrongState
        if any(self._has(*one) for one in wanted):
            return AlreadyBooked
        return NoFreePlace if any(sessions.count(one) > one.free for one in sessions) else None

    def _has(self, child: str, session_id: str) -> bool:
        return any((line.pupil, line.session) == (child, session_id) for line in self.live)

    def book_sessions(self, contact: str, wanted: Sequence[Wanted], ids: list[str], payment_id: str | None) -> None:
        """The household has its places."""
        before = len(self.lines)
        self.book(contact, tuple(child for child, _ in wanted), ids, payment_id)
        for line, (_, session_id) in zip(self.lines[before:], wanted, strict=True):
            line.session = session_id
            self._take_free(line)

    @override
    def _take_free(self, line: Line) -> None:
        self.session(line.session).free -= 1

    @override
    def _may_regain(self, line: Line) -> bool:
        """Also when the time to book is over, unless the school itself has ended it."""
        session = self.session(line.session)
        is_bookable = self.status == "published" and self.is_to_come(session) and session.free > 0
        return is_bookable and not self._has(line.pupil, line.session)

    @override
    def _give_back(self, lines: list[Line]) -> None:
        for line in lines:
            session = self.session(line.session)
            session.returned += 1
            if not self.surplus_of(session):
                session.returned, session.free = session.returned - 1, session.free + 1

    @override
    def publish(self) -> None:
        if self.status == "draft":
            for session in self.sessions:
                session.free = self.capacity
        super().publish()

    @override
    def resize(self, capacity: int) -> None:
        self.capacity = capacity
        self._changed()

    def _changed(self) -> None:
        """The places follow at once, housekeeping looks after the rest."""
        if self.status != "draft":
            self.changed_at = self.now
            self._follow()

    @override
    def _follow(self) -> None:
        if self.status in {"published", "closed"}:
            for session in filter(self.is_to_come, self.sessions):
                self._follow_in(session)

    def _follow_in(self, session: Session) -> None:
        session.returned += max(0, self.capacity - self.places_of(session))
        session.free -= min(session.free, self.surplus_of(session))
        session.returned -= min(session.returned, self.surplus_of(session))

    def _free_returned(self, session: Session) -> None:
        if not self.surplus_of(session):
            session.free, session.returned = session.free + session.returned, 0

    def refusal_of_changing(
        self, session: Session | None, after: Session | None, *, is_school_day: bool = True
    ) -> Refusal | None:
        """Why a session is not added (there is none yet), moved, or cancelled (there is none after), if it is not."""
        if self.status not in {"draft", "published", "closed"}:
            return WrongState
        if session is not None and after is None and session.cancelled:
            return None
        if session is not None and not self.is_to_come(session):
            return WrongState
        others = [one for one in self.sessions if one is not session and not one.cancelled]
        if after is not None and not (is_school_day and self.now < after.starts_at and _is_apart(after, others)):
            return Invalid
        still = [*others, *([] if after is None else [after])]
        is_over_in_time = still and (self.status == "closed" or max(one.ends_at for one in still) >= self.closes_at)
        return None if is_over_in_time else WrongState

    def add_session(self, added: Session) -> None:
        """It has places like every other."""
        self.sessions.append(added)
        added.free = self.capacity if self.status != "draft" else 0
        self._note_sessions()

    def move_session(self, session: Session, after: Session) -> None:
        """It keeps its places."""
        if (session.starts_at, session.ends_at) != (after.starts_at, after.ends_at):
            session.starts_at, session.ends_at = after.starts_at, after.ends_at
            self._note_sessions()

    def cancel_session(self, session: Session) -> None:
        """It stays to be seen; what was booked for it is ended by housekeeping."""
        if not session.cancelled:
            session.cancelled = True
            self._note_sessions()

    def _note_sessions(self) -> None:
        self.over_at = max(one.ends_at for one in self.sessions if not one.cancelled)
        self._changed()

    @override
    def _move_on(self) -> None:
        if self.changed_at is not None and self.changed_at + _AFTER <= self.now:
            self._follow()
            if self._sessions_are_called_off():
                self.changed_at = None
        for session in self.sessions:
            if session.returned:
                self._follow()
                self._free_returned(session)

    def _sessions_are_called_off(self) -> bool:
        """End what was booked for cancelled sessions; says whether all is ended, or is to be with the whole event."""
        if self.status == "cancelled":
            return True
        all_ended = True
        for line in [one for one in self.live if self.session(one.session).cancelled]:
            if line.is_live:
                all_ended = not self._is_paid_with_others(line) and self._end_called_off(line) and all_ended
        return all_ended

    def _is_paid_with_others(self, line: Line) -> bool:
        basket = self.basket_of(line)
        if line.state != "pending" or basket is None:
            return False
        return any(one.is_live and not self.session(one.session).cancelled for one in basket.lines)

    def _end_called_off(self, line: Line) -> bool:
        if line.state == "expiring":
            return False
        self.cancel(line)
        return line.state not in WAITS


def _is_apart(session: Session, others: Iterable[Session]) -> bool:
    """Whether the club is not in two places at once."""
    return not any(session.starts_at < one.ends_at and one.starts_at < session.ends_at for one in others)
