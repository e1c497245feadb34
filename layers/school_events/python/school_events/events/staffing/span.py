"""A span of a school's days, as instants."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from school_events.core.errors import Invalid
from school_events.people.store import find_school

ANY_ZONE = timedelta(days=1)
"""A local day is at most so far from UTC's."""


@dataclass(frozen=True)
class Span:
    """From one local day to another, both included; ``start`` (included) and ``end`` (not) are their instants, UTC."""

    first: date
    last: date
    start: datetime
    end: datetime


def span_of(school_id: str, first: date, last: date, most_days: int) -> Span:
    """The span of a school's days.

    Raises:
        Invalid: the days are the wrong way round or too far apart; names the parameter.
    """
    if not timedelta() <= last - first < timedelta(days=most_days):
        raise Invalid.of("to", f"must be from the first day to {most_days} days after it")
    zone = ZoneInfo(find_school(school_id).time_zone)
    return Span(first, last, _midnight(first, zone), _midnight(last + timedelta(days=1), zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
