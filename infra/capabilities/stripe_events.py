"""What Stripe says happened to money, applied to the ledger and to the places that depend on it."""

from infra.spec import (
    BOOKINGS,
    EVENTS,
    INBOX,
    PAYMENTS,
    PEOPLE,
    READ,
    STRIPE_EVENTS_QUEUE,
    STRIPE_KEY,
    WRITE,
    Capability,
    QueueTrigger,
    table,
)

CAPABILITY = Capability(
    name="stripe_events",
    about="Apply Stripe's events to ledger and bookings",
    # Ten times six minutes: a Stripe that is out for less makes no dead letters.
    triggers=(QueueTrigger(STRIPE_EVENTS_QUEUE, batch=5, receives=10),),
    grants=(
        table(PEOPLE, *READ),
        # Whether a place that is given back is one too many, and whether what late money is for has begun.
        table(EVENTS, "GetItem", "Query"),
        table(BOOKINGS, *READ, *WRITE),
        table(PAYMENTS, *READ, "PutItem", "UpdateItem", "ConditionCheckItem"),
        table(INBOX, "PutItem"),
        STRIPE_KEY,
    ),
    settings=("STRIPE_API_URL",),
    layers=("stripe",),
    timeout=60,
)
