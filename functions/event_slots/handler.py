"""The slots of a parents' evening: their plan, the grid that follows from it, and who has them."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from school_events.bookings.appointments.api import AppointmentView
from school_events.bookings.appointments.reading import read_appointments
from school_events.bookings.slot_places import arrange
from school_events.bookings.slots import read_slots
from school_events.core.errors import Invalid, NotFound, StaleVersion, TryAgain, WrongState
from school_events.core.http import Page, SchoolApi, reply
from school_events.events.evenings import service
from school_events.events.evenings.api import PlannedSlots, SlotPlanBody, Slots
from school_events.people import access

api = SchoolApi("event_slots", access=access.check)
EVENT = "/v1/schools/{school_id}/events/{event_id}"


@api.route(
    "PUT",
    f"{EVENT}/slot-plan",
    roles={"school_admin"},
    summary="Say how the slots of a parents' evening are made; those that nobody has follow. If-Match the event's ETag",
    errors=(NotFound, WrongState, StaleVersion, Invalid, TryAgain),
)
def set_plan(school_id: str, event_id: str, body: SlotPlanBody) -> Response[PlannedSlots]:
    planned = service.set_plan(api.context, event_id, api.version_to_change(), body, arrange)
    return reply(planned, version=planned.event_version)


@api.route(
    "GET",
    f"{EVENT}/slots",
    roles={"school_admin", "staff", "parent"},
    summary="The grid of a parents' evening: teachers their own slots, families those of their children's teachers",
    errors=(NotFound, WrongState),
)
def slots(school_id: str, event_id: str) -> Response[Slots]:
    grid = read_slots(api.context, event_id)
    return reply(grid, version=grid.event_version)


@api.route(
    "GET",
    f"{EVENT}/appointments",
    roles={"school_admin", "staff", "parent"},
    summary="Who meets whom, earliest first: families their own evening, teachers theirs, administrators all",
    errors=(NotFound, WrongState),
)
def appointments(school_id: str, event_id: str) -> Page[AppointmentView]:
    return Page(items=read_appointments(api.context, event_id))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
