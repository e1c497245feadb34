"""Every minute: what is due now: holds, closed and cancelled events, refunds, messages without a school."""

from infra.spec import (
    BOOKINGS,
    DELETE_KEPT_DOCUMENTS,
    DELETE_SENT_DOCUMENTS,
    EVENTS,
    INBOX,
    PAYMENTS,
    PEOPLE,
    READ,
    SEND_NOTIFICATIONS,
    SEND_PORTAL_DLQ,
    STRIPE_KEY,
    WRITE,
    Capability,
    ScheduleTrigger,
    index,
    table,
)

CAPABILITY = Capability(
    name="housekeeping",
    about="Do what is due: expire holds, close and cancel bookings, make refunds, refuse messages of unknown schools",
    triggers=(ScheduleTrigger(minutes=1),),
    grants=(
        # Messages that have waited too long for their school are refused, and no longer kept.
        # To whom places of a waiting list are offered: on roll, with an open link.
        table(PEOPLE, *READ, "DeleteItem", "ConditionCheckItem"),
        index(PEOPLE, "due", "by_pupil"),
        SEND_PORTAL_DLQ,
        # Slots and staff of parents' evenings follow its plan; news is forgotten.
        table(EVENTS, *READ, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
        # Whom a change of an event concerns, besides those who have booked it.
        index(EVENTS, "due", "by_event"),
        DELETE_SENT_DOCUMENTS,
        DELETE_KEPT_DOCUMENTS,
        table(BOOKINGS, *READ, *WRITE),
        index(BOOKINGS, "due", "by_event"),
        SEND_NOTIFICATIONS,
        table(PAYMENTS, *READ, "PutItem", "UpdateItem", "ConditionCheckItem"),
        index(PAYMENTS, "due"),
        table(INBOX, "PutItem"),
        STRIPE_KEY,
    ),
    settings=("STRIPE_API_URL",),
    layers=("stripe",),
    timeout=55,
)
