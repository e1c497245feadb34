"""When a club of each nation meets: bank holidays against GOV.UK's own list, and terms worked out by hand (B4).

``bank_holidays.json`` is what GOV.UK makes its page and calendar from: ``lib/data/bank-holidays.json`` of
``alphagov/frontend`` at 609b0436da9f86b51e69262a95874b7ff3d3b712, 25 February 2026, without titles and notes.
"""

import json
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from school_events.core.clock import LONDON
from school_events.core.errors import Invalid
from school_events.events import rules
from school_events.events.model import WeeklyMeeting
from school_events.events.rules import SchoolDays, days_between
from school_events.events.school_days import bank_holidays

DIVISIONS = {"ENG": "england-and-wales", "WLS": "england-and-wales", "SCT": "scotland", "NIR": "northern-ireland"}
GOV_UK: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("bank_holidays.json").read_text())
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(1, 8)


def _official(nation: str) -> frozenset[date]:
    years = GOV_UK[DIVISIONS[nation]]
    return frozenset(date.fromisoformat(f"{year}-{day}") for year, days in years.items() for day in days)


def _meets(weekday: int, first: date, last: date, start: time = time(15, 30)) -> WeeklyMeeting:
    end = start.replace(hour=start.hour + 1)
    return WeeklyMeeting(weekday=weekday, starts_at=start, ends_at=end, first_day=first, last_day=last)


def _year_of(nation: Any) -> SchoolDays:
    """A school year 2026-27 whose holidays leave every bank holiday of these tests to the bank holidays."""
    half_terms = (date(2026, 10, 26), date(2026, 10, 30)), (date(2027, 6, 1), date(2027, 6, 4))
    return SchoolDays(
        terms=(
            (date(2026, 9, 2), date(2026, 12, 18)),
            (date(2027, 1, 4), date(2027, 3, 31)),
            (date(2027, 4, 12), date(2027, 7, 21)),
        ),
        closures=frozenset(day for first, last in half_terms for day in days_between(first, last))
        | {date(2027, 4, 14)}
        | bank_holidays(nation, date(2026, 9, 1), date(2027, 7, 31)),
    )


def _days(nation: str, weekday: int, first: str, last: str) -> list[str]:
    meets = _meets(weekday, date.fromisoformat(first), date.fromisoformat(last))
    sessions = rules.club_sessions(meets, _year_of(nation), LONDON)
    return [f"{session.starts_at.astimezone(LONDON):%m-%d}" for session in sessions]


@pytest.mark.parametrize("nation", DIVISIONS)
def test_bank_holidays_are_those_of_gov_uk_no_day_more_and_none_less(nation: Any) -> None:
    official = _official(nation)
    assert len(official) > 75
    assert bank_holidays(nation, min(official), max(official)) == official


@pytest.mark.parametrize(
    ("weekday", "days"),
    [
        (MONDAY, ["04-12", "04-19", "04-26", "05-10", "05-17", "05-24", "06-07", "06-14"]),  # 3 and 31 May
        (TUESDAY, ["04-13", "04-20", "04-27", "05-04", "05-11", "05-18", "05-25", "06-08", "06-15"]),
        (WEDNESDAY, ["04-21", "04-28", "05-05", "05-12", "05-19", "05-26", "06-09", "06-16"]),  # INSET on 14 April
        (THURSDAY, ["04-15", "04-22", "04-29", "05-06", "05-13", "05-20", "05-27", "06-10", "06-17"]),
        (FRIDAY, ["04-16", "04-23", "04-30", "05-07", "05-14", "05-21", "05-28", "06-11", "06-18"]),
        (SATURDAY, ["04-17", "04-24", "05-01", "05-08", "05-15", "05-22", "05-29", "06-05", "06-12"]),
        (SUNDAY, ["04-18", "04-25", "05-02", "05-09", "05-16", "05-23", "05-30", "06-06", "06-13"]),
    ],
)
def test_a_summer_term_worked_out_by_hand_for_every_weekday(weekday: int, days: list[str]) -> None:
    assert _days("ENG", weekday, "2027-04-10", "2027-06-18") == days


@pytest.mark.parametrize(
    ("nation", "weekday", "first", "last", "days"),
    [
        # St Andrew's Day, Monday 30 November 2026, is Scotland's alone.
        ("SCT", MONDAY, "2026-11-16", "2026-12-14", ["11-16", "11-23", "12-07", "12-14"]),
        ("ENG", MONDAY, "2026-11-16", "2026-12-14", ["11-16", "11-23", "11-30", "12-07", "12-14"]),
        # 2 January 2027 is a Saturday: Scotland has the Monday after.
        ("SCT", MONDAY, "2027-01-01", "2027-01-18", ["01-11", "01-18"]),
        ("NIR", MONDAY, "2027-01-01", "2027-01-18", ["01-04", "01-11", "01-18"]),
        # St Patrick's Day, Wednesday 17 March 2027, is Northern Ireland's alone.
        ("NIR", WEDNESDAY, "2027-03-01", "2027-03-31", ["03-03", "03-10", "03-24", "03-31"]),
        ("WLS", WEDNESDAY, "2027-03-01", "2027-03-31", ["03-03", "03-10", "03-17", "03-24", "03-31"]),
        # Good Friday, 26 March 2027, is everybody's; Easter Monday, the 29th, is not Scotland's.
        ("SCT", MONDAY, "2027-03-15", "2027-04-02", ["03-15", "03-22", "03-29"]),
        ("WLS", MONDAY, "2027-03-15", "2027-04-02", ["03-15", "03-22"]),
        ("SCT", FRIDAY, "2027-03-15", "2027-04-02", ["03-19"]),
        # The Battle of the Boyne, Monday 12 July 2027, is Northern Ireland's alone.
        ("NIR", MONDAY, "2027-07-01", "2027-07-21", ["07-05", "07-19"]),
        ("ENG", MONDAY, "2027-07-01", "2027-07-21", ["07-05", "07-12", "07-19"]),
    ],
)
def test_each_nation_has_its_own_bank_holidays(
    nation: str, weekday: int, first: str, last: str, days: list[str]
) -> None:
    assert _days(nation, weekday, first, last) == days


def test_a_weekend_club_meets_on_a_bank_holiday_that_has_moved_to_the_monday() -> None:
    """St Andrew's Day 2024 was a Saturday; Scotland's bank holiday was Monday 2 December."""
    days = SchoolDays(
        ((date(2024, 11, 1), date(2024, 12, 20)),), bank_holidays("SCT", date(2024, 11, 1), date(2024, 12, 31))
    )
    sessions = rules.club_sessions(_meets(SATURDAY, date(2024, 11, 23), date(2024, 12, 7)), days, LONDON)
    assert [session.starts_at.day for session in sessions] == [23, 30, 7]
    sessions = rules.club_sessions(_meets(MONDAY, date(2024, 11, 23), date(2024, 12, 9)), days, LONDON)
    assert [session.starts_at.day for session in sessions] == [25, 9]


@pytest.mark.parametrize("weekday", range(MONDAY, SUNDAY + 1))
@pytest.mark.parametrize(("changes_on", "before", "after"), [(date(2027, 3, 28), 15, 14), (date(2026, 10, 25), 14, 15)])
def test_on_every_weekday_the_clock_time_stays_over_both_changes_of_the_clocks(
    weekday: int, changes_on: date, before: int, after: int
) -> None:
    first, last = changes_on - timedelta(days=7), changes_on + timedelta(days=7)
    days = SchoolDays(((first, last),), frozenset())
    for session in rules.club_sessions(_meets(weekday, first, last), days, LONDON):
        local = session.starts_at.astimezone(LONDON)
        assert (local.time(), local.isoweekday()) == (time(15, 30), weekday)
        assert session.starts_at.hour == (before if local.date() < changes_on else after)
        assert session.ends_at - session.starts_at == timedelta(hours=1)


def test_a_club_at_a_time_that_the_clocks_skip_on_one_of_its_days_is_refused() -> None:
    days = SchoolDays(((date(2027, 3, 1), date(2027, 4, 30)),), frozenset())
    with pytest.raises(Invalid) as refused:
        rules.club_sessions(_meets(SUNDAY, date(2027, 3, 14), date(2027, 4, 11), time(1, 30)), days, LONDON)
    assert [error.field for error in refused.value.fields] == ["meets.starts_at"]
    with pytest.raises(Invalid) as refused:
        rules.club_sessions(_meets(SUNDAY, date(2027, 3, 14), date(2027, 4, 11), time(0, 30)), days, LONDON)
    assert [error.field for error in refused.value.fields] == ["meets.ends_at"]
    assert rules.club_sessions(_meets(SUNDAY, date(2027, 3, 1), date(2027, 3, 27), time(1, 30)), days, LONDON)
