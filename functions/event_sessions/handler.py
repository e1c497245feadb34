"""Single sessions of a club: add one, move one, cancel one."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from school_events.bookings.capacity.service import follow
from school_events.core.errors import Invalid, NotFound, StaleVersion, TryAgain, WrongState
from school_events.core.http import SchoolApi, reply
from school_events.events import club_sessions
from school_events.events.session_api import ChangedSession, MeetingBody
from school_events.people import access

api = SchoolApi("event_sessions", access=access.check)
SESSIONS = "/v1/schools/{school_id}/events/{event_id}/sessions"
SESSION = f"{SESSIONS}/{{session_id}}"
CHANGES = (NotFound, WrongState, StaleVersion, Invalid, TryAgain)


@api.route(
    "POST",
    SESSIONS,
    roles={"school_admin"},
    summary="Add a session to a club; If-Match the event's ETag",
    status=201,
    errors=CHANGES,
)
def add(school_id: str, event_id: str, body: MeetingBody) -> Response[ChangedSession]:
    added = club_sessions.add(api.context, api.asked(body), event_id, api.version_to_change(), body, follow)
    return reply(added, status=201, version=added.event_version)


@api.route(
    "PUT",
    SESSION,
    roles={"school_admin"},
    summary="Move a session of a club; If-Match the event's ETag",
    errors=CHANGES,
)
def move(school_id: str, event_id: str, session_id: str, body: MeetingBody) -> Response[ChangedSession]:
    moved = club_sessions.move(api.context, event_id, session_id, api.version_to_change(), body, follow)
    return reply(moved, version=moved.event_version)


@api.route(
    "POST",
    f"{SESSION}/cancel",
    roles={"school_admin"},
    summary="Cancel a session of a club, and what was booked for it alone; If-Match the event's ETag",
    errors=CHANGES,
)
def cancel(school_id: str, event_id: str, session_id: str) -> Response[ChangedSession]:
    cancelled = club_sessions.cancel(api.context, event_id, session_id, api.version_to_change(), follow)
    return reply(cancelled, version=cancelled.event_version)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
