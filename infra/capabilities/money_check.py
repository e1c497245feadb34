"""Every five minutes: accounts whose day is over are compared with the ledger, what was missed is caught up with."""

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
    name="money_check",
    about="Compare the ledger with Stripe every day, catch up with what was missed, itemise payouts",
    triggers=(ScheduleTrigger(minutes=5),),
    grants=(
        # What money that nobody told us of means for a place is what it means for stripe_events.
        table(PEOPLE, *READ),
        table(EVENTS, "GetItem", "Query"),
        table(BOOKINGS, *READ, *WRITE),
        table(PAYMENTS, *READ, "PutItem", "UpdateItem", "BatchWriteItem", "ConditionCheckItem"),
        index(PAYMENTS, "ledger", "listing", "due"),
        table(INBOX, "PutItem"),
        STRIPE_KEY,
    ),
    settings=("STRIPE_API_URL",),
    layers=("stripe",),
    memory=1024,
    # Shorter than five minutes, so that two runs do not compare the same account at once.
    timeout=280,
)
