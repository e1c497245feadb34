"""Requests about the slots of a parents' evening: what tests ask, and of which school."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from functions.event_slots import handler as event_slots
from school_events.bookings import places, store
from school_events.bookings.model import Booking, BookingState, Place
from school_events.bookings.rules import SLOTS
from school_events.core.change import stamp
from school_events.core.context import Actor
from school_events.core.dynamodb import Transaction
from school_events.core.money import pounds
from school_events.invitations import inviting
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import group_told, staff_told, tell
from tests.unit.functions.events.asking import EVENT, a_school_with_a_calendar, version_of

PLAN = f"PUT {EVENT}/slot-plan"
GRID = f"GET {EVENT}/slots"
EVENING: dict[str, Any] = {
    "kind": "parents_evening",
    "title": "Year 8 parents' evening",
    "location": "Main hall",
    "takes_place": {"starts_at": "2026-12-03T17:00", "ends_at": "2026-12-03T18:00"},
    "price": {"amount": 0},
    "booking_window": {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2026-12-03T12:00:00Z"},
}
HALL: dict[str, Any] = {"staff_ids": ["staff-1"], "room": "Hall"}
ONLINE: dict[str, Any] = {"staff_ids": ["staff-2"], "video_link": "https://meet.school.test/staff-2"}


def a_plan(*desks: Mapping[str, Any], minutes: int = 10, **others: Any) -> dict[str, Any]:
    """A plan's body; one desk in the hall and one online unless told."""
    return {"appointment_minutes": minutes, "desks": list(desks or (HALL, ONLINE))} | others


def a_school_with_classes() -> None:
    """A small school: a mother's child is taught mathematics by one teacher, and nothing by the other."""
    a_school_with_a_calendar()
    tell(staff_told("staff-2", first_name="Bilal", last_name="Khan"), group_told())


def plan(event_id: str, body: Mapping[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    """What setting a plan answers; as the administrator who has just read the event unless told."""
    headers = others.pop("headers", None) or version_of(event_id)
    event = http_event(PLAN, {"event_id": event_id}, body or a_plan(), headers=headers, **others)
    answer: dict[str, Any] = event_slots.lambda_handler(event, LambdaContext())
    return answer


def planned(event_id: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A plan that is set, and what follows from it."""
    answer = plan(event_id, body)
    assert answer["statusCode"] == 200, answer["body"]
    return dict(json_of(answer))


def grid(event_id: str, **caller: Any) -> dict[str, Any]:
    """The grid, as its caller sees it."""
    answer = event_slots.lambda_handler(http_event(GRID, {"event_id": event_id}, **caller), LambdaContext())
    assert answer["statusCode"] == 200, answer["body"]
    return dict(json_of(answer))


def slots(seen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The slots of all desks of a grid."""
    return [slot for desk in seen["desks"] for slot in desk["slots"]]


def times(event_id: str, staff_id: str = "staff-1", which: Callable[[Mapping[str, Any]], object] = bool) -> list[str]:
    """When somebody's slots begin, UTC."""
    desks = [desk for desk in grid(event_id)["desks"] if [one["staff_id"] for one in desk["staff"]] == [staff_id]]
    return [slot["starts_at"][11:16] for slot in slots({"desks": desks}) if which(slot)]


def invite(event_id: str, pupils: Iterable[str] = ("pupil-1",)) -> None:
    """Invite children to a published evening."""
    assert inviting.invite_new(a_context(), event_id, list(pupils))


def take(event_id: str, clock: str, staff_id: str = "staff-1", pupil_id: str = "pupil-1") -> Booking:
    """Let a child's mother have the slot at a time, as booking it does: the place, the booking and its guard."""
    desks = [desk for desk in grid(event_id)["desks"] if staff_id in [one["staff_id"] for one in desk["staff"]]]
    (slot,) = [one for one in slots({"desks": desks}) if one["starts_at"][11:16] == clock and one["state"] == "free"]
    ctx = a_context(actor=Actor("contact", "contact-1"))
    booking = Booking(
        id=ctx.new_id("booking"),
        event_id=event_id,
        pupil_id=pupil_id,
        booked_by="contact-1",
        state=BookingState.CONFIRMED,
        price=pounds(0),
        place=Place(event_id=event_id, pool=SLOTS, number=int(slot["id"].removeprefix("slot_"))),
        created_at=NOW,
    )
    transaction = Transaction(ctx)
    store.create(transaction, SCHOOL, booking, stamp(ctx, "booking.confirmed"))
    places.claim(transaction, ctx, booking, held=False)
    transaction.commit()
    return booking
