"""Who came stays countable when a child is forgotten; whose it was, and who took the child away, is gone (H2)."""

from datetime import UTC, datetime

import pytest

from school_events.bookings import store as bookings
from school_events.bookings.registers import forgetting, service, store
from school_events.bookings.registers.api import RegisterMarks
from school_events.bookings.registers.model import RegisterEntry
from school_events.events.model import SchoolEvent
from school_events.events.store import sessions_of
from tests.support.contexts import SCHOOL, TEACHER, a_context
from tests.support.people import tell
from tests.support.tables import everything, rows
from tests.unit.privacy.leaving import (
    FORGOTTEN_AT,
    SECRETS,
    a_past,
    contact_removed,
    let_expire,
    look_at,
    naming,
    pupil_left,
    tell_families,
)

ON_THE_DAY = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _tables(tables: None) -> None:
    """Empty tables for each of these."""


def _a_day() -> SchoolEvent:
    """``pupil-3`` was absent, came, and was taken away by their mother; ``pupil-1`` by their father."""
    event, _ = a_past()
    (session,) = sessions_of(SCHOOL, event.id)
    at = ON_THE_DAY.isoformat()
    marks = [
        {"id": "Xanthippe-1", "pupil_id": "pupil-3", "state": "absent", "at": at},
        {"id": "m2", "pupil_id": "pupil-3", "state": "late", "at": at, "replaces": "Xanthippe-1"},
        {"id": "m3", "pupil_id": "pupil-3", "state": "collected", "at": at, "collected_by": "contact-3"},
        {"id": "m4", "pupil_id": "pupil-1", "state": "collected", "at": at, "collected_by": "contact-2"},
    ]
    asked = RegisterMarks.model_validate({"marks": marks})
    service.mark(a_context(actor=TEACHER, now=ON_THE_DAY), event.id, session.id, asked)
    tell_families()
    return event


def _forget(pupil_id: str) -> None:
    tell(pupil_left(pupil_id))
    look_at("pupil", pupil_id)
    let_expire(FORGOTTEN_AT, "Idempotency")


def _registers(event: SchoolEvent) -> list[list[str]]:
    """What was said of each child, whoever it is."""
    found = (store.entries_of_booking(SCHOOL, one.id) for one in bookings.bookings_of_event(SCHOOL, event.id))
    return sorted([mark.state for mark in entry.marks] for entries in found for entry in entries)


def test_nothing_of_a_register_names_who_is_forgotten_and_what_was_said_stays() -> None:
    event = _a_day()
    said = _registers(event)
    _forget("pupil-3")
    named = naming(everything(), ("pupil-3", "contact-3", *SECRETS))
    assert {table for table, _, _ in named} == {"People"}
    assert said == _registers(event) == [["absent", "late", "collected"], ["collected"]]
    forgotten = next(entry for entry in _entries(event) if len(entry.marks) == 3)
    assert [one.id for one in forgotten.marks] == ["mark_1", "mark_2", "mark_3"]
    assert [one.replaces for one in forgotten.marks] == [None, "mark_1", None]
    assert (forgotten.marks[2].collected_by or "").startswith("nobody_")
    assert {one.marked_by for one in forgotten.marks} == {"staff-1"}


def _entries(event: SchoolEvent) -> list[RegisterEntry]:
    return [
        entry
        for one in bookings.bookings_of_event(SCHOOL, event.id)
        for entry in store.entries_of_booking(SCHOOL, one.id)
    ]


def test_a_forgotten_contact_took_nobody_away_and_the_child_stays_on_the_register() -> None:
    event = _a_day()
    tell(contact_removed("contact-2"))
    look_at("contact", "contact-2")
    assert not [row for row in rows("Bookings") if "contact-2" in str(row)]
    entry = next(one for one in _entries(event) if one.pupil_id == "pupil-1")
    assert (entry.marks[0].state, (entry.marks[0].collected_by or "")[:7]) == ("collected", "nobody_")


def test_who_tried_to_take_away_a_child_they_never_had_to_do_with_is_not_kept() -> None:
    event = _a_day()
    (session,) = sessions_of(SCHOOL, event.id)
    mark = {"id": "m5", "pupil_id": "pupil-3", "state": "collected", "collected_by": "contact-2"}
    asked = RegisterMarks.model_validate({"marks": [mark | {"at": ON_THE_DAY.isoformat()}]})
    for _ in range(2):
        marked = service.mark(a_context(actor=TEACHER, now=ON_THE_DAY), event.id, session.id, asked)
        assert [one.outcome for one in marked.results] == ["may_not_collect"]
    tell(contact_removed("contact-2"))
    look_at("contact", "contact-2")
    assert not [row for row in rows("Bookings") if "contact-2" in str(row)]


def test_a_device_that_names_who_is_forgotten_already_leaves_nothing_of_them() -> None:
    event = _a_day()
    tell(contact_removed("contact-2"))
    look_at("contact", "contact-2")
    (session,) = sessions_of(SCHOOL, event.id)
    mark = {"id": "m6", "pupil_id": "pupil-1", "state": "collected", "collected_by": "contact-2"}
    asked = RegisterMarks.model_validate({"marks": [mark | {"at": ON_THE_DAY.isoformat()}]})
    marked = service.mark(a_context(actor=TEACHER, now=ON_THE_DAY), event.id, session.id, asked)
    assert [one.outcome for one in marked.results] == ["may_not_collect"]
    assert not [row for row in rows("Bookings") if "contact-2" in str(row)]


def test_who_takes_over_from_a_forgotten_contact_is_who_took_the_child_away() -> None:
    event = _a_day()
    tell(contact_removed("contact-2", merged_into="contact-1"))
    look_at("contact", "contact-2")
    entry = next(one for one in _entries(event) if one.pupil_id == "pupil-1")
    assert entry.marks[0].collected_by == "contact-1"


def test_without_the_step_of_the_registers_it_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    _a_day()
    monkeypatch.setattr(forgetting, "forget_pupil", lambda *_: None)
    _forget("pupil-3")
    named = naming(everything(), ("pupil-3", "contact-3", *SECRETS))
    assert {table for table, _, _ in named} == {"People", "Bookings"}
