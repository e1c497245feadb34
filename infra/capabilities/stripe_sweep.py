"""Every five minutes: of accounts whose hour is over, Stripe is asked what happened; what is missing is queued."""

from infra.spec import (
    BOOKINGS,
    GET,
    PAYMENTS,
    SEND_STRIPE_EVENTS,
    STRIPE_KEY,
    Capability,
    ScheduleTrigger,
    index,
    table,
)

CAPABILITY = Capability(
    name="stripe_sweep",
    about="Ask Stripe for events that were not applied, and queue them",
    triggers=(ScheduleTrigger(minutes=5),),
    grants=(
        # Which events were applied; until when each account was asked for.
        table(PAYMENTS, "BatchGetItem", "UpdateItem"),
        index(PAYMENTS, "due"),
        # How far earlier runs have come (decisions/0002-due-watermark.md).
        table(BOOKINGS, *GET, "PutItem"),
        STRIPE_KEY,
        SEND_STRIPE_EVENTS,
    ),
    settings=("STRIPE_API_URL",),
    layers=("stripe",),
    timeout=240,
)
