"""Every minute: whatever is due."""

from functools import partial
from typing import Any

from school_events.bookings import chores
from school_events.core import clock, logs
from school_events.core.context import Context
from school_events.core.patience import Patience
from school_events.core.shares import do_all
from school_events.core.workers import context_of
from school_events.people import waiting

_TIME_FOR_ONE_MS = 20_000
"""How long one chore may take while Stripe hangs; with less left, the rest waits for the next minute."""


def lambda_handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Do what is due now; says how much there was."""
    now, patience = clock.utc_now(), Patience()

    def context_for(school_id: str) -> Context:
        return context_of(school_id, "system", "housekeeping", context, now, patience)

    by_name = {
        "gates": partial(chores.shut_gates, now, context_for),
        "capacity": partial(chores.let_places_follow, now, context_for),
        "places": partial(chores.move_returned_places_on, now, context_for),
        "turns": partial(chores.look_after_turns, now, context_for),
        "news": partial(chores.tell_news, now),
        "documents": partial(chores.clear_documents, now),
        "waiting": partial(waiting.refuse_overdue, now),
        "cancelled": partial(chores.call_events_off, now, context_for),
        "slots": partial(chores.arrange_due_slots, now, context_for),
        "holds": partial(chores.let_due_holds_go, now, context_for),
        "unpaid": partial(chores.look_after_unpaid, now, context_for),
        "refunds": partial(chores.make_due_refunds, now, context_for),
    }
    try:
        done = do_all(by_name, context.get_remaining_time_in_millis, _TIME_FOR_ONE_MS)
        logs.logger.info("housekeeping", extra={"done": done})
    finally:
        logs.flush()
    return done
