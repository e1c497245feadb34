"""Invitations: preview an audience, invite it, see who is invited, remind, decline."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.bookings.reading import booked_pupils
from school_events.core.errors import Invalid, NotFound, TryAgain, WrongState
from school_events.core.http import SchoolApi
from school_events.invitations import service
from school_events.invitations.api import (
    AudienceBody,
    InvitationPage,
    InvitationRef,
    InviteBody,
    Invited,
    LateJoinersEnded,
    Preview,
    Reminded,
)
from school_events.people import access

api = SchoolApi("invitations", access=access.check)
SCHOOL = "/v1/schools/{school_id}"
EVENT = f"{SCHOOL}/events/{{event_id}}"


@api.route(
    "POST",
    f"{EVENT}/audience-preview",
    roles={"school_admin"},
    summary="Whom an audience includes; nothing is sent",
    errors=(NotFound, Invalid),
)
def preview(school_id: str, event_id: str, body: AudienceBody) -> Preview:
    return service.preview(api.context, event_id, body.audience)


@api.route(
    "POST",
    f"{EVENT}/invitations",
    roles={"school_admin"},
    summary="Invite those of an audience who are not invited yet",
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def invite(school_id: str, event_id: str, body: InviteBody) -> Invited:
    asked = api.asked(body)
    return service.invite(api.context, asked, event_id, body.audience, late_joiners=body.late_joiners)


@api.route(
    "DELETE",
    f"{EVENT}/late-joiners",
    roles={"school_admin"},
    summary="Invite nobody by itself any more who comes to belong to an audience later",
    errors=(NotFound, TryAgain),
)
def end_late_joiners(school_id: str, event_id: str) -> LateJoinersEnded:
    return service.end_late_joiners(api.context, event_id)


@api.route(
    "GET",
    f"{EVENT}/invitations",
    roles={"school_admin"},
    summary="Who is invited, and how they answered",
    errors=(NotFound, Invalid),
)
def list_invitations(
    school_id: str,
    event_id: str,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: str | None = None,
) -> InvitationPage:
    return service.list_invitations(api.context, event_id, limit, cursor, booked_pupils)


@api.route(
    "POST",
    f"{EVENT}/reminders",
    roles={"school_admin"},
    summary="Remind those who have not answered, each family at most once a day",
    errors=(NotFound, WrongState, TryAgain),
)
def remind(school_id: str, event_id: str) -> Reminded:
    return service.remind(api.context, api.asked(), event_id, booked_pupils)


@api.route(
    "POST",
    f"{SCHOOL}/invitations/{{invitation_id}}/decline",
    roles={"parent"},
    summary="Say for a child that it will not come",
    errors=(NotFound, TryAgain),
)
def decline(school_id: str, invitation_id: str) -> InvitationRef:
    return service.decline(api.context, invitation_id)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
