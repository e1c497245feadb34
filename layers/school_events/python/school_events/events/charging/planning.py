"""From what a school asks for to charging that makes sense and is lawful: its own rules, and the law's verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from school_events.events.api import NewEvent
from school_events.events.charging import checks
from school_events.events.charging.api import ChargingBody
from school_events.events.charging.law import Span, rule_for
from school_events.events.charging.model import CancellationStep, Charging, ChargingRule
from school_events.events.charging.rules import NO_CHARGING
from school_events.events.model import Session
from school_events.events.school_days import school_days
from school_events.people.model import School


@dataclass(frozen=True)
class Charged:
    """How an event is charged: the school's rules, what the law says (of one that asks for money), and what a
    family that cancels gets back."""

    charging: Charging | None
    rule: ChargingRule | None
    cancellation: tuple[CancellationStep, ...]


def charged(school: School, asked: NewEvent, sessions: Sequence[Session]) -> Charged:
    """The charging a school asks for.

    Args:
        school: whose zone, nation and term calendar count.
        asked: the event.
        sessions: when it meets or takes place, earliest first.

    Raises:
        Invalid: what is asked makes no sense, or the school may not charge it; names the field.
    """
    spans = _spans(sessions, ZoneInfo(school.time_zone))
    charging = _charging(asked.charging)
    if charging is not None:
        first_day = spans[0].starts_at.date()
        checks.check_charging(
            charging, asked.price, capacity=asked.capacity, minimum=asked.minimum, starts_on=first_day
        )
    cancellation = tuple(CancellationStep(**dict(step)) for step in asked.cancellation)
    checks.check_policy(cancellation, spans[-1].ends_at.date())
    return Charged(charging, _rule(school, asked, charging or NO_CHARGING, spans), cancellation)


def _spans(sessions: Sequence[Session], zone: ZoneInfo) -> list[Span]:
    return [Span(_by_the_clock(one.starts_at, zone), _by_the_clock(one.ends_at, zone)) for one in sessions]


def _by_the_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _charging(body: ChargingBody | None) -> Charging | None:
    return None if body is None else Charging.model_validate(body.model_dump())


def _rule(school: School, asked: NewEvent, charging: Charging, spans: Sequence[Span]) -> ChargingRule | None:
    if asked.price.amount == 0 and charging.voluntary_contribution.amount == 0:
        return None
    first, last = _first_and_last_day(spans)
    rule = rule_for(spans, school_days(school, first, last), charging.school_hours, school.nation)
    checks.check_lawful(charging, asked.price, rule)
    return rule


def _first_and_last_day(spans: Sequence[Span]) -> tuple[date, date]:
    return spans[0].starts_at.date(), max(span.ends_at.date() for span in spans)
