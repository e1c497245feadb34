"""The moves of an event break off anywhere and finish when asked again; who is late changes nothing."""

from datetime import timedelta
from typing import Any

import pytest

from school_events.bookings.capacity.service import follow
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.errors import NotFound, StaleVersion, WrongState
from school_events.events import lifecycle, service, store
from school_events.events.api import EventChanges
from school_events.events.model import EventStatus, SchoolEvent, Session
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.unit.events.things import a_trip

pytestmark = pytest.mark.usefixtures("tables")


class Broken(Exception):
    """The function was killed here."""


def _broken(_ctx: Context, _event: SchoolEvent) -> None:
    raise Broken


class Places:
    """Remembers for which events places were made or closed."""

    def __init__(self) -> None:
        self.asked: list[SchoolEvent] = []

    def __call__(self, _ctx: Context, event: SchoolEvent) -> None:
        self.asked.append(event)


def _keep(status: EventStatus) -> None:
    store.event_item(SCHOOL, a_trip(status), stamp(a_context(), "event.created")).save()


def _status() -> str:
    return store.find_event(SCHOOL, "event_1").status


def test_places_are_made_before_families_can_be_invited() -> None:
    _keep("draft")
    seen: list[str] = []
    lifecycle.publish(a_context(), "event_1", lambda _ctx, event: seen.append(f"{event.status} {_status()}"))
    assert seen == ["publishing publishing"]
    assert _status() == "published"


def test_publishing_that_broke_off_is_finished_by_publishing_again() -> None:
    _keep("draft")
    with pytest.raises(Broken):
        lifecycle.publish(a_context(), "event_1", _broken)
    with pytest.raises(WrongState):
        service.change(a_context(), "event_1", 2, EventChanges(title="Zoo"), follow)
    places = Places()
    assert lifecycle.publish(a_context(), "event_1", places).status == "published"
    assert [event.id for event in places.asked] == ["event_1"]


def test_two_who_publish_at_once_publish_it_once() -> None:
    _keep("draft")

    def other_is_faster(ctx: Context, _event: SchoolEvent) -> None:
        lifecycle.publish(ctx, "event_1", Places())

    answer = lifecycle.publish(a_context(), "event_1", other_is_faster)
    assert (answer.status, answer.version) == ("published", 3)


def test_closing_that_broke_off_is_due_and_finished_from_there() -> None:
    _keep("published")
    with pytest.raises(Broken):
        lifecycle.close(a_context(), "event_1", _broken)
    assert _status() == "closed"
    later = NOW + timedelta(minutes=2)
    ((school_id, event),) = store.due_events(store.CLOSE_PLACES, later)
    places = Places()
    lifecycle.finish_closing(a_context(school_id, now=later), event, places)
    assert [one.status for one in places.asked] == ["closed"]
    assert not list(store.due_events(store.CLOSE_PLACES, later))


def test_closing_again_finishes_what_broke_off() -> None:
    _keep("published")
    with pytest.raises(Broken):
        lifecycle.close(a_context(), "event_1", _broken)
    lifecycle.close(a_context(), "event_1", Places())
    assert not list(store.due_events(store.CLOSE_PLACES, NOW + timedelta(minutes=2)))


@pytest.mark.parametrize("status", ["publishing", "published", "closed"])
def test_cancelling_shuts_the_places_and_makes_the_bookings_due_at_once(status: EventStatus) -> None:
    _keep(status)
    places = Places()
    assert lifecycle.cancel(a_context(), "event_1", places).status == "cancelled"
    assert [one.status for one in places.asked] == ["cancelled"]
    assert [event.id for _, event in store.due_events(store.CALL_OFF, NOW)] == ["event_1"]


def test_cancelling_that_broke_off_is_cancelled_and_due() -> None:
    _keep("published")
    with pytest.raises(Broken):
        lifecycle.cancel(a_context(), "event_1", _broken)
    assert _status() == "cancelled"
    assert [event.id for _, event in store.due_events(store.CALL_OFF, NOW)] == ["event_1"]


def test_cancelling_again_changes_nothing() -> None:
    _keep("published")
    first = lifecycle.cancel(a_context(), "event_1", Places())
    store.has_followed_up(a_context(), store.find_event(SCHOOL, "event_1"))
    assert lifecycle.cancel(a_context(), "event_1", Places()) == first
    assert not list(store.due_events(store.CALL_OFF, NOW))


def test_what_was_to_be_closed_is_called_off_once_it_is_cancelled() -> None:
    _keep("published")
    with pytest.raises(Broken):
        lifecycle.close(a_context(), "event_1", _broken)
    closed = store.find_event(SCHOOL, "event_1")
    lifecycle.cancel(a_context(), "event_1", Places())
    lifecycle.finish_closing(a_context(), closed, Places())
    assert [event.id for _, event in store.due_events(store.CALL_OFF, NOW)] == ["event_1"]
    assert not list(store.due_events(store.CLOSE_PLACES, NOW + timedelta(minutes=2)))


def test_an_event_that_is_cancelled_while_it_is_published_stays_cancelled() -> None:
    _keep("draft")

    def other_cancels(ctx: Context, event: SchoolEvent) -> None:
        lifecycle.cancel(ctx, event.id, Places())

    assert lifecycle.publish(a_context(), "event_1", other_cancels).status == "cancelled"


@pytest.mark.parametrize(("first", "second"), [("complete", "cancel"), ("cancel", "complete")])
def test_of_cancelling_and_completing_at_once_one_wins(
    first: str, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keep("published")
    over = a_context(now=NOW + timedelta(days=30))
    moves = {
        "complete": lambda: lifecycle.complete(over, "event_1"),
        "cancel": lambda: lifecycle.cancel(over, "event_1", Places()),
    }
    move = store.move

    def other_is_faster(*args: Any, **others: Any) -> None:
        monkeypatch.setattr(store, "move", move)
        moves[first]()
        move(*args, **others)

    monkeypatch.setattr(store, "move", other_is_faster)
    with pytest.raises(WrongState):
        moves[second]()
    assert _status() == {"complete": "completed", "cancel": "cancelled"}[first]


def test_what_is_not_over_is_not_completed() -> None:
    _keep("closed")
    end = NOW + timedelta(days=3)
    store.session_item(SCHOOL, "event_1", Session(id="session_001", starts_at=NOW, ends_at=end)).save()
    with pytest.raises(WrongState):
        lifecycle.complete(a_context(now=end - timedelta(seconds=1)), "event_1")
    assert lifecycle.complete(a_context(now=end), "event_1").status == "completed"
    assert lifecycle.complete(a_context(now=end), "event_1").version == 2


def test_a_draft_that_was_published_meanwhile_is_not_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    _keep("draft")
    update = store.update

    def published_just_after(*args: Any) -> None:
        update(*args)
        monkeypatch.setattr(
            store, "delete", lambda *_: (lifecycle.publish(a_context(), "event_1", Places()), delete(*_))
        )

    delete = store.delete
    monkeypatch.setattr(store, "update", published_just_after)
    with pytest.raises(StaleVersion):
        lifecycle.remove(a_context(), "event_1", 1)
    assert _status() == "published"


def test_deleting_that_broke_off_is_finished_by_deleting_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _keep("draft")
    with monkeypatch.context() as patch:
        patch.setattr(store, "delete", _broken)
        with pytest.raises(Broken):
            lifecycle.remove(a_context(), "event_1", 1)
    assert not lifecycle.remove(a_context(), "event_1", 2)
    with pytest.raises(NotFound):
        store.find_event(SCHOOL, "event_1")
