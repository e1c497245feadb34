"""Which of Stripe's events were applied."""

from datetime import datetime, timedelta
from typing import Annotated

from pynamodb.attributes import UnicodeAttribute

from school_events.core.dynamodb import put_if_absent, school_key
from school_events.core.inventory import Category, Kept, Purpose, Retention
from school_events.payments.store import PaymentsTableItem

_EVENTS_REMEMBERED = timedelta(days=40)
"""Stripe retries for three days and lists events for thirty; ours outlive both."""

_STRIPE_EVENT = Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.STRIPE)


class StripeEventItem(PaymentsTableItem, discriminator="stripe_event"):
    """A Stripe event that was applied."""

    pk: Annotated[UnicodeAttribute, _STRIPE_EVENT]


def event_is_done(school_id: str, stripe_event_id: str) -> bool:
    """Whether a Stripe event was applied already."""
    return StripeEventItem.count(school_key(school_id, "STRIPE_EVENT", stripe_event_id), consistent_read=True) > 0


def mark_event_done(school_id: str, stripe_event_id: str, now: datetime) -> None:
    """Note that a Stripe event was applied; only ever after it was (PAYMENTS.md "Webhook")."""
    put_if_absent(
        StripeEventItem(
            school_key(school_id, "STRIPE_EVENT", stripe_event_id),
            "STRIPE_EVENT",
            expires_at=int((now + _EVENTS_REMEMBERED).timestamp()),
        )
    )
