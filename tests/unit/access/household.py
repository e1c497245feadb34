"""One child with a mother and a father, and everything a family can have; what each route then says to a parent.

``contact-1`` is the mother of ``pupil-1``, ``contact-2`` the father, ``contact-3`` has no child. The father has booked
the free *Orchard walk* and the *Lantern parade*, which is still to be paid; the mother the *Harbour day*. To the *Kite
morning* and the *Rowan evening*, a parents' evening, the child is invited only. It waits for the *Maple fair*, which is
full, and is offered a place of the *Nettle hunt*; the father joined. Each has been told of it all, and has a device.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from functions.outbox.handler import lambda_handler as outbox
from school_events.bookings import places, slot_places
from school_events.bookings.allocating import settle
from school_events.bookings.rules import TERM
from school_events.bookings.store import bookings_of_event
from school_events.core.change import stamp
from school_events.core.consequences import Telling
from school_events.events import lifecycle
from school_events.events import service as events
from school_events.events.api import NewEvent
from school_events.events.documents import service as documents
from school_events.events.documents import store as document_store
from school_events.events.documents.api import NewDocument
from school_events.events.evenings import service as evenings
from school_events.events.evenings.api import SlotPlanBody
from school_events.events.staffing.api import AllocationBody
from school_events.events.staffing.service import allocate
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from school_events.notifications.service import deliver
from tests.support import booked_world as world
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.memory import made_once
from tests.support.people import contact_told, link_told, pupil_told, school_told, staff_told, tell
from tests.support.streams import row_record, stream_event
from tests.support.tables import INDEXES, STREAMED, messages, rows
from tests.unit.architecture.routes import HANDLERS, ROUTES

MOTHER, FATHER, STRANGER, CHILD = "contact-1", "contact-2", "contact-3", "pupil-1"
NEIGHBOUR, OTHER_CHILD = "contact-8", "pupil-8"
LATER = NOW + timedelta(hours=1)
"""When the tests ask, so that nothing written then stands where the household's own rows do."""

TITLES = ("Orchard", "Lantern", "Harbour", "Kite", "Rowan", "Maple", "Nettle")
SECRETS = ("pupil-1", "Amaryllis", "Quennell", *TITLES, "booking_", "payment_", "waiting_")
"""What somebody who has lost access must see nothing of."""

PATH = "/v1/schools/{school_id}"


@dataclass
class Household:
    """The ids of what there is."""

    events: dict[str, str] = field(default_factory=dict)
    bookings: dict[str, str] = field(default_factory=dict)
    payments: dict[str, str] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    waitings: dict[str, str] = field(default_factory=dict)


_made = Household()


def a_household() -> Household:
    """The household, in empty tables."""
    made_once(_household, *INDEXES)
    return _made


def _household() -> None:
    tell(
        school_told(),
        staff_told("staff-admin", ("school_admin",)),
        staff_told("staff-1"),
        staff_told("staff-finance", ("finance",)),
        pupil_told(CHILD, "Amaryllis", "Quennell"),
        *(contact_told(one) for one in (MOTHER, FATHER, STRANGER)),
        *(link_told(one, CHILD) for one in (MOTHER, FATHER)),
        pupil_told(OTHER_CHILD),
        contact_told(NEIGHBOUR),
        link_told(NEIGHBOUR, OTHER_CHILD),
    )
    for title, price in (("Orchard walk", 0), ("Lantern parade", 1250), ("Harbour day", 900), ("Kite morning", 0)):
        _made.events[title.split()[0]] = _published(title, price)
    _made.events["Rowan"] = _parents_evening("Rowan evening")
    for title, parent in (("Orchard", 2), ("Lantern", 2), ("Harbour", 1)):
        body = {"event_id": _made.events[title], "items": [{"pupil_id": CHILD}]}
        booked = call(f"POST {PATH}/bookings", f"contact-{parent}", body=body, key=f"key-{title}")
        assert booked.status == 201, booked
        _made.bookings[title] = booked.body["booking_ids"][0]
        _made.payments[title] = booked.body["payment_id"]
    for title in ("Maple fair", "Nettle hunt"):
        _made.events[title.split()[0]], _made.waitings[title.split()[0]] = _full(title)
    _nobody_else_comes(_made.events["Nettle"])
    _made.documents["Orchard"] = _with_a_letter(_made.events["Orchard"])
    tell_everybody()
    for person in (MOTHER, FATHER):
        body = {"platform": "ios", "token": f"token-{person}"}
        call(f"PUT {PATH}/me/devices/{{device_id}}", person, {"device_id": "phone"}, body=body)


def _published(title: str, price: int, capacity: int = 5) -> str:
    asked = {
        "kind": "trip",
        "title": title,
        "takes_place": {"starts_at": "2026-12-04T08:30", "ends_at": "2026-12-04T16:00"},
        "capacity": capacity,
        "price": {"amount": price},
        "booking_window": {"opens_at": world.OPENS_AT.isoformat(), "closes_at": world.CLOSES_AT.isoformat()},
    }
    made = events.create(a_context(), world.UNASKED, NewEvent.model_validate(asked))
    allocate(a_context(), made.id, made.version, [AllocationBody(staff_id="staff-1", role="lead")])
    return _invited(made.id)


def _parents_evening(title: str) -> str:
    asked = {
        "kind": "parents_evening",
        "title": title,
        "takes_place": {"starts_at": "2026-12-03T17:00", "ends_at": "2026-12-03T18:00"},
        "price": {"amount": 0},
        "booking_window": {"opens_at": world.OPENS_AT.isoformat(), "closes_at": world.CLOSES_AT.isoformat()},
    }
    made = events.create(a_context(), world.UNASKED, NewEvent.model_validate(asked))
    desk = {"staff_ids": ["staff-1"], "meets": {"year_groups": ["8"]}}
    plan = SlotPlanBody.model_validate({"appointment_minutes": 10, "desks": [desk]})
    evenings.set_plan(a_context(), made.id, made.version, plan, slot_places.arrange)
    return _invited(made.id)


def _invited(event_id: str) -> str:
    """A draft, published, the children invited."""
    lifecycle.publish(a_context(), event_id, places.make_places)
    everybody = Audience.model_validate({"pupils": (CHILD, OTHER_CHILD)})
    invitations.invite(a_context(), world.UNASKED, event_id, everybody)
    return event_id


def _full(title: str) -> tuple[str, str]:
    """A trip whose one place the other child has, and the name of the turn the father takes."""
    event_id = _published(title, 0, capacity=1)
    wish = {"items": [{"pupil_id": OTHER_CHILD}], "event_id": event_id}
    assert call(f"POST {PATH}/bookings", NEIGHBOUR, body=wish).status == 201
    body = {"items": [{"pupil_id": CHILD}]}
    joined = call(f"POST {PATH}/events/{{event_id}}/waiting-list", FATHER, {"event_id": event_id}, body=body)
    assert joined.status == 201, joined
    (waiting_id,) = joined.body["waiting_ids"]
    return event_id, waiting_id


def _nobody_else_comes(event_id: str) -> None:
    """The other child's place is given back, and offered."""
    (booking,) = bookings_of_event(SCHOOL, event_id)
    assert call(f"POST {PATH}/bookings/{{booking_id}}/cancel", NEIGHBOUR, {"booking_id": booking.id}).status == 200
    settle(world.as_system(), event_id, TERM)


def _with_a_letter(event_id: str) -> str:
    """A document for families; its file is of no account here."""
    asked = NewDocument(name="Orchard letter", kind="letter", content_type="application/pdf", size=1)
    made = documents.ask(a_context(), world.UNASKED, event_id, asked).document
    waiting = document_store.find_document(SCHOOL, event_id, made.id)
    assert document_store.make_ready(SCHOOL, waiting, stamp(a_context(), "document.added"))
    return made.id


def tell_everybody() -> None:
    """What the outbox and the notifications function do about everything written so far."""
    records = [row_record(row) for table in sorted(STREAMED) for row in rows(table)]
    assert outbox(stream_event(*records), LambdaContext()) == {"batchItemFailures": []}
    for body in messages("notifications"):
        deliver(world.as_system(), Telling.model_validate(body))


@dataclass(frozen=True)
class Answer:
    """What a route said."""

    status: int
    body: Any
    headers: Mapping[str, Any]


def call(
    route: str,
    person: str,
    parameters: Mapping[str, str] | None = None,
    *,
    body: Any = None,
    key: str | None = None,
    query: Mapping[str, str] | None = None,
    version: int | None = None,
    roles: tuple[str, ...] = ("parent",),
) -> Answer:
    """Ask a route through the function that answers it, as a person of the school."""
    function = next(known.function for known in ROUTES if known.rule.key == route)
    headers = ({"Idempotency-Key": key} if key else {}) | ({"If-Match": f'"{version}"'} if version else {})
    event = http_event(route, parameters, body, roles=roles, person=person, query=query, headers=headers)
    answer = HANDLERS[function].lambda_handler(event, LambdaContext())
    return Answer(answer["statusCode"], json_of(answer) if answer["body"] else None, answer["headers"])


def secrets_of(content: Any) -> list[str]:
    """What of the child stands anywhere in an answer."""
    text = json.dumps(content)
    return [secret for secret in SECRETS if secret in text]
