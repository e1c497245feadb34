"""Money: opening a checkout, what was paid, and the school's own Stripe account."""

from infra.spec import (
    AUDIT,
    BOOKINGS,
    CURSOR,
    EVENTS,
    INBOX,
    PAYMENTS,
    PEOPLE,
    READ,
    STRIPE_KEY,
    WRITE,
    Capability,
    index,
    school,
    table,
)

CAPABILITY = Capability(
    name="payments",
    about="Open checkouts, list payments, connect the school's Stripe account",
    routes=(
        school("POST", "/bookings/{booking_id}/checkout", rate=200, burst=1000),
        school("GET", "/payments"),
        school("GET", "/attention"),
        school("GET", "/payments/{payment_id}"),
        school("POST", "/payments/{payment_id}/return", rate=5, burst=10),
        school("POST", "/school/stripe-account", rate=5, burst=10),
        school("GET", "/school/stripe-account"),
    ),
    grants=(
        table(PEOPLE, *READ),
        table(EVENTS, *READ),
        table(BOOKINGS, *READ, *WRITE),
        table(PAYMENTS, *READ, "PutItem", "UpdateItem", "ConditionCheckItem"),
        index(PAYMENTS, "listing"),
        table(INBOX, "PutItem"),
        table(AUDIT, "PutItem"),
        STRIPE_KEY,
        CURSOR,
    ),
    settings=("APP_URL", "STRIPE_API_URL"),
    layers=("stripe",),
    timeout=29,
    memory=1024,
)
