"""Invitations and reminders too many for one request, made in the background."""

from infra.spec import BOOKINGS, EVENTS, INVITATIONS_QUEUE, PEOPLE, READ, Capability, QueueTrigger, index, table

CAPABILITY = Capability(
    name="invitation_fanout",
    about="Invite large audiences, remind who has not answered",
    triggers=(QueueTrigger(INVITATIONS_QUEUE, batch=10),),
    grants=(
        table(PEOPLE, *READ),
        index(PEOPLE, "listing"),
        table(EVENTS, *READ, "PutItem", "UpdateItem", "ConditionCheckItem"),
        index(BOOKINGS, "by_event"),
    ),
    memory=1024,
    timeout=120,
)
