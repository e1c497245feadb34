"""What follows a write follows from the tables' streams: our messages, notifications, the audit log."""

from infra.spec import (
    AUDIT,
    BOOKINGS,
    EVENTS,
    INBOX,
    PAYMENTS,
    PEOPLE,
    PUT_MESSAGES,
    READ,
    SEND_INVITATIONS,
    SEND_NOTIFICATIONS,
    Capability,
    StreamTrigger,
    table,
)

CAPABILITY = Capability(
    name="outbox",
    about="Turn table changes into messages, notifications and audit lines",
    triggers=(
        StreamTrigger(PEOPLE, ("SCHOOL", "CALENDAR#*", "PUPIL", "CONTACT", "LINK#*", "STAFF", "GROUP#*")),
        StreamTrigger(EVENTS, ("EVENT", "INVITATION#*", "ROUND#*", "STANDING#*", "TEMPLATE#*", "DOCUMENT#*")),
        StreamTrigger(BOOKINGS, ("BOOKING", "REGISTER#*", "WAITING#*")),
        StreamTrigger(PAYMENTS, ("PAYMENT", "REFUND#*", "ATTENTION#*", "DISPUTE#*", "STRIPE_ACCOUNT", "RECEIPT#*")),
    ),
    grants=(
        table(PEOPLE, *READ),
        table(AUDIT, "PutItem"),
        # Who works at an event that has changed, and their change feeds.
        table(EVENTS, "Query"),
        table(INBOX, "PutItem"),
        PUT_MESSAGES,
        SEND_NOTIFICATIONS,
        SEND_INVITATIONS,
    ),
    timeout=60,
)
