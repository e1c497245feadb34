"""What may be charged: by hand, as the Department's advice has it, and against a count hour by hour."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.events.charging.law import Span, half_days, is_residential, rule_for, sessions_taken_up
from school_events.events.charging.model import Chargeable, SchoolHours
from school_events.events.rules import SchoolDays
from school_events.people.model import Nation

HOURS = SchoolHours()
MONDAY = date(2027, 5, 3)
DAYS = SchoolDays(((date(2027, 4, 12), date(2027, 5, 28)),), frozenset({date(2027, 4, 26)}))
"""A summer half-term with an INSET day; no school on its weekends, though they are in it."""

QUARTER = timedelta(minutes=15)


def span(starts: str, ends: str) -> Span:
    """A span of May 2027, such as from ``5 12:00`` to ``9 21:00``: Wednesday noon to Sunday evening."""
    return Span(_moment(starts), _moment(ends))


def _moment(text: str) -> datetime:
    day, clock = text.split()
    return datetime.combine(date(2027, 5, int(day)), time.fromisoformat(clock))


def may_charge(*spans: Span) -> Chargeable:
    """What a school in England may charge for."""
    return rule_for(spans, DAYS, HOURS, "ENG").may_charge


def test_from_wednesday_noon_to_sunday_evening_only_board_and_lodging_may_be_charged() -> None:
    trip = [span("5 12:00", "9 21:00")]
    assert (sessions_taken_up(trip, DAYS, HOURS), half_days(trip)) == (5, 9)
    rule = rule_for(trip, DAYS, HOURS, "ENG")
    assert rule.may_charge == "board_and_lodging"
    assert "5 of its 9 half-days are school sessions" in rule.explanation


def test_from_thursday_noon_to_sunday_evening_all_may_be_charged() -> None:
    trip = [span("6 12:00", "9 21:00")]
    assert (sessions_taken_up(trip, DAYS, HOURS), half_days(trip)) == (3, 7)
    assert may_charge(*trip) == "everything"


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("3 09:00", "3 15:30", "nothing"),
        ("7 17:00", "7 22:00", "everything"),
        # The midday break is no school time: three of six hours are.
        ("4 12:00", "4 18:00", "everything"),
        ("4 12:00", "4 17:00", "nothing"),
        # Saturday.
        ("8 09:00", "8 15:00", "everything"),
        # Friday evening to Saturday morning, and to Sunday.
        ("7 17:00", "9 12:00", "everything"),
        # All of a school week, and two nights of one.
        ("3 09:00", "7 15:00", "board_and_lodging"),
        ("3 09:00", "5 15:00", "board_and_lodging"),
        # Over midnight, but nobody sleeps away: theatre in London.
        ("3 12:30", "4 01:00", "everything"),
    ],
)
def test_what_may_be_charged(starts: str, ends: str, expected: Chargeable) -> None:
    assert may_charge(span(starts, ends)) == expected


def test_half_is_enough_to_count_as_school_time() -> None:
    assert may_charge(span("4 13:00", "4 18:00")) == "nothing"
    assert may_charge(span("4 13:00", "4 18:01")) == "everything"


def test_half_a_half_day_counts_as_one_and_less_does_not() -> None:
    assert half_days([span("7 18:00", "8 06:00")]) == 2
    assert half_days([span("7 18:01", "8 05:59")]) == 0


def test_half_a_session_counts_as_taken_up_and_less_does_not() -> None:
    assert sessions_taken_up([span("4 10:30", "4 12:30")], DAYS, HOURS) == 1
    assert sessions_taken_up([span("4 10:31", "4 12:30")], DAYS, HOURS) == 0


def test_a_club_counts_with_all_its_meetings() -> None:
    lunch = [span(f"{day} 12:00", f"{day} 13:00") for day in (4, 11, 18)]
    assert may_charge(*lunch) == "everything"
    lesson = [span(f"{day} 14:00", f"{day} 15:00") for day in (4, 11, 18)]
    assert may_charge(*lesson) == "nothing"


def test_no_school_no_school_time() -> None:
    half_term = SchoolDays(DAYS.terms, DAYS.closures | {MONDAY})
    monday = [span("3 09:00", "3 15:30")]
    assert rule_for(monday, half_term, HOURS, "ENG").may_charge == "everything"
    assert "No term dates" in rule_for(monday, SchoolDays((), frozenset()), HOURS, "ENG").explanation


@pytest.mark.parametrize(("nation", "expected"), [("ENG", "nothing"), ("WLS", "nothing"), ("SCT", "everything")])
def test_the_act_is_the_law_of_england_and_wales(nation: Nation, expected: Chargeable) -> None:
    assert rule_for([span("3 09:00", "3 15:30")], DAYS, HOURS, nation).may_charge == expected


spans = st.builds(
    lambda start, length: Span(
        datetime(2027, 4, 20) + start * QUARTER,  # noqa: DTZ001 - wall clock
        datetime(2027, 4, 20) + (start + length) * QUARTER,  # noqa: DTZ001 - wall clock
    ),
    st.integers(0, 2000),
    st.integers(1, 900),
)


@given(spans)
def test_half_days_and_sessions_are_as_counted_by_quarters_of_an_hour(trip: Span) -> None:
    quarters = [trip.starts_at + number * QUARTER for number in range(int(trip.length / QUARTER))]
    halves: dict[tuple[date, bool], int] = {}
    mornings: dict[date, int] = {}
    afternoons: dict[date, int] = {}
    for quarter in quarters:
        day = quarter.date()
        halves[day, quarter.hour < 12] = halves.get((day, quarter.hour < 12), 0) + 1
        if time(9) <= quarter.time() < time(12):
            mornings[day] = mornings.get(day, 0) + 1
        if time(13) <= quarter.time() < time(15, 30):
            afternoons[day] = afternoons.get(day, 0) + 1
    assert half_days([trip]) == sum(count >= 24 for count in halves.values())
    taken = [day for day, count in mornings.items() if count >= 6] + [
        day for day, count in afternoons.items() if count >= 5
    ]
    assert sessions_taken_up([trip], DAYS, HOURS) == sum(DAYS.is_open(day) and day.weekday() < 5 for day in taken)


@given(spans)
def test_away_for_a_night_is_being_away_from_midnight_to_six(trip: Span) -> None:
    midnights = [datetime.combine(trip.starts_at.date() + timedelta(days=number), time()) for number in range(12)]
    slept = any(trip.starts_at <= one and one + timedelta(hours=6) <= trip.ends_at for one in midnights)
    assert is_residential(trip) == slept
