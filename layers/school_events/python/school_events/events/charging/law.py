"""What a state-funded school may charge for: decided from when an event is, and nothing is read.

Education Act 1996, ss. 451-457, and the Department for Education's advice "Charging for school activities":

- Education in school hours is free (s. 451). An activity partly in them counts as in them if half of its time, travel
  included, or more is (s. 452); the midday break is no school time.
- A residential trip counts as in school hours if it takes up at least half as many school sessions as it has half-days
  (s. 452); a half-day is twelve hours that end at noon or midnight, and counts if half of it is on the trip, as does
  a session of which half is (s. 452).
- For what counts as in school hours only board and lodging may be charged (s. 455), and these are remitted in
  full to families on certain benefits (s. 457(4)). Voluntary contributions may be asked for (s. 460).

Everything is counted by the school's clocks, as sessions and half-days are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from school_events.events.charging.model import ChargingRule, SchoolHours
from school_events.events.rules import SchoolDays, days_between
from school_events.people.model import Nation

_HALF_DAY = timedelta(hours=12)
_NIGHT_ENDS_AT = time(6)
_SATURDAY = 5
_UNDER_THE_ACT = frozenset({"ENG", "WLS"})
"""The Education Act 1996 is the law of England and Wales; the other nations have their own."""


@dataclass(frozen=True)
class Span:
    """A time on the school's wall clock (no zone), such as a trip or one meeting of a club."""

    starts_at: datetime
    ends_at: datetime

    def shares_with(self, other: "Span") -> timedelta:
        """How much of it is in another."""
        return max(timedelta(), min(self.ends_at, other.ends_at) - max(self.starts_at, other.starts_at))

    @property
    def length(self) -> timedelta:
        """From its start to its end."""
        return self.ends_at - self.starts_at

    @property
    def days(self) -> Iterator[date]:
        """Every day it touches."""
        return days_between(self.starts_at.date(), self.ends_at.date())


def rule_for(spans: Sequence[Span], days: SchoolDays, hours: SchoolHours, nation: Nation) -> ChargingRule:
    """What may be charged for an event.

    Args:
        spans: when it is: a trip, or every meeting of a club.
        days: the days on which the school is open to pupils.
        hours: its sessions on such a day.
        nation: whose law counts.
    """
    if nation not in _UNDER_THE_ACT:
        return ChargingRule(may_charge="everything", explanation="The Education Act 1996 does not apply in this nation")
    if not days.terms:
        return ChargingRule(may_charge="everything", explanation="No term dates are known for these days")
    if any(map(is_residential, spans)):
        return _residential(spans, days, hours)
    return _by_the_hour(spans, days, hours)


def is_residential(span: Span) -> bool:
    """Whether pupils are away for a night: from midnight to six in the morning of some day."""
    nights = (Span(datetime.combine(day, time()), datetime.combine(day, _NIGHT_ENDS_AT)) for day in span.days)
    return any(span.shares_with(night) == night.length for night in nights)


def half_days(spans: Iterable[Span]) -> int:
    """How many half-days are spent on a trip (s. 452)."""
    return sum(_is_mostly_in(half, span) for span in spans for day in span.days for half in _halves(day))


def sessions_taken_up(spans: Iterable[Span], days: SchoolDays, hours: SchoolHours) -> int:
    """How many school sessions are taken up by a trip (s. 452)."""
    return sum(_is_mostly_in(session, span) for span in spans for session in _sessions(span, days, hours))


def _residential(spans: Sequence[Span], days: SchoolDays, hours: SchoolHours) -> ChargingRule:
    taken, counted = sessions_taken_up(spans, days, hours), half_days(spans)
    share = f"{taken} of its {counted} half-days are school sessions"
    if 2 * taken >= counted:
        why = f"{share}: it counts as school time, so only board and lodging may be charged"
        return ChargingRule(may_charge="board_and_lodging", explanation=why)
    why = f"{share}, fewer than half: it counts as outside school time, so all of it may be charged"
    return ChargingRule(may_charge="everything", explanation=why)


def _by_the_hour(spans: Sequence[Span], days: SchoolDays, hours: SchoolHours) -> ChargingRule:
    sessions = (span.shares_with(session) for span in spans for session in _sessions(span, days, hours))
    in_school, whole = sum(sessions, timedelta()), sum((span.length for span in spans), timedelta())
    share = f"{in_school // timedelta(minutes=1)} of its {whole // timedelta(minutes=1)} minutes are in school hours"
    if 2 * in_school >= whole:
        why = f"{share}: it counts as school time, so only a voluntary contribution may be asked for"
        return ChargingRule(may_charge="nothing", explanation=why)
    why = f"{share}, fewer than half: it counts as outside school time, so all of it may be charged"
    return ChargingRule(may_charge="everything", explanation=why)


def _is_mostly_in(part: Span, whole: Span) -> bool:
    return 2 * part.shares_with(whole) >= part.length


def _halves(day: date) -> tuple[Span, Span]:
    midnight = datetime.combine(day, time())
    return Span(midnight, midnight + _HALF_DAY), Span(midnight + _HALF_DAY, midnight + 2 * _HALF_DAY)


def _sessions(span: Span, days: SchoolDays, hours: SchoolHours) -> Iterator[Span]:
    """The school sessions of the days a span touches; terms include weekends, on which there are none."""
    morning = hours.morning_starts_at, hours.morning_ends_at
    afternoon = hours.afternoon_starts_at, hours.afternoon_ends_at
    for day in span.days:
        if day.weekday() >= _SATURDAY or not days.is_open(day):
            continue
        for starts_at, ends_at in (morning, afternoon):
            yield Span(datetime.combine(day, starts_at), datetime.combine(day, ends_at))
