"""Checkouts of what is due later, or given: instalments, contributions, several payments in one go."""

from infra.spec import (
    BOOKINGS,
    EVENTS,
    INBOX,
    PAYMENTS,
    PEOPLE,
    READ,
    STRIPE_KEY,
    WRITE,
    Capability,
    school,
    table,
)

CAPABILITY = Capability(
    name="checkouts",
    about="Open checkouts of instalments, of several payments of a family in one go, and of contributions",
    routes=(
        school("POST", "/payments/{payment_id}/checkout", rate=200, burst=1000),
        school("POST", "/checkouts", rate=200, burst=1000),
        school("POST", "/bookings/{booking_id}/contribution"),
    ),
    grants=(
        table(PEOPLE, *READ),
        table(EVENTS, *READ),
        # A page that turns out to be paid is applied at once, whatever it was for.
        table(BOOKINGS, *READ, *WRITE),
        table(PAYMENTS, *READ, "PutItem", "UpdateItem", "ConditionCheckItem"),
        table(INBOX, "PutItem"),
        STRIPE_KEY,
    ),
    settings=("APP_URL", "STRIPE_API_URL"),
    layers=("stripe",),
    timeout=29,
    memory=1024,
)
