"""Booking places for children, and giving them up."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from school_events.bookings import cancelling, reading, service
from school_events.bookings.api import BookingView, NewBooking
from school_events.bookings.capacity.api import PlaceCounts
from school_events.bookings.capacity.extra import Extra
from school_events.bookings.capacity.reading import place_counts
from school_events.bookings.model import BookingState
from school_events.bookings.terms.api import CancelBody, CancellationTerms, Cancelled, cancelled_view
from school_events.bookings.terms.service import preview
from school_events.bookings.ways import Wish
from school_events.core.errors import AlreadyBooked, AsAnother, Invalid, NoFreePlace, NotFound, TryAgain, WrongState
from school_events.core.http import Page, SchoolApi, reply
from school_events.core.money import NOTHING
from school_events.people import access

api = SchoolApi("bookings", access=access.check)
SCHOOL = "/v1/schools/{school_id}"


@api.route(
    "POST",
    f"{SCHOOL}/bookings",
    roles={"parent", "school_admin"},
    summary="Book places of one event for children of one household, all or none",
    status=201,
    errors=(NotFound, NoFreePlace, AlreadyBooked, WrongState, Invalid, TryAgain),
)
def book(school_id: str, body: NewBooking) -> Response[service.Booked]:
    ctx = api.context
    if ctx.actor.kind == "staff" and body.on_behalf_of is None:
        raise AsAnother.of("on_behalf_of", "is required when the school books")
    if ctx.actor.kind == "contact" and body.on_behalf_of is not None:
        raise AsAnother.of("on_behalf_of", "is for the school")
    if ctx.actor.kind == "contact" and body.over_capacity is not None:
        raise AsAnother.of("over_capacity", "is for the school")
    wishes = [Wish(item.pupil_id, item.filled, item.session_id, item.slot) for item in body.items]
    way = None if body.over_capacity is None else Extra(body.over_capacity.reason)
    booked = service.book(ctx, body.on_behalf_of or ctx.actor.id, body.event_id, wishes, api.asked(body), way)
    return reply(booked, status=201, location=f"/v1/schools/{school_id}/bookings/{booked.booking_ids[0]}")


@api.route(
    "GET",
    f"{SCHOOL}/bookings/{{booking_id}}",
    roles={"parent", "staff", "school_admin"},
    summary="One booking",
    errors=(NotFound,),
)
def read(school_id: str, booking_id: str) -> BookingView:
    return reading.show(api.context, reading.find_for_caller(api.context, booking_id))


@api.route(
    "POST",
    f"{SCHOOL}/bookings/{{booking_id}}/cancel",
    roles={"parent", "school_admin"},
    summary="Give a place up under the event's policy, or a hold with everything that is to be paid with it",
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def cancel(school_id: str, booking_id: str, body: CancelBody | None = None) -> Cancelled:
    ctx, asked = api.context, body or CancelBody()
    booking = reading.find_for_caller(ctx, booking_id)
    cancelling.require_may_cancel(ctx, booking)
    if ctx.actor.kind == "contact" and asked.refund is not None:
        raise AsAnother.of("refund", "is for the school")
    money = reading.sees_money(ctx, mine=reading.is_mine(ctx, booking))
    if asked.expected_refund is not None and not money:
        # Whether less would come back tells what was paid (B8).
        raise Invalid.of("expected_refund", "is for who is shown what comes back")
    expected = asked.expected_refund or NOTHING
    state = None if asked.expected_state is None else BookingState(asked.expected_state)
    ended = cancelling.cancel(ctx, booking, cancelling.Asked(asked.refund, expected, api.asked(body), state))
    return cancelled_view(ended, money=money)


@api.route(
    "GET",
    f"{SCHOOL}/bookings/{{booking_id}}/cancellation",
    roles={"parent", "school_admin"},
    summary="What cancelling a booking would bring, now and later; nothing is cancelled",
    errors=(NotFound,),
)
def cancellation(school_id: str, booking_id: str) -> CancellationTerms:
    ctx = api.context
    booking = reading.find_for_caller(ctx, booking_id)
    cancelling.require_may_cancel(ctx, booking)
    return preview(ctx, booking)


@api.route(
    "GET",
    f"{SCHOOL}/events/{{event_id}}/places",
    roles={"staff", "school_admin"},
    summary="How the places of an event, or of each of its sessions, stand",
    errors=(NotFound,),
)
def places(school_id: str, event_id: str) -> Page[PlaceCounts]:
    return Page(items=place_counts(api.context, event_id))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
