"""Where engagements of one person clash: decided from what is given."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from school_events.events.model import SchoolEvent
from school_events.events.staffing.model import Clash, Engagement

LONGEST_EVENT = timedelta(days=366)
"""From an event's first day to its last at most (``rules``, ``session_rules``)."""


def clashes(engagements: Iterable[Engagement]) -> Iterator[Clash]:
    """Every two engagements of one person, by different events, that share some time; by when they begin to.

    One that ends when the other begins is no clash, nor is anything that is called off. What is still a draft
    counts: that is when it can still be planned otherwise.
    """
    going_on: dict[str, list[Engagement]] = {}
    for one in sorted((one for one in engagements if not one.is_called_off), key=lambda one: one.position):
        others = going_on.get(one.allocation.staff_id, [])
        others = [other for other in others if other.session.ends_at > one.session.starts_at]
        yield from (Clash(other, one) for other in others if other.event.id != one.event.id)
        going_on[one.allocation.staff_id] = [*others, one]


def may_have_sessions(event: SchoolEvent, first: date, last: date) -> bool:
    """Whether a session of an event, cancelled ones among them, may be from one local day to another, both included.

    Its first and last day follow the sessions that take place; one that was cancelled may be outside, within its
    weekly plan.
    """
    starts_on, ends_on = event.starts_on, event.ends_on
    if event.meets is not None:
        starts_on, ends_on = min(starts_on, event.meets.first_day), max(ends_on, event.meets.last_day)
    return starts_on <= last and ends_on >= first
