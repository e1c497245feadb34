"""What the routes of staff take and give."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from school_events.core.http import ApiModel
from school_events.core.ids import PortalId
from school_events.events.bodies import Body
from school_events.events.model import EventKind, EventStatus, StaffRole
from school_events.events.staffing.model import Clash, Engagement

MOST_STAFF = 30
"""An event has at most so many staff, so that they change together with it in one transaction."""


class AllocationBody(Body):
    """A member of staff works at the event."""

    staff_id: PortalId
    role: StaffRole


class StaffBody(ApiModel):
    """Everybody who works at the event: who is left out no longer does."""

    staff: Annotated[list[AllocationBody], Field(max_length=MOST_STAFF)]


class EngagementView(ApiModel):
    """What somebody is to be at, UTC."""

    event_id: str
    kind: EventKind
    status: EventStatus
    title: str
    session_id: str
    starts_at: datetime
    ends_at: datetime


class ClashView(ApiModel):
    """A session of this event at which somebody is to be elsewhere as well: from when to when, UTC."""

    session_id: str
    starts_at: datetime
    ends_at: datetime
    other: EngagementView


class AllocationView(AllocationBody):
    """A member of staff at the event; without a name if the Portal has removed them."""

    name: str
    clashes: list[ClashView] | None = Field(
        description="The first of them, earliest first; null where they are not the caller's to see"
    )
    clash_count: int | None = Field(description="How many there are")


class StaffView(ApiModel):
    """Who works at an event; its ``ETag`` is the event's."""

    items: list[AllocationView]


class StaffClash(ApiModel):
    """A member of staff who is to be at two events at once: from when to when, UTC."""

    staff_id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    between: Annotated[list[EngagementView], Field(min_length=2, max_length=2)]


class SessionClash(ApiModel):
    """A member of staff who cannot come to a session without leaving another event: from when to when, UTC."""

    staff_id: str
    starts_at: datetime
    ends_at: datetime
    other: EngagementView


class TimetableEntry(EngagementView):
    """One session somebody works at; ``status`` says whether the event is still a draft."""

    location: str
    time_zone: str
    role: StaffRole
    cancelled: bool = Field(description="Nobody need come: the session is cancelled, or the event")


def clash_view(clash: Clash, event_id: str) -> ClashView:
    """A clash as it is seen from one of its events."""
    own, other = clash.seen_from(event_id)
    return ClashView(
        session_id=own.session.id, starts_at=clash.starts_at, ends_at=clash.ends_at, other=engagement_view(other)
    )


def session_clash(clash: Clash, event_id: str) -> SessionClash:
    """A clash as it is seen from a session of one of its events."""
    _, other = clash.seen_from(event_id)
    return SessionClash(
        staff_id=clash.staff_id, starts_at=clash.starts_at, ends_at=clash.ends_at, other=engagement_view(other)
    )


def staff_clash(clash: Clash, name: str) -> StaffClash:
    """A clash with whose it is."""
    return StaffClash(
        staff_id=clash.staff_id,
        name=name,
        starts_at=clash.starts_at,
        ends_at=clash.ends_at,
        between=[engagement_view(clash.earlier), engagement_view(clash.later)],
    )


def engagement_view(engagement: Engagement) -> EngagementView:
    """An engagement without whose it is."""
    event, session = engagement.event, engagement.session
    return EngagementView(
        event_id=event.id,
        kind=event.kind,
        status=event.status,
        title=event.title,
        session_id=session.id,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )


def timetable_entry(engagement: Engagement) -> TimetableEntry:
    """An engagement in somebody's own timetable."""
    return TimetableEntry(
        **dict(engagement_view(engagement)),
        location=engagement.event.location,
        time_zone=engagement.event.time_zone,
        role=engagement.allocation.role,
        cancelled=engagement.is_called_off,
    )
