"""Until when anybody can come to places of an event, and so wait for them."""

from datetime import datetime

from school_events.bookings.rules import gates_of
from school_events.core.context import Context
from school_events.events import store as events
from school_events.events.model import SchoolEvent


def closing_of(ctx: Context, event: SchoolEvent, pool: str) -> datetime | None:
    """Until when places of a pool can be offered and accepted, UTC; None, if that is over.

    A club may be joined while it runs, a trip or a single session until it begins; never once booking has closed.
    """
    sessions = events.sessions_of(ctx.school_id, event.id)
    gate = gates_of(event, sessions).get(pool)
    if event.status != "published" or gate is None or not gate.bookable:
        return None
    closes_at = gate.closes_at
    if event.kind == "trip":
        closes_at = min([closes_at, *(session.starts_at for session in sessions)])
    return closes_at if ctx.now < closes_at else None
