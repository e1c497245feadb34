"""An invitation is noted as seen when a family first looks at it, and the school sees how many were (C1, C2)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError
from pynamodb.exceptions import UpdateError

from functions.events.handler import lambda_handler as events
from functions.family.handler import lambda_handler as family
from functions.invitations.handler import lambda_handler as invitations
from school_events.events.model import SchoolEvent
from school_events.invitations import store
from school_events.invitations.store import InvitationItem
from tests.support import booked_world as world
from tests.support.contexts import NOW
from tests.support.contexts import SCHOOL as SCHOOL_ID
from tests.support.crashes import Calls, watched
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import link_told, tell
from tests.support.tables import rows

SCHOOL = "/v1/schools/{school_id}"
MINE = f"GET {SCHOOL}/me/invitations"


@pytest.fixture(autouse=True)
def trip(tables: None) -> Iterator[SchoolEvent]:
    """A trip that four children of three families are invited to."""
    world.a_school_with_families()
    event = world.an_event(price=0)
    with time_machine.travel(NOW, tick=False):
        yield event


def look(contact: str = "contact-1", route: str = MINE, **parameters: str) -> dict[str, Any]:
    answer: dict[str, Any] = (family if route == MINE else events)(
        http_event(route, parameters, roles=("parent",), person=contact), LambdaContext()
    )
    return answer


def seen_at() -> dict[str, str]:
    """When invitations were seen, by pupil."""
    found = [row for row in rows("Events") if row["kind"]["S"] == "invitation" and "seen_at" in row]
    return {row["pk"]["S"].rsplit("#", 1)[1]: row["seen_at"]["S"] for row in found}


def listed(event: SchoolEvent) -> Any:
    return json_of(invitations(http_event(f"GET {SCHOOL}/events/{{event_id}}/invitations", {"event_id": event.id}),
                               LambdaContext()))  # fmt: skip


def test_looking_at_ones_invitations_notes_them_as_seen_once(trip: SchoolEvent) -> None:
    look()
    assert seen_at() == dict.fromkeys(("pupil-1", "pupil-2"), "2026-11-23T09:00:00.000Z")
    before = rows("Events")
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        look()
        look("contact-2")
    assert rows("Events") == before


def test_looking_again_writes_nothing() -> None:
    look()
    with watched(Calls()) as asked:
        look()
    assert set(asked.names) <= {"GetItem", "BatchGetItem", "Query"}


def test_opening_the_event_notes_the_invitations_of_ones_own_children(trip: SchoolEvent) -> None:
    assert look("contact-3", f"GET {SCHOOL}/events/{{event_id}}", event_id=trip.id)["statusCode"] == 200
    assert list(seen_at()) == ["pupil-3"]


def test_who_works_for_the_school_and_who_may_not_look_notes_nothing(trip: SchoolEvent) -> None:
    route = f"GET {SCHOOL}/events/{{event_id}}"
    for roles, person in ((("school_admin",), "staff-admin"), (("staff",), "staff-1")):
        asked = http_event(route, {"event_id": trip.id}, roles=roles, person=person)
        assert events(asked, LambdaContext())["statusCode"] == 200
    tell(link_told("contact-3", "pupil-3", restricted=True, version=2))
    assert look("contact-3", route, event_id=trip.id)["statusCode"] == 404
    look("contact-3")
    assert seen_at() == {}


def test_the_school_sees_how_many_and_which_and_families_do_not(trip: SchoolEvent) -> None:
    assert listed(trip)["counts"] == {"invited": 4, "seen": 0, "booked": 0, "declined": 0, "no_answer": 4}
    answer = look()
    assert "seen" not in str(answer["body"])
    shown = listed(trip)
    assert shown["counts"] == {"invited": 4, "seen": 2, "booked": 0, "declined": 0, "no_answer": 4}
    assert [one["pupil_id"] for one in shown["items"] if one["seen"]] == ["pupil-1", "pupil-2"]


def test_a_family_is_answered_though_dynamodb_is_too_busy_to_note_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise UpdateError("busy", ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem"))

    with monkeypatch.context() as patch:
        patch.setattr(InvitationItem, "update", busy)
        assert len(json_of(look())["items"]) == 2
    assert seen_at() == {}
    look()
    assert len(seen_at()) == 2


def test_of_two_parents_who_look_at_once_the_first_counts(trip: SchoolEvent) -> None:
    unseen = store.find_invitation(SCHOOL_ID, trip.id, "pupil-1")
    store.note_seen(world.as_parent(1), unseen)
    store.note_seen(world.as_parent(2, NOW + timedelta(seconds=1)), unseen)
    assert seen_at() == {"pupil-1": "2026-11-23T09:00:00.000Z"}


def test_an_invitation_that_is_gone_does_not_come_back_by_being_seen(trip: SchoolEvent) -> None:
    unseen = store.find_invitation(SCHOOL_ID, trip.id, "pupil-1")
    store.delete_unchanged(next(store.items_of_pupil(SCHOOL_ID, "pupil-1")))
    before = rows("Events")
    store.note_seen(world.as_parent(1), unseen)
    assert rows("Events") == before
