"""The worker behind the webhook: each event makes us ask Stripe and move the payment forward."""

from typing import Any

from school_events.bookings import stripe_events
from school_events.bookings.stripe_events import StripeEvent
from school_events.core import clock, logs
from school_events.core.workers import context_of, each_record
from school_events.payments.accounts import store


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply a batch of queued webhooks."""

    def work(record: dict[str, Any]) -> None:
        stripe_event = StripeEvent.model_validate_json(record["body"])
        school_id = store.school_of_account(stripe_event.account) if stripe_event.account else None
        if school_id is None:
            logs.count("StripeEventOfNobody")
            return
        ctx = context_of(school_id, "stripe", "stripe_events", context, clock.utc_now())
        stripe_events.apply(ctx, stripe_event)

    return each_record(event, work)
