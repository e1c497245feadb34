"""Killed before or after any call while marks come in, and the batch sent again: the register is the same (D7).

The batch is first brought in whole, which enumerates its calls; then once for every call that leaves something behind.
"""

import contextlib
import itertools

import pytest
import time_machine

from school_events.bookings import cancelling
from school_events.bookings import store as bookings
from school_events.bookings.registers import store
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion
from school_events.events.model import SchoolEvent
from school_events.events.store import sessions_of
from tests.support.booked_world import as_parent
from tests.support.contexts import SCHOOL
from tests.support.crashes import Calls, Killed, watched
from tests.support.rewind import bookmark_tables
from tests.unit.functions.registers.asking import (
    ALLOCATED,
    COLLEAGUE,
    MARK,
    REGISTER,
    THE_DAY,
    a_mark,
    ask,
    in_between,
    outcomes,
    read,
    send,
    tell_families,
    told,
)

BATCH = [
    a_mark("m1", "absent"),
    a_mark("m2", "collected", minutes=9, collected_by="contact-3"),
    a_mark("m3", "absent", pupil="pupil-2"),
    a_mark("m4", pupil="pupil-4"),
    a_mark("m5", "late", pupil="pupil-3", minutes_late=3),
]
WHOLE = ["kept", "may_not_collect", "kept", "not_expected", "kept"]


def test_killed_anywhere_and_sent_again_the_register_is_as_if_nothing_had_happened(event: SchoolEvent) -> None:
    rewind = bookmark_tables()
    with watched(Calls()) as whole:
        assert outcomes(send(event, *BATCH)) == WHOLE
    expected = read(REGISTER, event)[1]["expected"]
    points = whole.points()
    print(f"{len(whole.names)} calls, killed at {len(points)} points: {' '.join(whole.names)}")
    for point in points:
        rewind()
        with contextlib.suppress(Killed), watched(Calls(point)):
            send(event, *BATCH)
        assert outcomes(send(event, *BATCH)) == WHOLE
        assert read(REGISTER, event)[1]["expected"] == expected
        tell_families()
        assert (told("contact-1"), told("contact-3")) == (["register_absence"] * 2, [])


def test_thirty_children_cost_as_many_writes_and_few_reads(event: SchoolEvent) -> None:
    """The reads are the same for one child and for a hundred: event, session, places' guards, bookings, marks."""
    with watched(Calls()) as one:
        send(event, a_mark("m1"))
    with watched(Calls()) as three:
        send(event, *(a_mark(f"n{number}", pupil=f"pupil-{number}") for number in (1, 2, 3)))
    assert three.names.count("TransactWriteItems") == 1 + 2 * one.names.count("TransactWriteItems") == 3
    assert len(three.names) - len(one.names) == 2


def test_too_busy_for_one_child_the_others_are_in_and_the_batch_is_sent_again(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, commits = Transaction.commit, itertools.count(1)

    def always_overtaken(transaction: Transaction) -> None:
        if next(commits) > 1:
            raise StaleVersion
        commit(transaction)

    batch = [a_mark("m1"), a_mark("m2", pupil="pupil-2")]
    with time_machine.travel(THE_DAY, tick=True), monkeypatch.context() as busy:
        busy.setattr(Transaction, "commit", always_overtaken)
        answer = ask(MARK, event, ALLOCATED, {"marks": batch}, remaining_ms=2_100)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "2")
    assert _marked(event) == ["m1"]
    assert outcomes(send(event, *batch)) == ["kept", "kept"]


def _given_up(event: SchoolEvent) -> None:
    (booking,) = [one for one in bookings.bookings_of_event(SCHOOL, event.id) if one.pupil_id == "pupil-3"]
    cancelling.cancel(as_parent(3), booking)


def _marked(event: SchoolEvent) -> list[str]:
    """The marks of a child that are kept."""
    listed = [one.id for one in bookings.bookings_of_event(SCHOOL, event.id)]
    (session,) = sessions_of(SCHOOL, event.id)
    return sorted(mark.id for one in store.find_entries(SCHOOL, listed, session.id).values() for mark in one.marks)


def test_a_place_that_is_given_up_while_the_mark_is_written_is_seen_by_the_write(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_between(monkeypatch, lambda: _given_up(event))
    assert outcomes(send(event, a_mark("m1", pupil="pupil-3"))) == ["not_expected"]
    assert _marked(event) == []


def test_without_the_condition_of_the_booking_who_is_no_longer_expected_is_marked(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings, "require_unchanged", lambda *_: None)
    in_between(monkeypatch, lambda: _given_up(event))
    assert outcomes(send(event, a_mark("m1", pupil="pupil-3"))) == ["kept"]


@pytest.mark.parametrize("earlier", [[], ["earlier"]], ids=["the first marks", "later marks"])
def test_what_another_device_brings_in_meanwhile_is_kept_as_well(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, earlier: list[str]
) -> None:
    if earlier:
        send(event, *(a_mark(one) for one in earlier))
    in_between(monkeypatch, lambda: send(event, a_mark("other", "late", minutes=3), by=COLLEAGUE))
    send(event, a_mark("mine"))
    assert _marked(event) == sorted([*earlier, "mine", "other"])


def test_without_the_condition_of_the_entry_one_device_overwrites_the_other(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Transaction.put
    monkeypatch.setattr(Transaction, "create", lambda self, item, **_: put(self, item))
    in_between(monkeypatch, lambda: send(event, a_mark("other", "late", minutes=3), by=COLLEAGUE))
    send(event, a_mark("mine"))
    assert _marked(event) == ["mine"]
