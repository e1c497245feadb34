"""Publishing and closing break off anywhere and finish when asked again; nobody's change is lost."""

from datetime import timedelta

import pytest

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.errors import StaleVersion, WrongState
from school_events.events import service, store
from school_events.events.api import EventChanges
from school_events.events.model import EventStatus, SchoolEvent
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
    service.publish(a_context(), "event_1", lambda _ctx, event: seen.append(f"{event.status} {_status()}"))
    assert seen == ["publishing publishing"]
    assert _status() == "published"


def test_publishing_that_broke_off_is_finished_by_publishing_again() -> None:
    _keep("draft")
    with pytest.raises(Broken):
        service.publish(a_context(), "event_1", _broken)
    with pytest.raises(WrongState):
        service.change(a_context(), "event_1", 2, EventChanges(title="Zoo"))
    places = Places()
    assert service.publish(a_context(), "event_1", places).status == "published"
    assert [event.id for event in places.asked] == ["event_1"]


def test_two_who_publish_at_once_publish_it_once() -> None:
    _keep("draft")

    def other_is_faster(ctx: Context, _event: SchoolEvent) -> None:
        service.publish(ctx, "event_1", Places())

    answer = service.publish(a_context(), "event_1", other_is_faster)
    assert (answer.status, answer.version) == ("published", 3)


def test_a_change_that_lost_against_another_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _keep("draft")
    read = store.find_event(SCHOOL, "event_1")
    service.change(a_context(), "event_1", 1, EventChanges(title="Zoo"))
    monkeypatch.setattr(store, "find_event", lambda *_: read)
    with pytest.raises(StaleVersion):
        service.change(a_context(), "event_1", 1, EventChanges(title="Aquarium"))
    monkeypatch.undo()
    assert store.find_event(SCHOOL, "event_1").title == "Zoo"


def test_asking_for_no_change_changes_nothing() -> None:
    _keep("draft")
    assert service.change(a_context(), "event_1", 1, EventChanges()).version == 1


def test_closing_that_broke_off_is_due_and_finished_from_there() -> None:
    _keep("published")
    with pytest.raises(Broken):
        service.close(a_context(), "event_1", _broken)
    assert _status() == "closed"
    later = NOW + timedelta(minutes=2)
    ((school_id, event),) = store.due_closings(later)
    places = Places()
    service.finish_closing(a_context(school_id, now=later), event, places)
    assert [one.status for one in places.asked] == ["closed"]
    assert not list(store.due_closings(later))


def test_closing_again_finishes_what_broke_off() -> None:
    _keep("published")
    with pytest.raises(Broken):
        service.close(a_context(), "event_1", _broken)
    service.close(a_context(), "event_1", Places())
    assert not list(store.due_closings(NOW + timedelta(minutes=2)))
