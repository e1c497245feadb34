"""The waiting list of an event that is full: joining and leaving it, and answering its offers."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from school_events.bookings.service import Booked
from school_events.bookings.waiting import reading, service
from school_events.bookings.waiting.accepting import accept
from school_events.bookings.waiting.api import (
    AcceptedOffer,
    FamilyTurnView,
    JoinedView,
    ListedTurn,
    NewWaiting,
    TurnView,
)
from school_events.bookings.ways import Wish
from school_events.core.errors import AlreadyBooked, AsAnother, Invalid, NotFound, TryAgain, WrongState
from school_events.core.http import Page, SchoolApi, reply
from school_events.people import access

api = SchoolApi("waiting_list", access=access.check)
SCHOOL = "/v1/schools/{school_id}"
EVENT = f"{SCHOOL}/events/{{event_id}}/waiting-list"


@api.route(
    "POST",
    EVENT,
    roles={"parent", "school_admin"},
    summary="Wait for places of an event that is full, each child by itself or all together",
    status=201,
    errors=(NotFound, service.PlacesAreFree, AlreadyBooked, WrongState, Invalid, TryAgain),
)
def join(school_id: str, event_id: str, body: NewWaiting) -> Response[JoinedView]:
    wishes = [Wish(item.pupil_id, session_id=item.session_id) for item in body.items]
    contact_id = _contact(body.on_behalf_of)
    joined = service.join(api.context, contact_id, event_id, wishes, together=body.together, request=api.asked(body))
    return reply(joined, status=201)


@api.route(
    "GET",
    EVENT,
    roles={"staff", "school_admin"},
    summary="Who waits for places of an event, in order",
    errors=(NotFound,),
)
def listed(school_id: str, event_id: str) -> Page[ListedTurn]:
    return Page(items=reading.turns_of_event(api.context, event_id))


@api.route(
    "GET",
    f"{SCHOOL}/me/waiting-list",
    roles={"parent"},
    summary="What the caller's children wait for, what is offered to them, and how many families are in front",
)
def own(school_id: str) -> Page[FamilyTurnView]:
    return Page(items=reading.own_turns(api.context))


@api.route(
    "DELETE",
    f"{SCHOOL}/waiting-list/{{waiting_id}}",
    roles={"parent", "school_admin"},
    summary="Wait no longer; what was offered goes to the next family",
    errors=(NotFound, WrongState, TryAgain),
)
def leave(school_id: str, waiting_id: str) -> TurnView:
    return service.leave(api.context, waiting_id)


@api.route(
    "POST",
    f"{SCHOOL}/offers/{{waiting_id}}/accept",
    roles={"parent", "school_admin"},
    summary="Book the places that are offered, for all the children they are offered to",
    status=201,
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def accepted(school_id: str, waiting_id: str, body: AcceptedOffer) -> Response[Booked]:
    wishes = [Wish(item.pupil_id, item.filled) for item in body.items]
    booked = accept(api.context, _contact(body.on_behalf_of), waiting_id, wishes, api.asked(body))
    return reply(booked, status=201, location=f"/v1/schools/{school_id}/bookings/{booked.booking_ids[0]}")


@api.route(
    "POST",
    f"{SCHOOL}/offers/{{waiting_id}}/decline",
    roles={"parent", "school_admin"},
    summary="Decline an offer: the places go to the next family",
    errors=(NotFound, WrongState, TryAgain),
)
def decline(school_id: str, waiting_id: str) -> TurnView:
    return service.decline(api.context, waiting_id)


def _contact(on_behalf_of: str | None) -> str:
    """On whose account it is: the caller's, or of the contact the school asks for."""
    actor = api.context.actor
    if actor.kind == "staff" and on_behalf_of is None:
        raise AsAnother.of("on_behalf_of", "is required when the school asks")
    if actor.kind == "contact" and on_behalf_of is not None:
        raise AsAnother.of("on_behalf_of", "is for the school")
    return on_behalf_of or actor.id


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
