"""Each connected account once an hour: what Stripe says has happened and was not applied is queued again."""

from typing import Any

from school_events.core import clock, logs
from school_events.core.workers import context_of
from school_events.payments.events import service as events
from school_events.payments.events import store

_TIME_FOR_ONE_MS = 40_000
"""How long an account may take while Stripe hangs, two calls of it; with less left, the rest waits for the next run."""


def lambda_handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Ask for the events of the accounts that are due; says how many accounts, and how many events were missing."""
    now = clock.utc_now()
    done = {"accounts": 0, "missed": 0, "failed": 0}
    for one in store.due_sweeps(now):
        if context.get_remaining_time_in_millis() < _TIME_FOR_ONE_MS:
            break
        missed = events.sweep_safely(context_of(one.school_id, "system", "stripe_sweep", context, now), one)
        done["accounts"] += 1
        done["missed"] += missed or 0
        done["failed"] += missed is None
    logs.count("StripeSweepRun")
    logs.count("StripeEventMissed", done["missed"])
    logs.count("StripeSweepFailed", done["failed"])
    logs.logger.info("stripe sweep", extra=done)
    logs.flush()
    return done
