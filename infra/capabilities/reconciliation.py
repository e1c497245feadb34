"""The Portal's daily snapshots and changes of what a school authorises: everything held is compared and put right."""

from infra.spec import (
    INBOX,
    PEOPLE,
    READ,
    READ_SNAPSHOTS,
    RECONCILIATION_QUEUE,
    SEND_PORTAL_DLQ,
    SEND_RECONCILIATION,
    Capability,
    QueueTrigger,
    index,
    table,
)

CAPABILITY = Capability(
    name="reconciliation",
    about="Compare a school with the Portal's snapshot and put it right; refit what is held to what is authorised",
    triggers=(QueueTrigger(RECONCILIATION_QUEUE, batch=1),),
    grants=(
        table(PEOPLE, *READ, "PutItem", "DeleteItem"),
        index(PEOPLE, "listing", "by_pupil"),
        table(INBOX, "PutItem"),
        READ_SNAPSHOTS,
        SEND_RECONCILIATION,
        SEND_PORTAL_DLQ,
    ),
    settings=("SNAPSHOT_MOST_ABSENT_PERCENT",),
    memory=512,
    timeout=900,
)
