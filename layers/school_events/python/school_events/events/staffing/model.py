"""When members of staff are engaged by events, and where two engagements clash (B6)."""

from dataclasses import dataclass
from datetime import datetime

from school_events.events.model import SchoolEvent, Session, StaffAllocation


@dataclass(frozen=True)
class Engagement:
    """A member of staff is at a session of an event.

    Args:
        allocation: who it is, and as what.
        event: which.
        session: when; of an evening, the part of it they are there for.
    """

    allocation: StaffAllocation
    event: SchoolEvent
    session: Session

    @property
    def is_called_off(self) -> bool:
        """Whether they need not come: the session is cancelled, or the whole event."""
        return self.session.cancelled or self.event.status == "cancelled"

    @property
    def position(self) -> tuple[datetime, str, str, str]:
        """Where it stands among all others: by start (UTC), person, event and session."""
        return self.session.starts_at, self.allocation.staff_id, self.event.id, self.session.id


@dataclass(frozen=True)
class Clash:
    """Somebody is to be at two events at once.

    Args:
        earlier: what has begun when the other begins.
        later: the other.
    """

    earlier: Engagement
    later: Engagement

    @property
    def staff_id(self) -> str:
        """Whose."""
        return self.later.allocation.staff_id

    @property
    def starts_at(self) -> datetime:
        """From when on they would have to be at both, UTC."""
        return self.later.session.starts_at

    @property
    def ends_at(self) -> datetime:
        """Until when they would have to be at both, UTC."""
        return min(self.earlier.session.ends_at, self.later.session.ends_at)

    def seen_from(self, event_id: str) -> "tuple[Engagement, Engagement]":
        """An event's own engagement, and the other."""
        pair = self.earlier, self.later
        return pair if self.earlier.event.id == event_id else pair[::-1]
