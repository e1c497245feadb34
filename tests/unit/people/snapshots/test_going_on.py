"""A snapshot may be stopped anywhere, delivered twice or beside another: the end is the same (A2, A5)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from school_events.core.errors import TryAgain
from school_events.people import store, writing
from school_events.people.snapshots import applying, comparing, service
from school_events.people.snapshots.store import reports
from school_events.people.upkeep import SnapshotMessage
from tests.support.contexts import SCHOOL
from tests.support.crashes import Calls, Killed, watched
from tests.support.people import (
    PortalMessage,
    contact_told,
    link_told,
    portal_message,
    pupil_told,
    school_told,
    staff_told,
    tell,
)
from tests.support.queues import waiting_later
from tests.support.rewind import bookmark_tables
from tests.support.snapshots import FIRST, SECOND, asked, make_bucket, published, report, work
from tests.support.tables import messages, rows

_HISTORY_OF_HOW = {"revision", "change", "alias", "alias_pk", "expires_at"}
_AFTER_A_CRASH = FIRST + timedelta(hours=2)
"""The dead run's hold on the school is over."""

TOLD: tuple[PortalMessage, ...] = (
    school_told(categories=["pupil_name", "contact_name"]),
    pupil_told("pupil-1", first_name="Mangled"),
    pupil_told("pupil-2"),
    pupil_told("pupil-gone"),
    contact_told(),
    link_told(pupil_id="pupil-2"),
    link_told(pupil_id="pupil-gone"),
    staff_told("staff-gone"),
)
LINES: tuple[PortalMessage | bytes, ...] = (
    link_told(),
    link_told(pupil_id="pupil-2"),
    contact_told(),
    pupil_told("pupil-1", version=2),
    pupil_told("pupil-2"),
    portal_message("PupilLeft", {"pupil_id": "pupil-2", "left_on": "2026-10-23"}, version=2),
    pupil_told("pupil-3", year_group="Year 77"),
    staff_told(),
    school_told(version=2),
)


@pytest.fixture(autouse=True)
def _small_steps(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every phase takes several rounds, and is saved after each."""
    make_bucket()
    monkeypatch.setattr(service, "COMPARED_AT_ONCE", 4)
    monkeypatch.setattr(service, "AT_ONCE", 3)
    monkeypatch.setattr(service, "ROUNDS_BETWEEN_SAVES", 1)


def _state() -> list[dict[str, Any]]:
    """Everything kept of people, without what says how it came to be."""
    return [
        {name: value for name, value in row.items() if name not in _HISTORY_OF_HOW}
        for row in rows("People")
        if row["kind"]["S"] not in {"snapshot", "snapshot_claim"}
    ]


def _end() -> tuple[Any, ...]:
    found = report().model_copy(update={"began_at": FIRST, "ended_at": FIRST})
    claims = [row for row in rows("People") if row["kind"]["S"] == "snapshot_claim"]
    return _state(), found, claims


def _begin() -> tuple[SnapshotMessage, Callable[[], None]]:
    tell(*TOLD)
    return published(LINES), bookmark_tables()


def test_killed_at_any_call_and_delivered_again_it_ends_the_same() -> None:
    message, rewind = _begin()
    with watched(Calls()) as calls:
        work(message)
    expected = _end()
    assert expected[1].state == "finished"
    assert expected[1].drift.extra == {"pupil": 1, "link": 1, "staff": 1}
    assert len(calls.points()) > 20
    for point in calls.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            work(message)
        work(message, now=_AFTER_A_CRASH)
        assert _end() == expected, (point, calls.names[max(0, point - 1)])


def test_killed_at_any_call_of_the_second_snapshot_it_ends_the_same() -> None:
    """The second is the one that takes away."""
    tell(*TOLD)
    work(published(LINES))
    message, rewind = published(LINES, SECOND), bookmark_tables()
    with watched(Calls()) as calls:
        work(message)
    expected = _state(), report(SECOND).drift
    assert store.find_pupils(SCHOOL, ["pupil-gone"]) == {}
    for point in calls.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            work(message)
        work(message, now=SECOND + timedelta(hours=2))
        assert (_state(), report(SECOND).drift) == expected, (point, calls.names[max(0, point - 1)])


def test_stopped_for_want_of_time_after_every_step_it_is_asked_for_again_and_ends_the_same() -> None:
    message, rewind = _begin()
    work(message)
    expected = _end()
    rewind()
    runs = 0
    waiting = [message]
    while waiting:
        runs += 1
        assert runs < 100
        work(waiting.pop(), time_left=timedelta(seconds=30))
        waiting = asked()
    assert runs > 10
    assert _end() == expected


def test_while_a_run_has_hold_of_the_school_every_other_waits() -> None:
    message, rewind = _begin()
    newer = published(LINES[1:], SECOND)
    work(message)
    expected = _end()
    rewind()
    met: list[int] = []

    def met_by_others(*args: Any) -> None:
        """In the middle of its work the run is met by itself and by the next snapshot."""
        if not met:
            met.append(1)
            work(message)
            work(newer, now=SECOND, tell_time=lambda: FIRST + timedelta(hours=1))
        apply_lines(*args)

    apply_lines = applying.apply_lines
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying, "apply_lines", met_by_others)
        work(message)
    assert met
    assert _end() == expected
    assert [one.taken_at for one in reports(SCHOOL)] == [FIRST]


def test_a_snapshot_that_waits_comes_again_after_a_while() -> None:
    message, _ = _begin()
    with pytest.raises(Killed), watched(Calls(stop_before=10)):
        work(message)
    work(message, now=FIRST + timedelta(hours=1, minutes=4))
    assert waiting_later("reconciliation") == 1
    assert messages("reconciliation") == []


def test_a_run_that_was_held_to_be_dead_and_is_not_stops_at_its_next_step() -> None:
    message, rewind = _begin()
    work(message)
    expected = _end()
    rewind()
    ended: list[Any] = []
    compare = comparing.compare

    def slow(*args: Any) -> Iterator[Any]:
        """Long after, another run takes over and finishes."""
        if not ended:
            ended.append(None)
            work(message, now=_AFTER_A_CRASH)
            ended.append(_end())
        return compare(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "compare", slow)
        with pytest.raises(TryAgain):
            work(message)
    assert ended[1] == expected
    assert _end() == expected


def test_while_a_snapshot_rests_no_other_begins() -> None:
    message, _ = _begin()
    work(message, time_left=timedelta(seconds=30))
    assert len(asked()) == 1
    other = published(LINES, FIRST + timedelta(minutes=30))
    work(other, now=FIRST + timedelta(hours=1, minutes=20))
    assert [one.id for one in reports(SCHOOL)] == [message.snapshot.id]
    work(message)
    assert report().state == "finished"


def test_a_snapshot_whose_message_was_lost_does_not_keep_the_next_out_for_ever() -> None:
    message, _ = _begin()
    work(message, time_left=timedelta(seconds=30))
    asked()
    work(published(LINES, SECOND))
    assert report(SECOND).state == "finished"
    work(message, now=SECOND + timedelta(hours=2))
    assert report().state == "running"
    assert asked() == []


def test_a_message_in_between_is_never_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    message, _ = _begin()
    apply_lines = applying.apply_lines
    newest = pupil_told("pupil-1", first_name="Newest", version=3)

    def beaten(*args: Any) -> None:
        tell(newest)
        apply_lines(*args)

    monkeypatch.setattr(applying, "apply_lines", beaten)
    work(message)
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].first_name == "Newest"


def test_a_thing_that_cannot_be_written_keeps_no_other_back_and_is_tried_again() -> None:
    message, rewind = _begin()
    work(message)
    expected = _end()
    rewind()
    decide = writing.decide

    def broken_for_one(ctx: Any, school: Any, thing: Any, item: Any, after: Any) -> Any:
        if thing.ids == ("pupil-1",):
            raise RuntimeError
        return decide(ctx, school, thing, item, after)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "decide", broken_for_one)
        with pytest.raises(RuntimeError):
            work(message)
    assert store.find_pupils(SCHOOL, ["pupil-2"])["pupil-2"].state == "left"
    assert store.find_contacts(SCHOOL, ["contact-1"])["contact-1"].email == "niamh@family.test"
    work(message, now=_AFTER_A_CRASH)
    assert _end() == expected


def test_settings_withdrawn_by_a_snapshot_are_asked_to_be_refitted_even_if_it_was_killed() -> None:
    tell(school_told(), pupil_told())
    message = published([school_told(categories=["pupil_name"], version=2), pupil_told()])
    rewind = bookmark_tables()
    with watched(Calls()) as calls:
        work(message)
    messages("reconciliation")
    for point in calls.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            work(message)
        work(message, now=_AFTER_A_CRASH)
        assert {one["kind"] for one in messages("reconciliation")} == {"refit"}, point
