"""The worker behind the webhook: each event makes us ask Stripe and move the payment forward."""

from typing import Any

from school_events.bookings import stripe_events
from school_events.core import clock, logs
from school_events.core.errors import TryAgain
from school_events.core.patience import Patience
from school_events.core.workers import context_of, each_record
from school_events.payments.accounts import store
from school_events.payments.events.model import StripeEvent

_TIME_FOR_ONE_MS = 19_000
"""How long a call may take while Stripe hangs; with less left, the rest of the batch stays in the queue."""


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply a batch of queued webhooks.

    A Stripe that hangs is waited for once: what else of the batch asks it for the same school goes back to the queue.
    """
    patience = Patience()

    def work(record: dict[str, Any]) -> None:
        stripe_event = StripeEvent.model_validate_json(record["body"])
        school_id = store.school_of_account(stripe_event.account) if stripe_event.account else None
        if school_id is None or stripe_event.account is None:
            logs.count("StripeEventOfNobody")
            return
        if context.get_remaining_time_in_millis() < _TIME_FOR_ONE_MS:
            raise TryAgain
        ctx = context_of(school_id, "stripe", "stripe_events", context, clock.utc_now(), patience)
        stripe_events.apply(ctx, stripe_event.account, stripe_event)

    return each_record(event, work)
