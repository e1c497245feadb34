"""Pupils who change school, leave and come back, and siblings in two schools: each school shows what is its own."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import time_machine

from school_events.bookings import places
from school_events.events import lifecycle
from school_events.events import service as events
from school_events.events.api import NewEvent
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from school_events.people import store
from tests.support import booked_world as world
from tests.support.contexts import ADMIN, NOW, a_context
from tests.support.http_events import LambdaContext, claims, http_event, json_of
from tests.support.people import (
    PortalMessage,
    contact_told,
    link_told,
    portal_message,
    pupil_told,
    school_told,
    staff_told,
)
from tests.support.portal_queue import say
from tests.unit.access.household import PATH, Answer
from tests.unit.architecture.routes import HANDLERS, ROUTES

OLD, NEW = "school-1", "school-2"
BOTH = claims((OLD, "contact-1", ["parent"]), (NEW, "contact-1", ["parent"]))
"""A parent with the same id in both schools: ids are each school's own, and so may be equal by chance."""

ADMINS = claims((OLD, "staff-admin", ["school_admin"]), (NEW, "staff-admin", ["school_admin"]))


def of(school_id: str, message: PortalMessage) -> PortalMessage:
    """The same message about another school."""
    return message[0], message[1] | {"school_id": school_id}


def a_school(school_id: str, *others: PortalMessage) -> None:
    """A school with an administrator and the contact."""
    people = (school_told(), staff_told("staff-admin", ("school_admin",)), contact_told(), *others)
    say(*(of(school_id, one) for one in people))


def left(version: int = 2, on: str = "2026-11-20", pupil: str = "pupil-1") -> PortalMessage:
    return portal_message("PupilLeft", {"pupil_id": pupil, "left_on": on}, version=version)


def an_event(school_id: str, *pupils: str) -> str:
    """A trip that costs nothing, to which these pupils are invited."""
    asked = {
        "kind": "trip",
        "title": f"Trip of {school_id}",
        "takes_place": {"starts_at": "2026-12-04T08:30", "ends_at": "2026-12-04T16:00"},
        "capacity": 3,
        "price": {"amount": 0},
        "booking_window": {"opens_at": world.OPENS_AT.isoformat(), "closes_at": world.CLOSES_AT.isoformat()},
    }
    ctx = a_context(school_id, ADMIN)
    made = events.create(ctx, world.UNASKED, NewEvent.model_validate(asked))
    lifecycle.publish(ctx, made.id, places.make_places)
    if pupils:
        invitations.invite(ctx, world.UNASKED, made.id, Audience.model_validate({"pupils": pupils}))
    return made.id


def ask(route: str, school_id: str = OLD, *, claimed: dict[str, str] = BOTH, body: Any = None, **named: str) -> Answer:
    """Ask as somebody who is a member of both schools."""
    function = next(known.function for known in ROUTES if known.rule.key == route)
    event = http_event(route, named, body, claimed=claimed, school_id=school_id)
    answer = HANDLERS[function].lambda_handler(event, LambdaContext())
    return Answer(answer["statusCode"], json_of(answer), answer["headers"])


def book(event_id: str, school_id: str = OLD) -> Answer:
    body = {"event_id": event_id, "items": [{"pupil_id": "pupil-1"}]}
    return ask(f"POST {PATH}/bookings", school_id, body=body)


def children() -> dict[str, list[tuple[str, str]]]:
    """The parent's children in each school, as id and state."""
    memberships = ask("GET /v1/me").body["memberships"]
    return {one["school_id"]: [(child["id"], child["state"]) for child in one["children"]] for one in memberships}


@pytest.fixture(autouse=True)
def _now(tables: None) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_who_changes_school_is_a_leaver_there_and_a_pupil_here_and_takes_nothing_along() -> None:
    a_school(OLD, pupil_told(), link_told())
    a_school(NEW)
    before = an_event(OLD, "pupil-1")
    booking = book(before).body["booking_ids"][0]
    say(left(on="2026-11-22"), of(NEW, pupil_told(registration_group="9Z")), of(NEW, link_told()))
    assert children() == {OLD: [("pupil-1", "left")], NEW: [("pupil-1", "current")]}
    assert [one["id"] for one in ask(f"GET {PATH}/me/bookings").body["items"]] == [booking]
    assert ask(f"GET {PATH}/me/bookings", NEW).body["items"] == []
    assert ask(f"GET {PATH}/bookings/{{booking_id}}", NEW, booking_id=booking).status == 404
    assert book(an_event(NEW, "pupil-1"), NEW).status == 201
    assert book(before, NEW).status == 404
    after = an_event(OLD)
    assert ask(f"GET {PATH}/events/{{event_id}}", NEW, claimed=ADMINS, event_id=after).status == 404
    found = ask(f"GET {PATH}/pupils/{{pupil_id}}", NEW, claimed=ADMINS, pupil_id="pupil-1").body
    assert (found["state"], found["registration_group"]) == ("current", "9Z")


def test_who_has_left_is_invited_and_booked_no_more_and_what_was_can_still_be_read() -> None:
    a_school(OLD, pupil_told(), link_told())
    booked, unbooked = an_event(OLD, "pupil-1"), an_event(OLD, "pupil-1")
    booking = book(booked).body["booking_ids"][0]
    say(left())
    assert book(unbooked).status == 404
    body = {"audience": {"year_groups": ["8"]}}
    later = ask(f"POST {PATH}/events/{{event_id}}/invitations", claimed=ADMINS, body=body, event_id=an_event(OLD))
    assert later.body["matched"] == 0
    shown = ask(f"GET {PATH}/bookings/{{booking_id}}", booking_id=booking)
    assert (shown.status, shown.body["state"]) == (200, "confirmed")


@pytest.mark.parametrize("gone", [True, False], ids=["removed there", "only cut there"])
def test_what_ends_in_one_school_ends_in_that_school_alone(gone: bool) -> None:
    a_school(OLD, pupil_told(), link_told())
    a_school(NEW, pupil_told("pupil-2"), link_told("contact-1", "pupil-2"))
    assert children() == {OLD: [("pupil-1", "current")], NEW: [("pupil-2", "current")]}
    contact_gone = portal_message("ContactRemoved", {"contact_id": "contact-1"}, version=2)
    say(contact_gone if gone else link_told(restricted=True, version=2))
    assert children() == ({} if gone else {OLD: []}) | {NEW: [("pupil-2", "current")]}


def test_siblings_in_two_schools_stand_under_their_schools_and_are_not_mixed() -> None:
    a_school(OLD, pupil_told("pupil-1", "Ada"), link_told())
    a_school(NEW, pupil_told("pupil-1", "Bea"), link_told())
    mine = ask("GET /v1/me").body["memberships"]
    assert [(one["school_id"], one["children"][0]["first_name"]) for one in mine] == [(OLD, "Ada"), (NEW, "Bea")]
    for school_id in (OLD, NEW):
        assert book(an_event(school_id, "pupil-1"), school_id).status == 201
        (booking,) = ask(f"GET {PATH}/me/bookings", school_id).body["items"]
        assert booking["event"]["title"] == f"Trip of {school_id}"
    only_new = claims((NEW, "contact-1", ["parent"]))
    assert ask(f"GET {PATH}/me/bookings", OLD, claimed=only_new).status == 404


BACK = (pupil_told(), left(2), pupil_told(version=3, year_group="Year 9"))


@pytest.mark.parametrize("order", list(itertools.permutations(BACK)), ids=lambda order: " ".join(m[0] for m in order))
def test_a_leaver_who_comes_back_is_a_pupil_again_whatever_the_order(order: Sequence[PortalMessage]) -> None:
    a_school(OLD, link_told())
    for message in order:
        say(message)
    assert children() == {OLD: [("pupil-1", "current")]}
    assert book(an_event(OLD, "pupil-1")).status == 201
    assert store.find_pupils(OLD, ["pupil-1"])["pupil-1"].year_group == "9"


def test_a_link_before_its_pupil_shows_nothing_until_the_pupil_is_there_and_then_comes_with_the_refresh() -> None:
    a_school(OLD)
    say(link_told())
    assert children() == {OLD: []}
    cursor = ask(f"GET {PATH}/me/sync").body["cursor"]
    say(pupil_told(first_name="Ada"))
    assert children() == {OLD: [("pupil-1", "current")]}
    event = http_event(f"GET {PATH}/me/sync", claimed=BOTH, query={"cursor": cursor})
    changes = json_of(HANDLERS["family"].lambda_handler(event, LambdaContext()))["changes"]
    assert [(one["what"], one["content"]["first_name"]) for one in changes] == [("created", "Ada")]


def test_a_link_before_its_contact_and_its_school_opens_when_all_are_there() -> None:
    say(link_told(), pupil_told())
    assert children() == {}
    a_school(OLD)
    assert children() == {OLD: [("pupil-1", "current")]}


@pytest.mark.parametrize(
    ("moment", "state", "status", "matched"),
    [("2026-11-30T23:59:59Z", "current", 201, 1), ("2026-12-01T00:00:00Z", "left", 404, 0)],
    ids=["on their last day", "the day after"],
)
def test_who_is_about_to_leave_is_a_pupil_to_the_end_of_their_last_day(
    moment: str, state: str, status: int, matched: int
) -> None:
    a_school(OLD, pupil_told(), link_told())
    booked, invited_to = an_event(OLD, "pupil-1"), an_event(OLD)
    say(left(on="2026-11-30"))
    with time_machine.travel(moment, tick=False):
        assert children() == {OLD: [("pupil-1", state)]}
        body = {"audience": {"year_groups": ["8"]}}
        route = f"POST {PATH}/events/{{event_id}}/invitations"
        assert ask(route, claimed=ADMINS, body=body, event_id=invited_to).body["matched"] == matched
        assert book(booked).status == status
