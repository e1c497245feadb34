"""Every night at two, London time: whatever has been kept as long as it may be is forgotten."""

from functools import partial
from typing import Any

from school_events.bookings.health import erasing
from school_events.core import clock, logs
from school_events.core.shares import do_all
from school_events.privacy import retention

_TIME_FOR_ONE_MS = 20_000
"""How long a batch may take while SQS hangs; with less left, the rest waits for the next run."""


def lambda_handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Hand on who is due, erase what is due; says how much there was. Safe at any hour and as often as one likes."""
    now = clock.utc_now()
    by_name = {"handed_on": partial(retention.hand_on, now), "erased": partial(erasing.erase_due, now)}
    try:
        done = do_all(by_name, context.get_remaining_time_in_millis, _TIME_FOR_ONE_MS)
        logs.logger.info("retention", extra=done)
    finally:
        logs.flush()
    return done
