"""The Portal's messages, from their queue: the writer of pupils, contacts, links, staff and calendar."""

from infra.spec import (
    INBOX,
    PEOPLE,
    PORTAL_QUEUE,
    READ,
    SEND_PORTAL_DLQ,
    SEND_RECONCILIATION,
    Capability,
    QueueTrigger,
    index,
    table,
)

CAPABILITY = Capability(
    name="portal_sync",
    about="Apply the Portal's messages",
    triggers=(QueueTrigger(PORTAL_QUEUE, batch=10),),
    grants=(
        table(PEOPLE, *READ, "PutItem", "DeleteItem"),
        index(PEOPLE, "by_pupil"),
        table(INBOX, "PutItem"),
        SEND_PORTAL_DLQ,
        SEND_RECONCILIATION,
    ),
    timeout=60,
)
