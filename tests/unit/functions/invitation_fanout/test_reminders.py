"""Reminders: to those who have not answered, in the background, at most one a day to a family (C3)."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from functions.invitations.handler import lambda_handler as ask
from functions.notifications.handler import lambda_handler as tell_families
from school_events.core.change import stamp
from school_events.events import store as events
from school_events.events.model import EventStatus
from school_events.invitations import inviting, store
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.http_events import LambdaContext, http_event, json_of, sqs_event
from tests.support.people import a_small_school, link_told, pupil_told, tell
from tests.support.rewind import bookmark_tables
from tests.support.tables import everything, messages, rows
from tests.unit.events.things import a_trip
from tests.unit.functions.invitation_fanout.asking import EVENT, Row, call, deliver, follow_up, invite, listed, of_kind
from tests.unit.reports.things import a_booking

PUPILS = ("pupil-1", "pupil-2", "pupil-3", "pupil-4")
OVER = datetime.fromisoformat("2026-12-01T00:00:00Z")


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    """Four children of one mother, all invited to a trip; booking is open until December."""
    a_small_school()
    tell(*(pupil_told(pupil_id, f"Name{pupil_id[-1]}") for pupil_id in PUPILS[1:]))
    tell(*(link_told("contact-1", pupil_id) for pupil_id in PUPILS[1:]))
    with time_machine.travel(NOW, tick=False):
        an_event("published")
        invite()
        yield


def an_event(status: EventStatus, event_id: str = "event_1") -> None:
    events.event_item(SCHOOL, a_trip(status, event_id), stamp(a_context(), "event.published")).save()


def decline(pupil_id: str) -> None:
    route = "POST /v1/schools/{school_id}/invitations/{invitation_id}/decline"
    parameters = {"invitation_id": f"event_1~{pupil_id}"}
    assert (
        ask(http_event(route, parameters, roles=("parent",), person="contact-1"), LambdaContext())["statusCode"] == 200
    )


def remind(event_id: str = "event_1", **others: Any) -> Any:
    return json_of(call(f"POST {EVENT}/reminders", event_id=event_id, **others))


def asked_for(event_id: str = "event_1") -> Row:
    """A reminder that is asked for; what the worker is handed."""
    remind(event_id)
    return max(follow_up("round"), key=lambda body: body["round_id"])


def reminded() -> list[str]:
    """Whose invitations say that they were reminded."""
    return [row["pk"]["S"].rsplit("#", 1)[1] for row in of_kind("invitation") if "reminded_on" in row]


def told() -> list[Row]:
    """Let the outbox and then the notifier do what is theirs; the reminders in the mother's inbox."""
    follow_up("invitation")
    tellings = messages("notifications")
    assert tell_families(sqs_event(*tellings), LambdaContext()) == {"batchItemFailures": []}
    return [row for row in rows("Inbox") if row["kind"]["S"] == "inbox_entry" and '"reminded"' in row["record"]["S"]]


def test_who_has_neither_booked_nor_declined_is_reminded() -> None:
    decline("pupil-2")
    a_booking("booking_1", pupil_id="pupil-3")
    assert listed()["counts"] == {"invited": 4, "seen": 0, "booked": 1, "declined": 1, "no_answer": 2}
    message = asked_for()
    assert reminded() == []
    assert deliver(message) == {"batchItemFailures": []}
    assert reminded() == ["pupil-1", "pupil-4"]
    (shown,) = listed()["rounds"]
    assert (shown["purpose"], shown["state"], shown["reached"], shown["total"]) == ("remind", "done", 2, 2)


def test_asking_says_how_many_have_not_answered() -> None:
    decline("pupil-2")
    assert remind() == {"event_id": "event_1", "waiting": 3}


def test_who_declines_meanwhile_is_not_reminded_and_keeps_nobody_else_from_it() -> None:
    message = asked_for()
    with pytest.MonkeyPatch.context() as patch:
        known = list(store.invitations_of_event(SCHOOL, "event_1"))
        decline("pupil-2")
        patch.setattr(store, "invitations_of_event", lambda *_: iter(known))
        deliver(message)
    assert reminded() == ["pupil-1", "pupil-3", "pupil-4"]


def test_reminding_again_on_the_same_day_reaches_nobody_and_the_next_day_everybody() -> None:
    deliver(asked_for())
    before = of_kind("invitation")
    deliver(asked_for())
    assert of_kind("invitation") == before
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        deliver(asked_for())
    assert all(row["reminded_on"]["S"] == "2026-11-24" for row in of_kind("invitation"))


def test_a_family_is_told_once_a_day_whatever_it_is_reminded_of() -> None:
    an_event("published", "event_2")
    invite(event_id="event_2")
    deliver(asked_for())
    assert len(told()) == 1
    deliver(asked_for("event_2"))
    assert len(told()) == 1
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        deliver(asked_for())
        assert len(told()) == 2


def test_only_a_published_event_whose_booking_is_not_over_reminds() -> None:
    an_event("closed", "event_2")
    before = everything()
    assert call(f"POST {EVENT}/reminders", event_id="event_2")["statusCode"] == 409
    assert call(f"POST {EVENT}/reminders", event_id="event_9")["statusCode"] == 404
    with time_machine.travel(OVER, tick=False):
        assert call(f"POST {EVENT}/reminders")["statusCode"] == 409
    assert everything() == before


def test_an_event_that_is_closed_meanwhile_reminds_nobody() -> None:
    message = asked_for()
    an_event("closed")
    deliver(message)
    assert (reminded(), listed()["rounds"][0]["state"]) == ([], "stopped")


def test_the_same_request_twice_asks_once() -> None:
    headers = {"Idempotency-Key": "key-1"}
    assert remind(headers=headers) == remind(headers=headers)
    assert len(of_kind("round")) == 1


def test_killed_anywhere_and_delivered_again_every_family_is_reminded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inviting, "AT_ONCE", 2)
    message = asked_for()
    rewind = bookmark_tables()
    with watched(Calls()) as whole:
        deliver(message)
    for point in whole.points():
        rewind()
        with watched(Calls(point)), contextlib.suppress(Killed):
            deliver(message)
        at_first = {row["change"]["S"] for row in of_kind("invitation") if "reminded_on" in row}
        deliver(message)
        assert reminded() == list(PUPILS), point
        assert at_first <= {row["change"]["S"] for row in of_kind("invitation")}, point
        assert listed()["rounds"][0]["reached"] == len(PUPILS), point
