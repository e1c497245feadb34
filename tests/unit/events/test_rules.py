"""What may be done to an event, and when it meets."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.clock import LONDON
from school_events.core.errors import Invalid, WrongState
from school_events.core.money import pounds
from school_events.events import rules
from school_events.events.model import EventStatus, Outing, WeeklyMeeting
from school_events.events.rules import Action, SchoolDays

ALLOWED = {
    ("draft", "change"): "draft",
    ("draft", "allocate"): "draft",
    ("draft", "publish"): "publishing",
    ("publishing", "publish"): "published",
    ("published", "change"): "published",
    ("published", "allocate"): "published",
    ("published", "publish"): "published",
    ("published", "close"): "closed",
    ("closed", "change"): "closed",
    ("closed", "allocate"): "closed",
    ("closed", "close"): "closed",
    ("publishing", "cancel"): "cancelled",
    ("published", "cancel"): "cancelled",
    ("closed", "cancel"): "cancelled",
    ("cancelled", "cancel"): "cancelled",
    ("published", "complete"): "completed",
    ("closed", "complete"): "completed",
    ("completed", "complete"): "completed",
    ("draft", "remove"): "draft",
    ("completed", "remove"): "completed",
    ("cancelled", "remove"): "cancelled",
    ("draft", "duplicate"): "draft",
    ("publishing", "duplicate"): "publishing",
    ("published", "duplicate"): "published",
    ("closed", "duplicate"): "closed",
    ("completed", "duplicate"): "completed",
    ("cancelled", "duplicate"): "cancelled",
}


@pytest.mark.parametrize(("status", "action"), list(product(get_args(EventStatus), get_args(Action))))
def test_every_action_in_every_status_is_as_the_table_says(status: EventStatus, action: Action) -> None:
    if (status, action) in ALLOWED:
        assert rules.status_after(status, action) == ALLOWED[status, action]
    else:
        with pytest.raises(WrongState):
            rules.status_after(status, action)


@pytest.mark.parametrize("status", ["published", "closed"])
def test_what_families_saw_stays_but_for_what_is_safe(status: EventStatus) -> None:
    rules.check_changes(status, rules.SAFE_CHANGES)
    with pytest.raises(WrongState) as refused:
        rules.check_changes(status, {"title", "price", "minimum", "capacity", "form"})
    assert [error.field for error in refused.value.fields] == ["minimum", "price"]


def test_of_a_draft_everything_changes_and_while_places_are_made_nothing() -> None:
    rules.check_changes("draft", {"title", "price", "form"})
    with pytest.raises(WrongState):
        rules.check_changes("publishing", {"title"})


@pytest.mark.parametrize("pence", [0, 30, 1250])
def test_a_price_is_nothing_or_what_stripe_can_take(pence: int) -> None:
    rules.check_numbers(pounds(pence), 1, 1)


@pytest.mark.parametrize("pence", [-30, -1, 1, 29])
def test_any_other_price_is_refused(pence: int) -> None:
    with pytest.raises(Invalid):
        rules.check_numbers(pounds(pence), 1, 1)


def _meets(
    weekday: int, first: date, last: date, start: time = time(15, 30), end: time = time(16, 30)
) -> WeeklyMeeting:
    return WeeklyMeeting(weekday=weekday, starts_at=start, ends_at=end, first_day=first, last_day=last)


AUTUMN = SchoolDays(
    terms=((date(2026, 9, 2), date(2026, 12, 18)),),
    closures=frozenset(rules.days_between(date(2026, 10, 26), date(2026, 10, 30))) | {date(2026, 11, 27)},
)


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        (1, ["10-05", "10-12", "10-19", "11-02", "11-09", "11-16", "11-23", "11-30"]),
        (2, ["10-06", "10-13", "10-20", "11-03", "11-10", "11-17", "11-24", "12-01"]),
        (3, ["10-07", "10-14", "10-21", "11-04", "11-11", "11-18", "11-25", "12-02"]),
        (4, ["10-08", "10-15", "10-22", "11-05", "11-12", "11-19", "11-26", "12-03"]),
        (5, ["10-09", "10-16", "10-23", "11-06", "11-13", "11-20", "12-04"]),
    ],
)
def test_a_club_meets_on_its_weekday_but_for_half_term_and_inset_days(weekday: int, days: list[str]) -> None:
    sessions = rules.club_sessions(_meets(weekday, date(2026, 10, 5), date(2026, 12, 4)), AUTUMN, LONDON)
    assert [f"{session.starts_at.astimezone(LONDON):%m-%d}" for session in sessions] == days
    assert [session.id for session in sessions][:2] == ["session_001", "session_002"]


def test_a_club_keeps_its_time_by_the_clock_when_the_clocks_go_back() -> None:
    everyday = SchoolDays(((date(2026, 10, 1), date(2026, 11, 30)),), frozenset())
    sessions = rules.club_sessions(_meets(7, date(2026, 10, 18), date(2026, 11, 1)), everyday, LONDON)
    assert [(session.starts_at.hour, session.ends_at.hour) for session in sessions] == [(14, 15), (15, 16), (15, 16)]


def test_a_club_meets_on_a_leap_day() -> None:
    spring = SchoolDays(((date(2028, 2, 1), date(2028, 3, 31)),), frozenset())
    sessions = rules.club_sessions(_meets(2, date(2028, 2, 22), date(2028, 3, 7)), spring, LONDON)
    assert [session.starts_at.date() for session in sessions] == [
        date(2028, 2, 22),
        date(2028, 2, 29),
        date(2028, 3, 7),
    ]


def test_a_club_that_would_never_meet_is_refused() -> None:
    with pytest.raises(Invalid):
        rules.club_sessions(_meets(1, date(2026, 10, 26), date(2026, 10, 30)), AUTUMN, LONDON)
    with pytest.raises(Invalid):
        rules.club_sessions(_meets(1, date(2027, 10, 1), date(2027, 10, 30)), AUTUMN, LONDON)


_days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
_times = st.times(time(6), time(21)).map(lambda moment: moment.replace(second=0, microsecond=0))


@given(
    first=_days,
    length=st.integers(0, 366),
    weekday=st.integers(1, 7),
    start=_times,
    terms=st.lists(st.tuples(_days, st.integers(0, 120)), min_size=1, max_size=4),
    closures=st.frozensets(_days, max_size=60),
    zone=st.sampled_from([LONDON, ZoneInfo("Europe/Gibraltar"), ZoneInfo("America/Jamaica")]),
)
def test_no_session_falls_on_a_closed_day_and_none_is_lost(
    first: date,
    length: int,
    weekday: int,
    start: time,
    terms: list[tuple[date, int]],
    closures: frozenset[date],
    zone: ZoneInfo,
) -> None:
    days = SchoolDays(tuple((begin, begin + timedelta(days=span)) for begin, span in terms), closures)
    last = first + timedelta(days=length)
    end = start.replace(hour=start.hour + 1)
    wanted = set()
    day = first
    while day <= last:
        in_term = any(begin <= day <= begin + timedelta(days=span) for begin, span in terms)
        if day.weekday() + 1 == weekday and in_term and day not in closures:
            wanted.add(day)
        day += timedelta(days=1)
    if not wanted:
        with pytest.raises(Invalid):
            rules.club_sessions(_meets(weekday, first, last, start, end), days, zone)
        return
    sessions = rules.club_sessions(_meets(weekday, first, last, start, end), days, zone)
    local = [(session.starts_at.astimezone(zone), session.ends_at.astimezone(zone)) for session in sessions]
    assert [begin.date() for begin, _ in local] == sorted(wanted)
    assert {(begin.time(), finish.time()) for begin, finish in local} == {(start, end)}
    assert len(sessions) <= rules.MOST_SESSIONS
    assert len({session.id for session in sessions}) == len(sessions)


def _outing(starts_at: str, ends_at: str) -> Outing:
    return Outing(starts_at=datetime.fromisoformat(starts_at), ends_at=datetime.fromisoformat(ends_at))


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "hours"),
    [
        ("2026-12-04T08:30", "2026-12-04T17:00", 8.5),
        ("2026-12-04T20:00", "2026-12-05T02:00", 6),
        ("2027-03-26T18:00", "2027-03-29T18:00", 71),  # the clocks go forward on the 28th
        ("2026-10-23T18:00", "2026-10-26T18:00", 73),  # and back on the 25th
        ("2027-08-30T08:00", "2027-09-03T08:00", 96),
        ("2028-02-28T12:00", "2028-03-01T12:00", 48),
    ],
)
def test_a_trip_is_one_session_across_midnight_clock_changes_and_school_years(
    starts_at: str, ends_at: str, hours: float
) -> None:
    session = rules.trip_session(_outing(starts_at, ends_at), LONDON)
    assert (session.ends_at - session.starts_at).total_seconds() == hours * 3600
    assert session.starts_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "field"),
    [
        ("2026-12-04T08:30", "2026-12-04T08:30", "takes_place.ends_at"),
        ("2026-12-04T08:30", "2026-12-03T17:00", "takes_place.ends_at"),
        ("2026-12-04T08:30", "2027-02-03T08:31", "takes_place.ends_at"),
        ("2027-03-28T01:30", "2027-03-29T17:00", "takes_place.starts_at"),
        ("2027-03-27T08:30", "2027-03-28T01:59", "takes_place.ends_at"),
    ],
)
def test_a_trip_that_cannot_be_is_refused(starts_at: str, ends_at: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.trip_session(_outing(starts_at, ends_at), LONDON)
    assert [error.field for error in refused.value.fields] == [field]


@pytest.mark.parametrize(
    ("meets", "field"),
    [
        (_meets(1, date(2026, 10, 5), date(2026, 10, 4)), "meets.last_day"),
        (_meets(1, date(2026, 10, 5), date(2027, 10, 7)), "meets.last_day"),
        (_meets(1, date(2026, 10, 5), date(2026, 10, 5), time(16), time(16)), "meets.ends_at"),
    ],
)
def test_a_meeting_that_cannot_be_is_refused(meets: WeeklyMeeting, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_meeting(meets)
    assert [error.field for error in refused.value.fields] == [field]
