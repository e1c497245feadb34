"""Every minute: whatever is due."""

from typing import Any

from school_events.bookings import chores
from school_events.core import clock, logs
from school_events.core.context import Context
from school_events.core.workers import context_of
from school_events.people import waiting

_TIME_FOR_ONE_MS = 20_000
"""How long one chore may take while Stripe hangs; with less left, the rest waits for the next minute."""


def lambda_handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Do what is due now; says how much there was."""
    now = clock.utc_now()

    def context_for(school_id: str) -> Context:
        return context_of(school_id, "system", "housekeeping", context, now)

    def may_go_on() -> bool:
        return bool(context.get_remaining_time_in_millis() > _TIME_FOR_ONE_MS)

    done = {
        "gates": chores.shut_gates(now, context_for, may_go_on),
        "capacity": chores.let_places_follow(now, context_for, may_go_on),
        "places": chores.move_returned_places_on(now, context_for, may_go_on),
        "turns": chores.look_after_turns(now, context_for, may_go_on),
        "news": chores.tell_news(now, may_go_on),
        "documents": chores.clear_documents(now, may_go_on),
        "waiting": waiting.refuse_overdue(now, may_go_on),
        "cancelled": chores.call_events_off(now, context_for, may_go_on),
        "slots": chores.arrange_due_slots(now, context_for, may_go_on),
        "holds": chores.let_due_holds_go(now, context_for, may_go_on),
        "unpaid": chores.look_after_unpaid(now, context_for, may_go_on),
        "refunds": chores.make_due_refunds(now, context_for, may_go_on),
    }
    logs.logger.info("housekeeping", extra={"done": done})
    logs.flush()
    return done
