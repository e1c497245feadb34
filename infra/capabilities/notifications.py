"""Telling people: an inbox entry each, and a push without personal data."""

from infra.spec import INBOX, NOTIFICATIONS_QUEUE, PEOPLE, READ, Capability, PushGrant, QueueTrigger, index, table

CAPABILITY = Capability(
    name="notifications",
    about="Write inbox entries and send pushes",
    triggers=(QueueTrigger(NOTIFICATIONS_QUEUE, batch=10),),
    grants=(
        table(PEOPLE, *READ),
        index(PEOPLE, "by_pupil"),
        table(INBOX, *READ, "PutItem", "UpdateItem", "DeleteItem"),
        PushGrant(on_endpoints=("sns:Publish",)),
    ),
    timeout=60,
)
