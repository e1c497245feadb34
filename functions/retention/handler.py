"""Every night at two, London time: whatever has been kept as long as it may be is forgotten."""

from typing import Any

from school_events.bookings.health import erasing
from school_events.core import clock, logs
from school_events.privacy import retention

_TIME_FOR_ONE_MS = 20_000
"""How long a batch may take while SQS hangs; with less left, the rest waits for the next run."""


def lambda_handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Hand on who is due, erase what is due; says how much there was. Safe at any hour and as often as one likes."""
    now = clock.utc_now()

    def may_go_on() -> bool:
        return bool(context.get_remaining_time_in_millis() > _TIME_FOR_ONE_MS)

    done = {"handed_on": retention.hand_on(now, may_go_on), "erased": erasing.erase_due(now, may_go_on)}
    logs.logger.info("retention", extra=done)
    logs.flush()
    return done
