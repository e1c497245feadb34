"""Documents confirmed, removed and cleared away in the same moment: one wins, and no file outlives its document."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from school_events.events.documents import gateway, service, store
from school_events.events.documents.model import DocumentDetails, EventDocument
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
from tests.unit.functions.events.asking import EVENT, a_school_with_a_calendar, call, made, published, version_of


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


def test_what_was_asked_for_before_an_event_ended_is_not_kept_after_it() -> None:
    event_id = published()
    document = asked(event_id)
    send(document["upload"])
    assert call(f"POST {EVENT}/cancel", event_id)["statusCode"] == 200
    assert ask(CONFIRM, event_id, document["document"]["id"])["status"] == 409


def test_what_is_asked_for_in_the_moment_its_draft_is_deleted_is_cleared_away(monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = made()
    late = []
    with monkeypatch.context() as racing:

        def before_it_is_asked_for(school_id: str, event_id: str) -> tuple[EventDocument, ...]:
            racing.undo()
            found = store.documents_of(school_id, event_id)
            late.append(asked(event_id))
            return found

        racing.setattr(store, "documents_of", before_it_is_asked_for)
        assert call(f"DELETE {EVENT}", event_id, headers=version_of(event_id))["statusCode"] == 200
    send(late[0]["upload"])
    assert ask(CONFIRM, event_id, late[0]["document"]["id"])["status"] == 404
    assert clear_up(timedelta(hours=1, minutes=2)) == 1
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
