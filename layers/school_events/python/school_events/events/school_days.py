"""When a school is open to pupils: its term calendar without half-terms, INSET days and the nation's bank holidays."""

from datetime import date

from school_events.core.dynamodb import get_many
from school_events.events.rules import SchoolDays, days_between
from school_events.people.model import Nation, School, TermCalendar
from school_events.people.store import calendar_key

_SATURDAY = 5


def school_days(school: School, first: date, last: date) -> SchoolDays:
    """The school days from one local day to another, as the Portal's calendars of those academic years have them."""
    calendars = _calendars(school.id, first, last)
    breaks = (half_term for calendar in calendars for half_term in calendar.half_terms)
    return SchoolDays(
        terms=tuple((term.starts_on, term.ends_on) for calendar in calendars for term in calendar.terms),
        closures=frozenset(day for one in breaks for day in days_between(one.starts_on, one.ends_on))
        | frozenset(day for calendar in calendars for day in calendar.inset_days)
        | bank_holidays(school.nation, first, last),
    )


def bank_holidays(nation: Nation, first: date, last: date) -> frozenset[date]:
    """The bank holidays of a nation in the calendar years of two days, as GOV.UK lists them.

    One that falls on a weekend moves to a weekday (Banking and Financial Dealings Act 1971, schedule 1, and
    proclamations), so a club that meets on that weekend's day meets. The package lists the weekend's day as well.

    It is loaded here and not with the module: it takes a third of a second, and only planning a club asks.
    """
    from holidays import country_holidays

    listed = country_holidays("GB", subdiv=nation, years=range(first.year, last.year + 1))
    return frozenset(day for day in listed if day.weekday() < _SATURDAY)


def _calendars(school_id: str, first: date, last: date) -> list[TermCalendar]:
    """The calendars of every academic year that could hold a day of the span: ``2026-27`` for days of 2026 or 2027."""
    keys = [calendar_key(school_id, f"{year}-{(year + 1) % 100:02d}") for year in range(first.year - 1, last.year + 1)]
    found = get_many(keys)
    items = [found.get(key) for key in keys]
    return [item.record for item in items if item is not None and item.record is not None]
