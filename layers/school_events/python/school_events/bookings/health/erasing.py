"""Every night: answers about health that nobody needs any more are erased (D3: 30 days after the event).

It is looked freshly whether they are: an event may have been moved or cancelled, a booking may have ended. So nobody
who moves an event or ends a booking has to think of it. Stopped anywhere, the next night goes on.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache

from school_events.bookings.health import rules, store
from school_events.bookings.health.store import HealthItem
from school_events.bookings.store import find_booking
from school_events.core import logs
from school_events.core.errors import NotFound
from school_events.events import store as events
from school_events.events.session_rules import running


def erase_due(now: datetime, may_go_on: Callable[[], bool]) -> int:
    """Look at the answers that are due to be looked at, and erase those not needed; says how many were erased.

    Only a run that has looked at all of them counts as one: somebody is told when there is none for a day.

    Args:
        now: the present instant, UTC.
        may_go_on: whether there is time for one more; what there is none for stays due.
    """
    erased, looked_at_all = 0, True
    # A whole trip's answers are due in one night: when it is over is asked once for all of them.
    end_of_event = cache(_end_of_event)
    for school_id, item in store.due_answers(now):
        if not may_go_on():
            looked_at_all = False
            break
        try:
            erased += _look(school_id, item, end_of_event(school_id, item.record.event_id), now)
        except Exception as error:  # noqa: BLE001 - it stays due, and keeps nobody else's answers from being erased
            looked_at_all = False
            logs.logger.error("answers about health were not looked at", error=type(error).__name__)
    logs.count("HealthAnswersErased", erased)
    if looked_at_all:
        logs.count("HealthErasingRun")
    return erased


def _look(school_id: str, item: HealthItem, event_ends_at: datetime | None, now: datetime) -> bool:
    until = _kept_until(school_id, item, event_ends_at)
    if until is None or until <= now:
        return store.erase(school_id, item)
    store.keep_on(school_id, item, rules.look_at(now, until), rules.expires_at(until))
    return False


def _kept_until(school_id: str, item: HealthItem, event_ends_at: datetime | None) -> datetime | None:
    try:
        booking = find_booking(school_id, item.booking_id)
    except NotFound:
        booking = None
    return rules.kept_until(booking, event_ends_at)


def _end_of_event(school_id: str, event_id: str) -> datetime | None:
    """When an event is over (UTC); nothing, if it is cancelled or gone."""
    try:
        event = events.find_event(school_id, event_id)
    except NotFound:
        return None
    if event.status == "cancelled":
        return None
    sessions = running(events.sessions_of(school_id, event_id))
    return max([session.ends_at for session in sessions], default=rules.end_of(event.ends_on))
