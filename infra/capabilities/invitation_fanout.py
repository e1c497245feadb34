"""Invitations and reminders made in the background: too many for one request, or of pupils who join later."""

from infra.spec import (
    BOOKINGS,
    EVENTS,
    INVITATIONS_QUEUE,
    PAYMENTS,
    PEOPLE,
    READ,
    SEND_NOTIFICATIONS,
    Capability,
    QueueTrigger,
    index,
    table,
)

CAPABILITY = Capability(
    name="invitation_fanout",
    about="Invite large audiences and late joiners, remind who has not answered",
    triggers=(QueueTrigger(INVITATIONS_QUEUE, batch=10),),
    grants=(
        table(PEOPLE, *READ, "ConditionCheckItem"),
        index(PEOPLE, "listing"),
        table(EVENTS, *READ, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
        # Who is invited to an event and has not answered, and who has a place at it.
        index(EVENTS, "by_event"),
        index(BOOKINGS, "by_event"),
        # Whoever has left waits no longer: their turns and holds are made due.
        table(BOOKINGS, *READ, "UpdateItem", "PutItem"),
        table(PAYMENTS, "GetItem"),
        SEND_NOTIFICATIONS,
    ),
    memory=1024,
    timeout=120,
)
