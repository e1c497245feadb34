"""The waiting list over HTTP: who may what, what each sees, and bad requests that change nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import time_machine

from functions.waiting_list.handler import lambda_handler
from school_events.bookings import allocating, cancelling
from school_events.bookings.rules import TERM
from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book
from tests.support.contexts import NOW
from tests.support.contexts import SCHOOL as SCHOOL_ID
from tests.support.evening_world import a_school_with_teachers, an_evening
from tests.support.event_checker import bookings_of
from tests.support.http_events import LambdaContext, claims, http_event, json_of
from tests.support.people import link_told, tell
from tests.support.tables import everything, rows

pytestmark = pytest.mark.usefixtures("tables")

SCHOOL = "/v1/schools/{school_id}"
JOIN, LISTED = f"POST {SCHOOL}/events/{{event_id}}/waiting-list", f"GET {SCHOOL}/events/{{event_id}}/waiting-list"
OWN, LEAVE = f"GET {SCHOOL}/me/waiting-list", f"DELETE {SCHOOL}/waiting-list/{{waiting_id}}"
ACCEPT, DECLINE = f"POST {SCHOOL}/offers/{{waiting_id}}/accept", f"POST {SCHOOL}/offers/{{waiting_id}}/decline"
ADMIN = {"person": "staff-admin", "roles": ["school_admin"]}
ALLOCATED, NOT_ALLOCATED = ({"person": f"staff-{number}", "roles": ["staff"]} for number in (1, 2))


def parent(number: int) -> dict[str, Any]:
    """Calls of ``contact-{number}``."""
    return {"person": f"contact-{number}", "roles": ["parent"]}


def ask(route: str, caller: Mapping[str, Any], body: Any = None, **others: Any) -> tuple[int, Any]:
    """The status and body of an answer."""
    parameters: dict[str, str] = {name: others.pop(name) for name in ("event_id", "waiting_id") if name in others}
    answer = lambda_handler(http_event(route, parameters, body, **caller, **others), LambdaContext())
    return answer["statusCode"], json_of(answer)


def children(*pupils: str, **others: Any) -> dict[str, Any]:
    """The body of a wish to wait, or of an acceptance."""
    return {"items": [{"pupil_id": one} for one in pupils]} | others


@pytest.fixture(autouse=True)
def event(tables: None) -> Iterator[SchoolEvent]:
    """A trip that costs nothing, with one place, which pupil-1 has."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        made = an_event(price=0, capacity=1)
        book(made, "pupil-1")
        yield made


def join(event: SchoolEvent, number: int) -> str:
    """The turn of a parent's child of the same number."""
    status, body = ask(JOIN, parent(number), children(f"pupil-{number}"), event_id=event.id)
    assert (status, "order" in body["rule"]) == (201, True)
    (waiting_id,) = body["waiting_ids"]
    return str(waiting_id)


def give_back(event: SchoolEvent) -> None:
    """The first child's place becomes free, and is offered."""
    (booking,) = bookings_of(event)
    cancelling.cancel(as_parent(), booking)
    allocating.settle(as_system(), event.id, TERM)


def test_a_family_waits_sees_how_many_are_in_front_and_accepts_what_it_is_offered(event: SchoolEvent) -> None:
    first, second = join(event, 3), join(event, 4)
    (own,) = ask(OWN, parent(4))[1]["items"]
    assert (own["id"], own["families_before"], own["state"], own["mine"]) == (second, 1, "waiting", True)
    assert (own["event_title"], own["pupil_ids"]) == ("Science Museum", ["pupil-4"])
    assert "contact-3" not in str(own)
    assert "pupil-3" not in str(own)
    give_back(event)
    (offered,) = ask(OWN, parent(3))[1]["items"]
    assert (offered["state"], offered["families_before"]) == ("offered", None)
    assert offered["offered_until"] == "2026-11-24T09:00:00Z"
    assert ask(OWN, parent(4))[1]["items"][0]["families_before"] == 0
    status, booked = ask(ACCEPT, parent(3), children("pupil-3"), waiting_id=first)
    assert (status, booked["state"]) == (201, "confirmed")
    assert ask(OWN, parent(3))[1]["items"] == []


def test_declining_and_leaving_pass_the_place_on(event: SchoolEvent) -> None:
    first, second = join(event, 3), join(event, 4)
    give_back(event)
    assert ask(DECLINE, parent(3), waiting_id=first) == (200, {"id": first, "state": "declined"})
    assert ask(LEAVE, parent(4), waiting_id=second) == (200, {"id": second, "state": "declined"})
    assert ask(LEAVE, parent(4), waiting_id=second)[0] == 200
    assert ask(DECLINE, parent(4), {}, waiting_id=first)[0] == 404


def test_who_accepts_before_anything_is_offered_is_told_so_and_not_that_it_is_over(event: SchoolEvent) -> None:
    waiting_id = join(event, 3)
    status, problem = ask(ACCEPT, parent(3), children("pupil-3"), waiting_id=waiting_id)
    assert (status, problem["detail"]) == (409, "Nothing is offered yet: this turn is waiting")


def test_staff_of_the_event_see_who_waits_in_order_and_the_reading_is_noted(event: SchoolEvent) -> None:
    join(event, 3), join(event, 4)
    for caller in (ADMIN, ALLOCATED):
        status, listed = ask(LISTED, caller, event_id=event.id)
        assert (status, [one["children"][0]["pupil_id"] for one in listed["items"]]) == (200, ["pupil-3", "pupil-4"])
    assert ask(LISTED, NOT_ALLOCATED, event_id=event.id)[0] == 404
    assert ask(LISTED, parent(3), event_id=event.id)[0] == 403
    assert sum("waiting_list.read" in str(row) for row in rows("Audit")) == 2


def test_an_administrator_waits_and_accepts_on_a_contacts_behalf(event: SchoolEvent) -> None:
    body = children("pupil-3")
    assert ask(JOIN, ADMIN, body, event_id=event.id)[0] == 422
    status, joined = ask(JOIN, ADMIN, body | {"on_behalf_of": "contact-3"}, event_id=event.id)
    assert status == 201
    give_back(event)
    waiting_id = joined["waiting_ids"][0]
    assert ask(ACCEPT, ADMIN, body | {"on_behalf_of": "contact-4"}, waiting_id=waiting_id)[0] == 404
    assert ask(ACCEPT, ADMIN, body | {"on_behalf_of": "contact-3"}, waiting_id=waiting_id)[0] == 201


def test_who_could_book_does_not_wait(event: SchoolEvent) -> None:
    free = an_event(price=0, capacity=1)
    status, problem = ask(JOIN, parent(3), children("pupil-3"), event_id=free.id)
    assert (status, problem["type"]) == (409, "urn:school-events:problem:places-are-free")


def test_for_appointments_nobody_waits() -> None:
    a_school_with_teachers()
    evening = an_evening(["teacher-1"])
    status, problem = ask(JOIN, parent(3), children("pupil-3"), event_id=evening.id)
    assert (status, problem["detail"]) == (409, "A parents' evening has appointments, and no waiting list")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [{"pupil_id": f"pupil-{number}"} for number in range(11)]}, "items"),
        (children("pupil-1", "pupil-1"), "items.1.pupil_id"),
        (children("pupil-2", colour="blue"), "colour"),
        (children("pupil-2", together="yes"), "together"),
        (children("pupil-2", on_behalf_of="contact-2"), "on_behalf_of"),
        ({"items": [{"pupil_id": "pupil-2", "session_id": "session-1"}]}, "items.0.session_id"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_by_field_and_changes_nothing(
    event: SchoolEvent, body: dict[str, Any], field: str
) -> None:
    before = everything()
    status, problem = ask(JOIN, parent(1), body, event_id=event.id)
    assert (status, [one["field"] for one in problem["errors"]]) == (422, [field])
    assert everything() == before


@pytest.mark.parametrize("waiting_id", ["no-such", "a~b~c", "event_000001~term~waiting_9", "~~", "a#b~c#d~e#f"])
def test_a_turn_that_is_not_there_is_not_found(event: SchoolEvent, waiting_id: str) -> None:
    before = everything()
    assert ask(LEAVE, parent(3), waiting_id=waiting_id)[0] == 404
    assert ask(DECLINE, parent(3), waiting_id=waiting_id)[0] == 404
    assert ask(ACCEPT, parent(3), children("pupil-3"), waiting_id=waiting_id)[0] == 404
    assert everything() == before


def test_the_same_key_and_body_give_the_same_turn(event: SchoolEvent) -> None:
    headers = {"Idempotency-Key": "key-1"}
    first = ask(JOIN, parent(3), children("pupil-3"), event_id=event.id, headers=headers)
    before = everything()
    assert ask(JOIN, parent(3), children("pupil-3"), event_id=event.id, headers=headers) == first
    assert everything() == before


def test_a_child_who_waits_already_is_told_so(event: SchoolEvent) -> None:
    join(event, 3)
    status, problem = ask(JOIN, parent(3), children("pupil-3"), event_id=event.id)
    assert (status, problem["type"]) == (409, "urn:school-events:problem:already-booked")


def test_an_administrator_with_a_child_at_the_school_waits_as_either(event: SchoolEvent) -> None:
    both = claims((SCHOOL_ID, "contact-3", ["parent"]), (SCHOOL_ID, "staff-admin", ["school_admin"]))
    assert ask(JOIN, {}, children("pupil-3"), claimed=both, event_id=event.id)[0] == 201
    assert ask(JOIN, {}, children("pupil-4", on_behalf_of="contact-4"), claimed=both, event_id=event.id)[0] == 201


@pytest.mark.parametrize("together", [True, False])
def test_of_several_children_the_one_who_waits_already_is_named(event: SchoolEvent, together: bool) -> None:
    assert ask(JOIN, parent(2), children("pupil-2"), event_id=event.id)[0] == 201
    asked = children("pupil-1", "pupil-2", together=together)
    tell(link_told("contact-3", "pupil-2"))
    status, problem = ask(JOIN, parent(3), children("pupil-3", "pupil-2", together=together), event_id=event.id)
    assert (status, [one["field"] for one in problem["errors"]]) == (409, ["items.1.pupil_id"])
    assert ask(JOIN, parent(1), asked, event_id=event.id)[1]["errors"][0]["field"] == "items.0.pupil_id"
