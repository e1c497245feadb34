"""Invitations too many for one request, made in the background."""

from infra.spec import EVENTS, INVITATIONS_QUEUE, PEOPLE, READ, Capability, QueueTrigger, index, table

CAPABILITY = Capability(
    name="invitation_fanout",
    about="Invite large audiences",
    triggers=(QueueTrigger(INVITATIONS_QUEUE, batch=10),),
    grants=(
        table(PEOPLE, *READ),
        index(PEOPLE, "listing"),
        table(EVENTS, *READ, "PutItem", "UpdateItem", "ConditionCheckItem"),
    ),
    memory=1024,
    timeout=120,
)
