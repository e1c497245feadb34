"""Whom an event concerned hears once that it is cancelled; that it is closed or over, they see (B2, F1, F3)."""

import json
from collections import Counter
from datetime import timedelta

import pytest
import time_machine

from functions.event_lifecycle.handler import lambda_handler as event_lifecycle
from functions.housekeeping.handler import lambda_handler
from functions.notifications.handler import lambda_handler as notifications
from functions.outbox.handler import lambda_handler as outbox
from school_events.bookings import cancelling, news
from school_events.events.model import SchoolEvent
from school_events.events.news.store import due_news
from school_events.invitations import service as invitations
from school_events.invitations.model import invitation_id
from tests.support import booked_world as world
from tests.support.contexts import NOW
from tests.support.http_events import LambdaContext, http_event, sqs_event
from tests.support.shop import Shop
from tests.support.streams import row_record, stream_event
from tests.support.sweeping import housekept_until
from tests.support.tables import messages, rows
from tests.unit.functions.family.test_sync import App

SOON = NOW + timedelta(minutes=1)
EVENT = "/v1/schools/{school_id}/events/{event_id}"


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip: ``pupil-1`` has a place, ``pupil-2`` of the same family and ``pupil-4`` none, ``pupil-3`` declined."""
    world.a_school_with_families()
    housekept_until(NOW)
    event = world.an_event(price=0)
    world.book(event, "pupil-1")
    invitations.decline(world.as_parent(3), invitation_id(event.id, "pupil-3"))
    return event


def _do(event: SchoolEvent, action: str) -> None:
    with time_machine.travel(NOW, tick=False):
        asked = http_event(f"POST {EVENT}/{action}", {"event_id": event.id})
        assert event_lifecycle(asked, LambdaContext())["statusCode"] == 200


def _follow() -> None:
    """A minute later: housekeeping, then the outbox over all bookings, then the notifier."""
    with time_machine.travel(SOON, tick=False):
        lambda_handler({}, LambdaContext(remaining_ms=55_000))
        bookings = [row_record(row) for row in rows("Bookings") if row["kind"]["S"] == "booking"]
        assert outbox(stream_event(*bookings), LambdaContext()) == {"batchItemFailures": []}
        queued = messages("notifications")
        assert notifications(sqs_event(*queued), LambdaContext()) == {"batchItemFailures": []}


def _told() -> Counter[tuple[str, str, str]]:
    """Who has how many entries of which kind about what."""
    entries = [row for row in rows("Inbox") if row["kind"]["S"] == "inbox_entry"]
    records = [(row["pk"]["S"].rpartition("#")[2], json.loads(row["record"]["S"])) for row in entries]
    return Counter((contact, one["kind"], one["pupil_id"]) for contact, one in records)


def test_everybody_a_cancelled_event_concerned_is_told_once_of_each_child(trip: SchoolEvent) -> None:
    _do(trip, "cancel")
    _follow()
    told = {
        *((contact, "cancelled", "pupil-1") for contact in ("contact-1", "contact-2")),
        *((contact, "cancelled", "pupil-2") for contact in ("contact-1", "contact-2")),
        ("contact-4", "cancelled", "pupil-4"),
    }
    assert _told() == dict.fromkeys(told, 1)


def test_cancelling_again_and_another_run_tell_nobody_again(trip: SchoolEvent) -> None:
    _do(trip, "cancel")
    _follow()
    before = _told()
    _do(trip, "cancel")
    _follow()
    assert _told() == before


def test_whose_booking_ended_before_the_event_was_cancelled_is_told_like_who_never_booked(trip: SchoolEvent) -> None:
    booked = world.book(trip, "pupil-4", parent=4, now=NOW - timedelta(minutes=5))
    cancelling.cancel(world.as_parent(4, NOW - timedelta(minutes=4)), world.booking_of(booked))
    _do(trip, "cancel")
    news.tell(next(due_news(SOON)), lambda: True)
    assert "pupil-4" in {one["pupil_id"] for one in messages("notifications")}


@pytest.mark.parametrize("state", ["cancelled", "closed"])
def test_a_refresh_shows_everybody_how_the_event_stands(trip: SchoolEvent, state: str) -> None:
    apps = {number: App(f"contact-{number}") for number in (1, 3, 4)}
    with time_machine.travel(NOW, tick=False):
        for app in apps.values():
            app.refresh()
    _do(trip, "cancel" if state == "cancelled" else "close")
    _follow()
    with time_machine.travel(SOON, tick=False):
        for number, app in apps.items():
            assert ("invitation", "changed", invitation_id(trip.id, f"pupil-{number}")) in app.refresh()
            shown = app.things["invitation", invitation_id(trip.id, f"pupil-{number}")]
            assert shown["event"]["status"] == state


def test_nobody_is_told_that_an_event_is_closed(trip: SchoolEvent) -> None:
    _do(trip, "close")
    before = _told()
    _follow()
    assert _told() - before == {("contact-1", "booked", "pupil-1"): 1, ("contact-2", "booked", "pupil-1"): 1}


def test_who_declined_sees_a_change_and_is_not_told(trip: SchoolEvent) -> None:
    _do(trip, "cancel")
    _follow()
    assert not [contact for contact, _, _ in _told() if contact == "contact-3"]
