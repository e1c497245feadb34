"""What is due every minute: holds to let go, returned places to move on, gates to shut; costs what is due (P7)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from school_events.bookings import places, settlement, store
from school_events.core import logs
from school_events.core.context import Context
from school_events.events import service as event_service
from school_events.events import store as events

LOOK_BACK = timedelta(hours=48)
"""How far back something due is looked for: longer than any outage housekeeping should survive unaided."""

MOST_AT_ONCE = 200

ContextOf = Callable[[str], Context]


def let_due_holds_go(now: datetime, context_for: ContextOf) -> int:
    """Let every hold go whose time is over; says how many payments that concerned."""
    done: set[tuple[str, str]] = set()
    for school_id, booking in store.due_holds(now - LOOK_BACK, now, MOST_AT_ONCE):
        payment = (school_id, booking.payment_id or "")
        if booking.payment_id is None or payment in done:
            continue
        done.add(payment)
        _one(lambda: settlement.let_go(context_for(school_id), booking.payment_id or ""))  # noqa: B023 - called at once
    return len(done)


def move_returned_places_on(now: datetime) -> int:
    """Give the allocator every place that somebody returned and nobody moved on, because of a crash."""
    count = 0
    for school_id, place in places.returned_places(now, LOOK_BACK, MOST_AT_ONCE):
        places.allocate(school_id, place)
        count += 1
    return count


def shut_gates(now: datetime, context_for: ContextOf) -> int:
    """Finish closing the places of events whose booking was closed."""
    count = 0
    for school_id, event in events.due_closings(now, now - LOOK_BACK):
        _one(lambda: event_service.finish_closing(context_for(school_id), event, places.close_places))  # noqa: B023 - called at once
        count += 1
    return count


def _one(chore: Callable[[], object]) -> None:
    """Do one chore; if it fails it is due again next minute, and the others are done."""
    try:
        chore()
    except Exception as error:  # noqa: BLE001 - one bad chore never blocks the others
        logs.count("ChoreFailed")
        logs.logger.error("chore failed", error=type(error).__name__)
