"""A last day told in advance: when it is over, what waits for the child goes to others, and the leaver clock runs."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from school_events.bookings import cancelling, chores
from school_events.core import due
from school_events.people.leavers import LEAVER, midnight
from school_events.people.rules import Thing
from school_events.privacy import last_days
from school_events.privacy.store import due_things, read_thing
from tests.support.booked_world import a_school_with_families, an_event, as_system, book, booking_of, place_states
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import pupil_told, tell
from tests.unit.bookings.waiting.queue import housekeeping, state, wait_for
from tests.unit.functions.receipts.asking import pence, receive
from tests.unit.privacy.leaving import look_at, nights_have_run_until, pupil_left

LAST_DAY = NOW.date() + timedelta(days=1)
OVER = midnight(LAST_DAY + timedelta(days=1))
NIGHT = OVER + timedelta(hours=2)
LEAVES = Thing("pupil", ("pupil-3",))
FORGOTTEN = midnight(date(2029, 9, 1))
LEAVER_KEY = due.due_key(LEAVER, FORGOTTEN, "SCH#school-1#PUPIL#pupil-3|PUPIL")


@pytest.fixture(autouse=True)
def school(tables: None) -> None:
    """Families, one of whose children leaves tomorrow."""
    a_school_with_families()
    nights_have_run_until(NOW)
    tell(pupil_left("pupil-3", LAST_DAY.isoformat()))


def _due_key() -> tuple[str | None, str | None]:
    _, item = read_thing(SCHOOL, LEAVES)
    assert item is not None
    return item.due_pk, item.due_sk


def _night(now: datetime = NIGHT) -> list[Thing]:
    """Whoever is due then is looked at; who that was."""
    found = [thing for _, thing in due_things(now)]
    for thing in found:
        look_at(thing.kind, *thing.ids, now=now)
    return found


def test_when_the_day_is_over_what_is_held_for_them_goes() -> None:
    event = an_event()
    booked = book(event, "pupil-3", parent=3)
    with time_machine.travel(NOW, tick=False):
        receive(booked, amount=pence(500))
    assert _night(OVER - timedelta(milliseconds=1)) == []
    assert booking_of(booked).state == "pending"
    assert _night() == [LEAVES]
    assert booking_of(booked).state == "expiring"
    chores.let_due_holds_go(NIGHT, lambda _: as_system(NIGHT), lambda: True)
    assert booking_of(booked).state == "released"
    assert set(place_states(event)) == {"free"}


def test_when_the_day_is_over_the_place_they_are_offered_is_the_next_family_s() -> None:
    event = an_event(price=0, capacity=1)
    booked = book(event, "pupil-1")
    refs = [*wait_for(event, "pupil-3", parent=3), *wait_for(event, "pupil-4", parent=4)]
    evening = OVER - timedelta(hours=3)
    cancelling.cancel(a_context(now=evening), booking_of(booked))
    housekeeping(evening)
    assert [state(one) for one in refs] == ["offered", "waiting"]
    _night()
    housekeeping(NIGHT)
    assert [state(one) for one in refs] == ["lapsed", "offered"]


def test_from_then_on_the_leaver_clock_runs() -> None:
    _night()
    assert _due_key() == LEAVER_KEY
    assert _night(NIGHT + timedelta(days=1)) == []


def test_word_of_the_child_between_the_day_and_the_night_hides_nothing() -> None:
    tell(pupil_told("pupil-3", "Another", version=1), now=OVER + timedelta(minutes=1))
    tell(pupil_left("pupil-3", LAST_DAY.isoformat(), version=3), now=OVER + timedelta(minutes=1))
    assert _night() == [LEAVES]
    assert _due_key() == LEAVER_KEY


def test_a_night_that_broke_off_is_made_good_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(last_days, "let_leavers_go", broken)
        with pytest.raises(ConnectionError):
            _night()
    assert _night(NIGHT + timedelta(days=1)) == [LEAVES]


@pytest.mark.parametrize("stays_until", [None, "2027-07-20"])
def test_who_stays_after_all_keeps_what_is_held(stays_until: str | None) -> None:
    event = an_event()
    booked = book(event, "pupil-3", parent=3)
    tell(pupil_told("pupil-3", version=3) if stays_until is None else pupil_left("pupil-3", stays_until, version=3))
    assert _night() == []
    look_at("pupil", "pupil-3", now=NIGHT)
    assert booking_of(booked).state == "pending"


def test_who_is_told_to_have_left_long_ago_is_only_to_be_forgotten() -> None:
    tell(pupil_left("pupil-3", "2026-10-23", version=3))
    assert _due_key() == LEAVER_KEY


def test_it_is_londons_midnight() -> None:
    tell(pupil_left("pupil-3", "2027-06-30", version=3))
    nights_have_run_until(datetime(2027, 6, 29, tzinfo=UTC))
    assert _night(datetime(2027, 6, 30, 22, 59, tzinfo=UTC)) == []
    assert _night(datetime(2027, 6, 30, 23, 0, tzinfo=UTC)) == [LEAVES]
