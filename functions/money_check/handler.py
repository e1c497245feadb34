"""Each connected account once a day, at five in the morning (UTC): the ledger beside Stripe, to the penny."""

from typing import Any

from school_events.bookings import money_checks
from school_events.core import clock, logs
from school_events.core.context import Context
from school_events.core.workers import context_of

_TIME_FOR_ONE_MS = 50_000
"""How long one thing may take to be caught up with while Stripe is slow; with less left, the rest waits."""


def lambda_handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Compare the accounts that are due; says how many, and how many differences they have. Safe at any time."""
    now = clock.utc_now()

    def context_for(school_id: str) -> Context:
        return context_of(school_id, "system", "money_check", context, now)

    def may_go_on() -> bool:
        return bool(context.get_remaining_time_in_millis() > _TIME_FOR_ONE_MS)

    done = money_checks.check_due(now, context_for, may_go_on)
    logs.logger.info("money check", extra={"done": done})
    logs.flush()
    return done
