"""Nobody's change of an event is lost."""

import pytest

from school_events.bookings.capacity.service import follow
from school_events.core.change import stamp
from school_events.core.errors import StaleVersion
from school_events.events import service, store
from school_events.events.api import EventChanges
from tests.support.contexts import SCHOOL, a_context
from tests.unit.events.things import a_trip

pytestmark = pytest.mark.usefixtures("tables")


def _keep_a_draft() -> None:
    store.event_item(SCHOOL, a_trip("draft"), stamp(a_context(), "event.created")).save()


def test_a_change_that_lost_against_another_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _keep_a_draft()
    read = store.find_event(SCHOOL, "event_1")
    service.change(a_context(), "event_1", 1, EventChanges(title="Zoo"), follow)
    monkeypatch.setattr(store, "find_event", lambda *_: read)
    with pytest.raises(StaleVersion):
        service.change(a_context(), "event_1", 1, EventChanges(title="Aquarium"), follow)
    monkeypatch.undo()
    assert store.find_event(SCHOOL, "event_1").title == "Zoo"


def test_asking_for_no_change_changes_nothing() -> None:
    _keep_a_draft()
    assert service.change(a_context(), "event_1", 1, EventChanges(), follow).version == 1
