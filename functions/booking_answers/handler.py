"""Answers to the forms of events: given anew, consents given and taken back, and who reads them."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.bookings.answering import reading, service
from school_events.bookings.answering.api import Answered, AnswersView, ChildAnswers, ConsentsView, NewAnswers
from school_events.bookings.reading import find_for_caller
from school_events.core.context import Role
from school_events.core.errors import Invalid, NotFound, StaleVersion, TryAgain, WrongState
from school_events.core.http import Page, SchoolApi, reply
from school_events.people import access

api = SchoolApi("booking_answers", access=access.check)
BOOKING = "/v1/schools/{school_id}/bookings/{booking_id}"
SEES: frozenset[Role] = frozenset({"parent", "staff", "school_admin"})


@api.route(
    "PUT",
    f"{BOOKING}/answers",
    roles={"parent"},
    summary="Answer a booking's form anew, consent or take a consent back; If-Match its ETag",
    errors=(NotFound, StaleVersion, WrongState, Invalid, TryAgain),
)
def answer(school_id: str, booking_id: str, body: NewAnswers) -> Response[Answered]:
    answered = service.answer(api.context, booking_id, api.version_to_change(), body, api.asked(body))
    return reply(answered, version=answered.version)


@api.route(
    "GET",
    f"{BOOKING}/answers",
    roles=SEES,
    summary="What was answered for a booking, also about health: to who answered, administrators, staff of the event",
    errors=(NotFound, TryAgain),
)
def answers(school_id: str, booking_id: str) -> Response[AnswersView]:
    booking = find_for_caller(api.context, booking_id)
    return reply(reading.answers(api.context, booking), version=booking.version)


@api.route(
    "GET",
    f"{BOOKING}/consents",
    roles=SEES,
    summary="The consents of a booking: one's own, and where the other parent stands; to the school all of them",
    errors=(NotFound,),
)
def consents(school_id: str, booking_id: str) -> Response[ConsentsView]:
    booking = find_for_caller(api.context, booking_id)
    return reply(reading.consents_of(api.context, booking), version=booking.version)


@api.route(
    "GET",
    "/v1/schools/{school_id}/events/{event_id}/answers",
    roles={"staff", "school_admin"},
    summary="What families told of the health of who comes to an event; a page may be short though more follow",
    errors=(NotFound, Invalid, TryAgain),
)
def health_of_event(
    school_id: str, event_id: str, limit: Annotated[int, Query(ge=1, le=50)] = 25, cursor: str | None = None
) -> Page[ChildAnswers]:
    return reading.health_of_event(api.context, event_id, limit, cursor)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
