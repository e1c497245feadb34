"""Devices that bring the marks of one class in at once: each mark is kept, and the last by their clocks counts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched
from random import Random

import pytest

from school_events.bookings import store as bookings
from school_events.bookings.registers import rules, service, store
from school_events.bookings.registers.api import MarkedRegister, RegisterMarks
from school_events.bookings.registers.model import RegisterEntry
from school_events.core.context import Actor, Context
from school_events.core.dynamodb import Transaction
from school_events.events.model import SchoolEvent
from school_events.events.store import sessions_of
from tests.contract.races.families import PATIENCE, an_event, books
from tests.support.at_once import at_once
from tests.support.contexts import SCHOOL, a_context

pytestmark = pytest.mark.usefixtures("tables")

CHILDREN = range(1, 31)
DEVICES = 4
STATES = ("present", "absent", "late", "present")
THE_DAY = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)


def _a_class() -> SchoolEvent:
    event = an_event(capacity=len(CHILDREN))
    for some in batched(CHILDREN, 10, strict=True):
        at_once([books(event, number) for number in some])
    return event


def _moment(device: int) -> Context:
    ctx = a_context(
        actor=Actor("staff", "staff-1" if device % 2 else "staff-admin"),
        now=THE_DAY,
        roles=("school_admin",),
        deadline=datetime.now(UTC) + PATIENCE,
    )
    return replace(ctx, random=Random(device))  # noqa: S311 - chance that repeats


def _brings_in(event: SchoolEvent, session_id: str, device: int) -> Callable[[], MarkedRegister]:
    """One device's marks of all children, in an order of its own."""
    marks = [
        {
            "id": f"m{device}",
            "pupil_id": f"child-{number}",
            "state": STATES[(device + number) % len(STATES)],
            "at": (THE_DAY - timedelta(minutes=(device * number) % 7)).isoformat(),
        }
        for number in CHILDREN
    ]
    Random(device).shuffle(marks)  # noqa: S311 - chance that repeats
    asked = RegisterMarks.model_validate({"marks": marks})
    return partial(service.mark, _moment(device), event.id, session_id, asked)


def _race(event: SchoolEvent) -> dict[str, RegisterEntry]:
    """What is kept of each child, by their pupil id, after all devices came at once."""
    (session,) = sessions_of(SCHOOL, event.id)
    answers = at_once([_brings_in(event, session.id, device) for device in range(DEVICES)])
    assert {one.outcome for answer in answers if isinstance(answer, MarkedRegister) for one in answer.results} == {
        "kept"
    }
    listed = [one.id for one in bookings.bookings_of_event(SCHOOL, event.id)]
    return {one.pupil_id: one for one in store.find_entries(SCHOOL, listed, session.id).values()}


def test_devices_that_come_at_once_lose_no_mark_and_agree() -> None:
    event = _a_class()
    (session,) = sessions_of(SCHOOL, event.id)
    entries = _race(event)
    assert len(entries) == len(CHILDREN)
    for number in CHILDREN:
        entry = entries[f"child-{number}"]
        assert sorted(one.id for one in entry.marks) == [f"m{device}" for device in range(DEVICES)]
        last = max(range(DEVICES), key=lambda device: (-((device * number) % 7), device))
        standing = rules.standing(entry.marks, session)
        assert standing is not None
        assert (standing.id, standing.state) == (f"m{last}", STATES[(last + number) % len(STATES)])
        assert entry.version <= DEVICES
    assert _race(event) == entries


def test_without_the_condition_of_the_version_marks_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    event = _a_class()
    put = Transaction.put
    monkeypatch.setattr(Transaction, "put", lambda self, item, *_, **__: put(self, item))
    entries = _race(event)
    assert any(len(entry.marks) < DEVICES for entry in entries.values())
