"""Forgetting people: taken out of everything that is kept of them, wherever it is."""

from infra.spec import (
    ANONYMISE_QUEUE,
    BOOKINGS,
    EVENTS,
    INBOX,
    PAYMENTS,
    PEOPLE,
    READ,
    Capability,
    PushGrant,
    QueueTrigger,
    index,
    table,
)

CAPABILITY = Capability(
    name="anonymise",
    about="Forget people whose time is up, tell families of links that have ended, let go what is held for leavers",
    triggers=(QueueTrigger(ANONYMISE_QUEUE, batch=5),),
    grants=(
        table(PEOPLE, *READ, "PutItem", "UpdateItem", "DeleteItem"),
        index(PEOPLE, "by_pupil"),
        table(EVENTS, "Query", "UpdateItem", "DeleteItem"),
        # The update: a place that was offered to who is forgotten is given back.
        table(BOOKINGS, *READ, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
        index(BOOKINGS, "by_pupil"),
        table(PAYMENTS, *READ, "PutItem", "UpdateItem"),
        table(INBOX, "Query", "PutItem", "DeleteItem"),
        PushGrant(on_endpoints=("sns:DeleteEndpoint",)),
    ),
    memory=512,
    timeout=60,
)
