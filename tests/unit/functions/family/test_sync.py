"""A refresh gives exactly what is new of the caller's own, as it is now, and reads its own writes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from functions.family import handler
from functions.outbox.handler import lambda_handler as outbox
from school_events.bookings import cancelling, news
from school_events.bookings.capacity.service import follow
from school_events.core import cursors
from school_events.core.consequences import Telling
from school_events.events.api import EventChanges
from school_events.events.model import SchoolEvent
from school_events.events.news.store import due_news
from school_events.events.service import change
from school_events.events.store import find_event
from school_events.invitations import service as invitations
from school_events.notifications.service import deliver
from tests.support import booked_world as world
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, watched
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import link_removed, link_told, pupil_told, tell
from tests.support.streams import row_record, stream_event
from tests.support.tables import STREAMED, messages, rows

SYNC = "GET /v1/schools/{school_id}/me/sync"


class App:
    """An app that keeps what it is told, as the API's description says."""

    def __init__(self, person: str = "contact-1") -> None:
        self.person = person
        self.cursor: str | None = None
        self.things: dict[tuple[str, str], Any] = {}

    def refresh(self) -> list[tuple[str, str, str]]:
        """What came, as (thing, what, id)."""
        came: list[tuple[str, str, str]] = []
        more = True
        while more:
            answer = self.ask(self.cursor)
            self._keep(answer)
            came += [(one["thing"], one["what"], one["id"]) for one in answer["changes"]]
            self.cursor, more = answer["cursor"], answer["more"]
        return came

    def ask(self, cursor: str | None, status: int = 200) -> Any:
        """One answer."""
        query = {"cursor": cursor} if cursor else None
        event = http_event(SYNC, roles=("parent",), person=self.person, query=query)
        answer = handler.lambda_handler(event, LambdaContext())
        assert answer["statusCode"] == status, answer
        return json_of(answer)

    def state_of(self, thing: str) -> list[str]:
        """The states of the things of a kind."""
        return [str(one["state"]) for (kind, _), one in sorted(self.things.items()) if kind == thing]

    def _keep(self, answer: Any) -> None:
        if answer["start_over"]:
            self.things.clear()
        for one in answer["changes"]:
            name = (one["thing"], one["id"])
            if one["what"] != "removed":
                self.things[name] = one["content"]
                continue
            self.things.pop(name, None)
            if one["thing"] == "child":
                self.things = {key: kept for key, kept in self.things.items() if kept.get("pupil_id") != one["id"]}


@pytest.fixture(autouse=True)
def clocks() -> Iterator[time_machine.Traveller]:
    """The function's clock stands where the tests' moments are, so that rows and refreshes meet in one instant."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def event(tables: None) -> SchoolEvent:
    """A trip at £12.50 to which pupils 1 and 2 are invited."""
    world.a_school_with_families()
    return world.an_event(invited=("pupil-1", "pupil-2"))


def deliver_everything() -> None:
    """What the outbox and the notifications function do about everything written so far."""
    records = [row_record(row) for table in sorted(STREAMED) for row in rows(table)]
    assert outbox(stream_event(*records), LambdaContext()) == {"batchItemFailures": []}
    for body in messages("notifications"):
        deliver(world.as_system(), Telling.model_validate(body))


def test_a_first_refresh_gives_everything_there_is(event: SchoolEvent) -> None:
    booked = world.book(event, "pupil-1")
    deliver_everything()
    app = App()
    came = app.refresh()
    assert {what for _, what, _ in came} == {"created"}
    kinds = [thing for thing, _, _ in came]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "booking": 1, "child": 2, "inbox_entry": 2, "invitation": 2, "payment": 1
    }  # fmt: skip
    assert ("payment", "created", booked.payment_id) in came


def test_nothing_new_is_nothing_at_the_price_of_one_read(event: SchoolEvent) -> None:
    app = App()
    app.refresh()
    with watched(Calls()) as asked:
        assert app.refresh() == []
    assert asked.names == ["Query"]


def test_a_booking_is_in_the_very_next_refresh_with_its_payment_and_its_place(event: SchoolEvent) -> None:
    app = App()
    app.refresh()
    booked = world.book(event, "pupil-1")
    assert sorted(app.refresh()) == [
        ("booking", "created", booked.booking_ids[0]),
        ("invitation", "changed", f"{event.id}~pupil-1"),
        ("payment", "created", booked.payment_id),
    ]
    assert app.things["invitation", f"{event.id}~pupil-1"]["place"] == "held"
    assert app.refresh() == []


def test_a_write_that_commits_after_a_refresh_though_stamped_before_it_is_in_the_next(
    event: SchoolEvent, clocks: time_machine.Traveller
) -> None:
    clocks.shift(timedelta(seconds=25))
    app = App()
    app.refresh()
    booked = world.book(event, "pupil-1", now=NOW)
    clocks.shift(timedelta(seconds=1))
    assert ("booking", "created", booked.booking_ids[0]) in app.refresh()
    clocks.shift(timedelta(seconds=1))
    assert app.refresh() == []
    clocks.shift(timedelta(minutes=5))
    assert app.refresh() == []


def test_what_changed_twice_comes_once_as_it_is_now(event: SchoolEvent) -> None:
    free = world.an_event(price=0, invited=("pupil-1",))
    app = App()
    app.refresh()
    booked = world.book(free, "pupil-1")
    cancelling.cancel(world.as_parent(), world.booking_of(booked))
    came = app.refresh()
    assert came.count(("booking", "created", booked.booking_ids[0])) == 1
    assert app.state_of("booking") == ["cancelled"]


def test_the_other_parent_learns_of_a_booking_with_the_notification_and_sees_its_state_only(
    event: SchoolEvent,
) -> None:
    free = world.an_event(price=0, invited=("pupil-1",))
    father = App("contact-2")
    father.refresh()
    booked = world.book(free, "pupil-1")
    assert father.refresh() == []
    deliver_everything()
    came = father.refresh()
    assert ("booking", "changed", booked.booking_ids[0]) in came
    shown = father.things["booking", booked.booking_ids[0]]
    assert (shown["mine"], shown["price"]) == (False, None)
    assert father.things["invitation", f"{free.id}~pupil-1"]["place"] == "booked"


def test_an_invitation_comes_with_its_notification(event: SchoolEvent) -> None:
    deliver_everything()
    app = App()
    app.refresh()
    later = world.an_event(invited=("pupil-2",))
    deliver_everything()
    came = app.refresh()
    assert ("invitation", "created", f"{later.id}~pupil-2") in came
    assert [thing for thing, _, _ in came] == ["inbox_entry", "invitation"]


@pytest.mark.parametrize("asks", [False, True])
def test_a_changed_event_is_changed_for_all_children_of_who_is_told_once(event: SchoolEvent, *, asks: bool) -> None:
    if asks:
        agreed = {"id": "goes", "kind": "consent", "prompt": "May go.", "required": True}
        event = world.an_event(price=0, questions=[agreed], invited=("pupil-1", "pupil-2"))
    for pupil_id in ("pupil-1", "pupil-2"):
        world.book(event, pupil_id, answers={"goes": "yes"} if asks else {})
    app = App()
    app.refresh()
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        change(a_context(), event.id, find_event(SCHOOL, event.id).version, EventChanges(location="Paris"), follow)
        for one in list(due_news(NOW + timedelta(minutes=6))):
            news.tell(one, lambda: True)
        for body in messages("notifications"):
            deliver(world.as_system(NOW + timedelta(minutes=5)), Telling.model_validate(body))
        app.refresh()
    shown = [one for (kind, _), one in app.things.items() if kind == "booking"]
    assert [one["event"]["location"] for one in shown] == ["Paris", "Paris"]
    assert [one["consent_outdated"] for one in shown] == [asks, asks]
    invited = [one for (kind, _), one in app.things.items() if kind == "invitation"]
    assert {one["event"]["location"] for one in invited if one["event"]["id"] == event.id} == {"Paris"}
    # Who has to agree anew is asked for each child by itself: not everybody who agrees for one does for the other.
    assert [kind for kind, _ in app.things].count("inbox_entry") == (2 if asks else 1)


def test_a_declined_invitation_is_changed_for_both_parents(event: SchoolEvent) -> None:
    mother, father = App(), App("contact-2")
    mother.refresh()
    father.refresh()
    invitations.decline(world.as_parent(), f"{event.id}~pupil-1")
    for app in (mother, father):
        assert app.refresh() == [("invitation", "changed", f"{event.id}~pupil-1")]
        assert sorted(app.state_of("invitation")) == ["declined", "invited"]


def test_a_cut_link_takes_the_child_and_all_that_is_the_childs_away(event: SchoolEvent) -> None:
    world.book(event, "pupil-1", "pupil-2")
    deliver_everything()
    app = App()
    app.refresh()
    tell(link_removed("contact-1", "pupil-1"))
    assert app.refresh() == [("child", "removed", "pupil-1")]
    assert {kept.get("pupil_id") for (kind, _), kept in app.things.items() if kind != "payment"} <= {"pupil-2", None}
    assert ("child", "pupil-2") in app.things


def test_rows_of_before_a_cut_link_show_nothing_after_it(event: SchoolEvent) -> None:
    app = App()
    app.refresh()
    booked = world.book(event, "pupil-1")
    tell(link_told("contact-1", "pupil-1", restricted=True, version=2))
    assert ("booking", "removed", booked.booking_ids[0]) in app.refresh()
    assert not [kept for kept in app.things.values() if kept.get("pupil_id") == "pupil-1"]


def test_a_link_that_opens_again_brings_everything_of_the_child_back(event: SchoolEvent) -> None:
    booked = world.book(event, "pupil-1")
    tell(link_told("contact-1", "pupil-1", restricted=True, version=2))
    app = App()
    app.refresh()
    assert ("child", "pupil-1") not in app.things
    tell(link_told("contact-1", "pupil-1", restricted=False, version=3))
    came = app.refresh()
    assert {
        ("child", "created", "pupil-1"),
        ("booking", "created", booked.booking_ids[0]),
        ("invitation", "created", f"{event.id}~pupil-1"),
    } <= set(came)


def test_a_childs_new_class_is_a_change(event: SchoolEvent) -> None:
    app = App()
    app.refresh()
    tell(pupil_told("pupil-1", "Name1", registration_group="8Z", version=2))
    assert app.refresh() == [("child", "changed", "pupil-1")]
    assert app.things["child", "pupil-1"]["registration_group"] == "8Z"


def test_reading_an_entry_on_one_device_is_seen_on_the_other(event: SchoolEvent) -> None:
    deliver_everything()
    phone, tablet = App(), App()
    phone.refresh()
    tablet.refresh()
    entry = next(name for kind, name in phone.things if kind == "inbox_entry")
    route = "POST /v1/schools/{school_id}/me/inbox/read"
    event_ = http_event(route, roles=("parent",), person="contact-1", body={"ids": [entry]})
    handler.lambda_handler(event_, LambdaContext())
    assert ("inbox_entry", "changed", entry) in tablet.refresh()
    assert tablet.things["inbox_entry", entry]["read_at"] is not None


def test_another_familys_changes_are_never_in_it(event: SchoolEvent) -> None:
    other = world.an_event(invited=("pupil-3",))
    stranger = App("contact-4")
    stranger.refresh()
    world.book(other, "pupil-3", parent=3)
    deliver_everything()
    assert stranger.refresh() == []


def test_a_cursor_of_somebody_else_is_refused(event: SchoolEvent) -> None:
    app = App()
    app.refresh()
    refused = App("contact-2").ask(app.cursor, status=422)
    assert [one["field"] for one in refused["errors"]] == ["cursor"]


@pytest.mark.parametrize("cursor", ["x", "not-a-cursor", "é", "A" * 9000])
def test_a_forged_cursor_is_refused(tables: None, cursor: str) -> None:
    App().ask(cursor, status=422)


def test_a_cursor_older_than_the_feed_starts_over(event: SchoolEvent) -> None:
    long_ago = {"s": "2026-01-01T00:00:00.000Z", "m": "", "a": "", "t": "", "n": ""}
    app = App()
    app.things["booking", "forgotten"] = {"state": "pending"}
    app.cursor = cursors.seal(long_ago, f"{SCHOOL}/contact/contact-1/sync")
    app.refresh()
    assert sorted({kind for kind, _ in app.things}) == ["child", "invitation"]
    assert app.refresh() == []


def test_a_member_of_staff_is_given_what_they_work_at_and_nothing_of_families(event: SchoolEvent) -> None:
    answer = handler.lambda_handler(http_event(SYNC, roles=("staff",), person="staff-1"), LambdaContext())
    assert [(one["thing"], one["id"]) for one in json_of(answer)["changes"]] == [("event", event.id)]
