"""Every minute: what is due now, such as holds whose time is up and booking windows that close."""

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
    ScheduleTrigger,
    index,
    table,
)

CAPABILITY = Capability(
    name="housekeeping",
    about="Do what is due: expire holds, close bookings",
    triggers=(ScheduleTrigger(minutes=1),),
    grants=(
        table(PEOPLE, *READ),
        table(EVENTS, "UpdateItem"),
        index(EVENTS, "due"),
        table(BOOKINGS, *READ, *WRITE),
        index(BOOKINGS, "due"),
        table(PAYMENTS, *READ, "PutItem", "ConditionCheckItem"),
        table(INBOX, "PutItem"),
        STRIPE_KEY,
    ),
    settings=("STRIPE_API_URL",),
    layers=("stripe",),
    timeout=55,
)
