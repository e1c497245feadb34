"""What the routes of single sessions take and give."""

from pydantic import Field

from school_events.core.http import LocalDate
from school_events.events.api import SessionView
from school_events.events.bodies import Body, WallClockTime
from school_events.events.staffing.api import SessionClash


class MeetingBody(Body):
    """When one session of a club is to be, by the school's clocks; a school day of the term calendar, and to come."""

    day: LocalDate
    starts_at: WallClockTime
    ends_at: WallClockTime


class ChangedSession(SessionView):
    """A session as it is now."""

    event_version: int = Field(description="The event's new version, its ETag")
    staff_clashes: list[SessionClash] = Field(description="Staff of the club who are to be elsewhere then as well")
