"""Whatever is done to a club's single sessions: none in a closure, none overlapping, none lost (B4)."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.clock import LONDON
from school_events.core.errors import Invalid, WrongState
from school_events.events import rules, session_rules
from school_events.events.model import Session, WeeklyMeeting
from school_events.events.rules import SchoolDays, days_between
from school_events.events.session_rules import Meeting
from tests.unit.events.things import a_trip

TERM = date(2028, 2, 21), date(2028, 4, 28)  # a leap day, and the clocks go forward on 26 March
BREAK = frozenset(days_between(date(2028, 4, 3), date(2028, 4, 17)))
DAYS = SchoolDays((TERM,), BREAK | {date(2028, 3, 1)})
NOW = datetime(2028, 2, 1, tzinfo=UTC)
WEEKLY = WeeklyMeeting(
    weekday=2, starts_at=time(15, 30), ends_at=time(16, 30), first_day=date(2028, 2, 21), last_day=date(2028, 4, 28)
)
CLUB = a_trip("published", kind="club", meets=WEEKLY)
MADE = rules.club_sessions(WEEKLY, DAYS, LONDON)

_times = st.sampled_from([time(0, 30), time(1, 30), time(8), time(15), time(15, 30), time(16), time(23)])
_steps = st.lists(
    st.tuples(
        st.sampled_from(["add", "move", "cancel"]),
        st.integers(1, 20),
        st.dates(date(2028, 2, 14), date(2028, 5, 7)),
        _times,
        st.sampled_from([30, 60, 90]),
    ),
    max_size=25,
)


def _step(sessions: tuple[Session, ...], what: str, which: int, meeting: Meeting) -> tuple[Session, ...]:
    """The sessions after one step; as they were if it is refused."""
    session_id = rules.session_id(which) if what != "add" else session_rules.next_session_id(sessions)
    others = tuple(one for one in sessions if one.id != session_id)
    before = [one for one in sessions if one.id == session_id]
    if what != "add" and not before:
        return sessions
    try:
        if what == "cancel":
            after = before[0].model_copy(update={"cancelled": True})
        else:
            after = meeting.as_session(session_id, LONDON)
            session_rules.check_fits(after, meeting.day, DAYS, others, NOW)
        if before:
            session_rules.check_to_come(before[0], NOW)
        session_rules.check_series(CLUB, (*others, after))
    except (Invalid, WrongState):
        return sessions
    return (*others, after)


@given(steps=_steps)
def test_no_session_is_in_a_closure_none_overlaps_and_none_is_lost(
    steps: list[tuple[str, int, date, time, int]],
) -> None:
    sessions, added = MADE, 0
    for what, which, day, start, minutes in steps:
        end = (datetime.combine(day, start) + timedelta(minutes=minutes)).time()
        after = _step(sessions, what, which, Meeting(day, start, end))
        added += len(after) - len(sessions)
        sessions = after
    assert {one.id for one in sessions} == {rules.session_id(n) for n in range(1, len(MADE) + added + 1)}
    running = session_rules.running(sessions)
    assert running
    for one in running:
        local = one.starts_at.astimezone(LONDON)
        assert TERM[0] <= local.date() <= TERM[1]
        assert local.date() not in DAYS.closures
        assert one.ends_at.astimezone(LONDON).date() == local.date()
        assert timedelta() < one.ends_at - one.starts_at <= timedelta(minutes=150)  # an hour more when clocks go back
    assert all(one.ends_at <= other.starts_at for one, other in pairwise(running))


def test_a_club_meets_on_the_leap_day_and_never_in_a_closure() -> None:
    days = [one.starts_at.date() for one in MADE]
    assert date(2028, 2, 29) in days
    assert not BREAK & set(days)
    assert Meeting(date(2028, 2, 29), time(8), time(9)).as_session("x", LONDON).starts_at.day == 29


def test_a_meeting_that_would_begin_or_end_in_the_hour_the_clocks_skip_is_refused() -> None:
    for meeting, field in (
        (Meeting(date(2028, 3, 26), time(1), time(2)), "starts_at"),
        (Meeting(date(2028, 3, 26), time(0, 30), time(1, 59)), "ends_at"),
    ):
        with pytest.raises(Invalid) as refused:
            meeting.as_session("x", LONDON)
        assert [error.field for error in refused.value.fields] == [field]
    over_it = Meeting(date(2028, 3, 26), time(0, 30), time(2)).as_session("x", LONDON)
    assert over_it.ends_at - over_it.starts_at == timedelta(minutes=30)


def test_of_the_hour_that_comes_twice_the_first_is_meant() -> None:
    session = Meeting(date(2028, 10, 29), time(1, 30), time(2, 30)).as_session("x", LONDON)
    assert session.starts_at == datetime(2028, 10, 29, 0, 30, tzinfo=UTC)
    assert session.ends_at == datetime(2028, 10, 29, 2, 30, tzinfo=UTC)


def _session(number: int, starts_at: datetime) -> Session:
    return Session(id=rules.session_id(number), starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))


def test_a_club_stays_within_a_year_and_a_limit() -> None:
    first = MADE[0]
    year_later = _session(2, first.starts_at + timedelta(days=367))
    everyday = SchoolDays(((date(2028, 1, 1), date(2029, 12, 31)),), frozenset())
    with pytest.raises(Invalid) as refused:
        session_rules.check_fits(year_later, year_later.starts_at.date(), everyday, [first], NOW)
    assert [error.field for error in refused.value.fields] == ["day"]
    many = [_session(number, first.starts_at + timedelta(days=number)) for number in range(1, 62)]
    session_rules.check_series(CLUB, many[:60])
    with pytest.raises(WrongState):
        session_rules.check_series(CLUB, many)


def test_once_booking_is_closed_the_last_session_may_go() -> None:
    closing = CLUB.window.model_copy(update={"closes_at": MADE[-1].ends_at})
    cancelled = (*MADE[:-1], MADE[-1].model_copy(update={"cancelled": True}))
    with pytest.raises(WrongState) as refused:
        session_rules.check_series(CLUB.model_copy(update={"window": closing}), cancelled)
    assert [error.field for error in refused.value.fields] == ["booking_window.closes_at"]
    session_rules.check_series(CLUB.model_copy(update={"window": closing, "status": "closed"}), cancelled)
