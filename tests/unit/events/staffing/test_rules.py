"""Clashes against a plain evaluator that compares every two engagements, and what counts as one."""

from datetime import UTC, date, datetime, timedelta
from itertools import combinations, permutations

from hypothesis import given, settings
from hypothesis import strategies as some

from school_events.events.model import EventStatus, Session, StaffAllocation, WeeklyMeeting
from school_events.events.staffing.model import Engagement
from school_events.events.staffing.rules import clashes, may_have_sessions
from tests.unit.events.things import a_trip

START = datetime(2027, 3, 28, tzinfo=UTC)
STATUSES: tuple[EventStatus, ...] = ("draft", "published", "closed", "completed", "cancelled")


def engaged(
    starts: int,
    ends: int,
    *,
    staff: str = "staff-1",
    event: str = "event_1",
    session: str = "session_001",
    status: EventStatus = "published",
    cancelled: bool = False,
) -> Engagement:
    """Somebody is at an event, so many minutes after the start of a day until so many."""
    starts_at, ends_at = START + timedelta(minutes=starts), START + timedelta(minutes=ends)
    return Engagement(
        StaffAllocation(event_id=event, staff_id=staff, role="lead"),
        a_trip(status, event),
        Session(id=session, starts_at=starts_at, ends_at=ends_at, cancelled=cancelled),
    )


@some.composite
def engagements(draw: some.DrawFn) -> Engagement:
    """One of a few people at one of a few events, at one of few times, so that much clashes and much touches."""
    starts = draw(some.integers(0, 12))
    return engaged(
        starts,
        starts + draw(some.integers(1, 6)),
        staff=draw(some.sampled_from(("staff-1", "staff-2"))),
        event=draw(some.sampled_from(("event_1", "event_2", "event_3"))),
        session=draw(some.sampled_from(("session_001", "session_002", "session_003"))),
        status=draw(some.sampled_from(STATUSES)),
        cancelled=draw(some.integers(0, 4)) == 0,
    )


def _share_time(one: Engagement, other: Engagement) -> bool:
    """Minute by minute: whether there is one at which somebody would have to be at both."""
    minutes = [START + timedelta(minutes=number) for number in range(20)]
    return any(
        all(each.session.starts_at <= minute < each.session.ends_at for each in (one, other)) for minute in minutes
    )


def _plainly(all_of_them: list[Engagement]) -> set[frozenset[tuple[datetime, str, str, str]]]:
    return {
        frozenset({one.position, other.position})
        for one, other in combinations(all_of_them, 2)
        if one.allocation.staff_id == other.allocation.staff_id
        and one.event.id != other.event.id
        and not any(each.session.cancelled or each.event.status == "cancelled" for each in (one, other))
        and _share_time(one, other)
    }


def _distinct(one: Engagement) -> tuple[str, str, str]:
    return one.allocation.staff_id, one.event.id, one.session.id


@settings(max_examples=1500)
@given(some.lists(engagements(), max_size=9, unique_by=_distinct))
def test_clashes_are_exactly_the_pairs_a_plain_look_at_every_two_finds(given_ones: list[Engagement]) -> None:
    found = list(clashes(given_ones))
    assert {frozenset({one.earlier.position, one.later.position}) for one in found} == _plainly(given_ones)
    assert len(found) == len(_plainly(given_ones))
    for one in found:
        assert one.starts_at == max(one.earlier.session.starts_at, one.later.session.starts_at)
        assert one.starts_at < one.ends_at == min(one.earlier.session.ends_at, one.later.session.ends_at)


@settings(max_examples=300)
@given(some.lists(engagements(), max_size=5, unique_by=_distinct))
def test_clashes_come_in_one_order_however_they_are_given(given_ones: list[Engagement]) -> None:
    expected = list(clashes(given_ones))
    keys = [(one.later.position, one.earlier.position) for one in expected]
    assert keys == sorted(keys)
    assert all(list(clashes(order)) == expected for order in permutations(given_ones))


def test_what_ends_when_another_begins_is_no_clash() -> None:
    assert list(clashes([engaged(0, 60), engaged(60, 90, event="event_2")])) == []
    (clash,) = clashes([engaged(0, 61), engaged(60, 90, event="event_2")])
    assert clash.ends_at - clash.starts_at == timedelta(minutes=1)


def test_a_draft_clashes_and_what_is_called_off_does_not() -> None:
    other = engaged(0, 60, event="event_2")
    assert len(list(clashes([engaged(30, 90, status="draft"), other]))) == 1
    assert list(clashes([engaged(30, 90, status="cancelled"), other])) == []
    assert list(clashes([engaged(30, 90, cancelled=True), other])) == []


def test_a_residential_clashes_with_every_meeting_it_covers() -> None:
    away = engaged(0, 4 * 24 * 60, event="event_9")
    meetings = [engaged(day * 24 * 60, day * 24 * 60 + 60, session=f"session_{day:03d}") for day in range(6)]
    found = [one.seen_from("event_1")[0].session.id for one in clashes([away, *meetings])]
    assert found == ["session_000", "session_001", "session_002", "session_003"]


def test_a_cancelled_session_outside_the_days_that_are_left_is_still_looked_for_in_the_weekly_plan() -> None:
    club = a_trip().model_copy(
        update={
            "kind": "club",
            "meets": WeeklyMeeting(
                weekday=5,
                starts_at=START.time(),
                ends_at=(START + timedelta(hours=1)).time(),
                first_day=date(2026, 11, 27),
                last_day=date(2026, 12, 11),
            ),
        }
    )
    days = {
        day: may_have_sessions(club, day, day) for day in (date(2026, 11, 26), date(2026, 11, 27), date(2026, 12, 11))
    }
    assert list(days.values()) == [False, True, True]
    assert not may_have_sessions(a_trip(), date(2026, 12, 5), date(2026, 12, 5))
    assert may_have_sessions(a_trip(), date(2026, 12, 4), date(2026, 12, 4))
