"""Documents confirmed, removed and cleared away in the same moment: one wins, and no file outlives its document."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from school_events.events.documents import gateway, service, store
from school_events.events.documents.model import DocumentDetails
from tests.support.contexts import NOW, SCHOOL
from tests.support.memory import made_once
from tests.support.tables import INDEXES
from tests.unit.functions.event_documents.test_handler import (
    CONFIRM,
    FETCH,
    REMOVE,
    added,
    ask,
    asked,
    clear_up,
    send,
    stored,
)
from tests.unit.functions.events.asking import EVENT, a_school_with_a_calendar, call, made, version_of


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    made_once(a_school_with_a_calendar, *INDEXES)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.parametrize("how", ["removed", "its draft deleted"])
def test_what_is_removed_while_it_is_looked_at_stays_removed(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    event_id = made()
    document = asked(event_id)
    document_id = document["document"]["id"]
    send(document["upload"])
    keep = gateway.keep

    def late(school_id: str, details: DocumentDetails, content: bytes) -> None:
        if how == "removed":
            assert ask(REMOVE, event_id, document_id)["status"] == 200
        else:
            assert call(f"DELETE {EVENT}", event_id, headers=version_of(event_id))["statusCode"] == 200
        keep(school_id, details, content)

    with monkeypatch.context() as slow:
        slow.setattr(gateway, "keep", late)
        assert ask(CONFIRM, event_id, document_id)["status"] == 404
    assert ask(FETCH, event_id, document_id)["status"] == 404
    assert clear_up(timedelta(minutes=2)) == 1
    assert stored() == []


def test_an_index_that_is_late_costs_nobody_a_document() -> None:
    """Housekeeping still sees as waiting what has been confirmed meanwhile."""
    event_id = made()
    waiting = store.find_document(SCHOOL, event_id, asked(event_id)["document"]["id"])
    document_id = added(event_id)
    before = stored()
    still = waiting.model_copy(update={"id": document_id})
    service.clear_away(SCHOOL, still)
    assert stored() == before
    assert ask(FETCH, event_id, document_id)["status"] == 303
