"""Answers about health go 30 days after the event, wherever it was moved, and with a booking that ends (D3)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from school_events.bookings import cancelling
from school_events.bookings import store as bookings
from school_events.bookings.health import erasing, rules, store
from school_events.bookings.health.service import sealed
from school_events.bookings.model import Booking
from school_events.core import due, logs
from school_events.events import lifecycle
from school_events.events import store as events
from school_events.events.model import SchoolEvent
from tests.support import crashes
from tests.support.booked_world import a_school_with_families, an_event, as_parent, book, booking_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.tables import rows

pytestmark = pytest.mark.usefixtures("tables")

ILL = {"id": "ill", "kind": "text", "prompt": "Ill?", "required": False, "sensitive": "medical"}
ENDS_AT = datetime(2026, 12, 4, 16, tzinfo=UTC)
GOES_AT = ENDS_AT + timedelta(days=30)


@pytest.fixture
def booked(tables: None) -> tuple[SchoolEvent, Booking]:
    """A child's booking with an answer about health."""
    a_school_with_families()
    event = an_event(price=0, questions=[ILL])
    return event, booking_of(book(event, answers={"ill": "Hay fever"}))


def _nightly(start: datetime, end: datetime, then: Callable[[datetime], None] = lambda _: None) -> datetime | None:
    """A run every night from one instant to another; says in which one answers were erased."""
    night = start
    while night <= end:
        then(night)
        if erasing.erase_due(night, lambda: True):
            return night
        night += timedelta(days=1)
    return None


def _kept(booking: Booking) -> bool:
    return booking.id in store.find_answers(SCHOOL, [booking.id])


def test_they_are_kept_for_thirty_days_after_the_event_and_then_erased(booked: tuple[SchoolEvent, Booking]) -> None:
    _, booking = booked
    assert _nightly(NOW, GOES_AT - timedelta(seconds=1)) is None
    assert _kept(booking)
    erased = _nightly(GOES_AT, GOES_AT + timedelta(days=3))
    assert erased is not None
    assert erased < GOES_AT + timedelta(days=1)
    assert not _kept(booking)


@pytest.mark.parametrize("days", [-9, 60])
def test_an_event_that_is_moved_takes_them_with_it(booked: tuple[SchoolEvent, Booking], days: int) -> None:
    event, booking = booked
    moved_at = NOW + timedelta(days=1)

    def move(night: datetime) -> None:
        if night == moved_at:
            (session,) = events.sessions_of(SCHOOL, event.id)
            by = timedelta(days=days)
            moved = session.model_copy(update={"starts_at": session.starts_at + by, "ends_at": session.ends_at + by})
            events.session_item(SCHOOL, event.id, moved).save()

    goes_at = GOES_AT + timedelta(days=days)
    erased = _nightly(NOW, goes_at + timedelta(days=2), move)
    assert erased is not None
    assert goes_at <= erased < goes_at + timedelta(days=1)
    assert not _kept(booking)


@pytest.mark.parametrize("days", [25, 29, 200])
def test_those_given_late_are_kept_no_longer(booked: tuple[SchoolEvent, Booking], days: int) -> None:
    event, booking = booked
    given_at = ENDS_AT + timedelta(days=days)
    store.erase_of(SCHOOL, booking.id)
    item = sealed(a_context(now=given_at), booking.id, event, {"ill": "Hay fever"})
    assert item is not None
    item.save()
    erased = _nightly(given_at + timedelta(hours=1), max(given_at, GOES_AT) + timedelta(days=2))
    assert erased is not None
    assert not _kept(booking)


def test_those_of_a_booking_that_has_ended_go_within_a_week(booked: tuple[SchoolEvent, Booking]) -> None:
    _, booking = booked
    cancelling.cancel(as_parent(), booking)
    erased = _nightly(NOW, NOW + rules.LOOKED_AT_EVERY + timedelta(days=1))
    assert erased is not None
    assert not _kept(booking)


def test_those_of_an_event_that_is_cancelled_go_within_a_week(booked: tuple[SchoolEvent, Booking]) -> None:
    event, booking = booked
    lifecycle.cancel(a_context(), event.id, lambda *_: None)
    assert _nightly(NOW, NOW + rules.LOOKED_AT_EVERY + timedelta(days=1)) is not None
    assert not _kept(booking)


def test_answers_given_anew_while_it_is_looked_are_not_taken_for_the_old_ones(
    booked: tuple[SchoolEvent, Booking],
) -> None:
    _, booking = booked
    ((_, seen),) = store.due_answers(GOES_AT)
    again = store.find_answers(SCHOOL, [booking.id])[booking.id]
    store.health_item(SCHOOL, booking.id, again, GOES_AT + timedelta(days=7), GOES_AT + timedelta(days=40)).save()
    assert store.erase(SCHOOL, seen) is False
    store.keep_on(SCHOOL, seen, NOW, NOW)
    assert _kept(booking)
    assert list(store.due_answers(GOES_AT)) == []


def test_a_run_without_time_leaves_the_rest_to_the_next_and_one_killed_anywhere_too(
    booked: tuple[SchoolEvent, Booking],
) -> None:
    _, booking = booked
    night = GOES_AT + timedelta(hours=12)
    assert erasing.erase_due(night, lambda: False) == 0
    calls = crashes.Calls()
    with crashes.watched(calls):
        erasing.erase_due(NOW, lambda: True)
    for point in calls.points():
        with crashes.watched(crashes.Calls(stop_before=point)), pytest.raises(crashes.Killed):
            erasing.erase_due(night, lambda: True)
        if not _kept(booking):
            break
    erasing.erase_due(night, lambda: True)
    assert not _kept(booking)


def test_below_the_nightly_run_there_is_a_net(booked: tuple[SchoolEvent, Booking]) -> None:
    _, booking = booked

    def expires_at() -> datetime:
        (row,) = [row for row in rows("Bookings") if row["sk"]["S"] == "HEALTH"]
        return datetime.fromtimestamp(int(row["expires_at"]["N"]), UTC)

    assert GOES_AT < expires_at() < GOES_AT + timedelta(days=10)
    _nightly(NOW, NOW + timedelta(days=9))
    assert GOES_AT < expires_at() < GOES_AT + timedelta(days=10)
    assert _kept(booking)


def test_they_are_looked_at_by_the_day() -> None:
    assert due.pace_of(store.HEALTH) is due.DAILY


@pytest.mark.parametrize("which", [0, 1])
def test_what_cannot_be_looked_at_keeps_nobody_elses_answers_from_being_erased(
    booked: tuple[SchoolEvent, Booking], monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    event, first = booked
    both = [first, booking_of(book(event, "pupil-3", parent=3, answers={"ill": "Asthma"}))]
    broken, other = both[which], both[1 - which]
    look = bookings.find_booking

    def failing(school_id: str, booking_id: str) -> Booking:
        if booking_id == broken.id:
            raise RuntimeError
        return look(school_id, booking_id)

    monkeypatch.setattr(erasing, "find_booking", failing)
    assert _nightly(NOW, GOES_AT + timedelta(days=1)) is not None
    assert (_kept(broken), _kept(other)) == (True, False)
    monkeypatch.undo()
    assert erasing.erase_due(GOES_AT + timedelta(days=1), lambda: True) == 1
    assert not _kept(broken)


def test_only_a_run_that_has_looked_at_all_counts_as_one(
    booked: tuple[SchoolEvent, Booking], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(logs, "count", lambda name, _value=1: counted.append(name))

    def looked_at_all(may_go_on: Callable[[], bool] = lambda: True) -> bool:
        counted.clear()
        erasing.erase_due(GOES_AT, may_go_on)
        return "HealthErasingRun" in counted

    assert looked_at_all(lambda: False) is False
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "find_booking", lambda *_: 1 / 0)
        assert looked_at_all() is False
    assert _kept(booked[1])
    assert looked_at_all() is True
    assert not _kept(booked[1])


def test_when_an_event_is_over_is_asked_once_for_all_of_its_answers(
    booked: tuple[SchoolEvent, Booking], monkeypatch: pytest.MonkeyPatch
) -> None:
    book(booked[0], "pupil-3", parent=3, answers={"ill": "Asthma"})
    asked: list[str] = []
    find = events.find_event

    def noting(school_id: str, event_id: str) -> SchoolEvent:
        asked.append(event_id)
        return find(school_id, event_id)

    monkeypatch.setattr(events, "find_event", noting)
    assert erasing.erase_due(GOES_AT, lambda: True) == 2
    assert asked == [booked[0].id]
