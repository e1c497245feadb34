"""The life of events: publishing, closing, cancelling, completing, duplicating, deleting and archiving them."""

from infra.spec import (
    BOOKINGS,
    EVENTS,
    GET,
    IDEMPOTENCY,
    INBOX,
    PEOPLE,
    READ,
    Capability,
    school,
    table,
)

CAPABILITY = Capability(
    name="event_lifecycle",
    about="Publish, close, cancel, complete and duplicate school events; delete drafts, archive what is over",
    routes=(
        school("POST", "/events/{event_id}/publish"),
        school("POST", "/events/{event_id}/close"),
        school("POST", "/events/{event_id}/cancel"),
        school("POST", "/events/{event_id}/complete"),
        school("POST", "/events/{event_id}/duplicate"),
        school("DELETE", "/events/{event_id}"),
    ),
    grants=(
        table(PEOPLE, *READ),
        # The check: the slots of a parents' evening are made while its event stands where it did.
        table(EVENTS, *READ, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
        # Making an event's places and shutting their gates; what becomes of bookings is housekeeping's.
        table(BOOKINGS, *READ, "PutItem", "UpdateItem"),
        # The change feed of who works at a draft that is deleted.
        table(INBOX, "PutItem"),
        table(IDEMPOTENCY, *GET, "PutItem"),
    ),
    layers=("events",),
    # Publishing a large parents' evening makes thousands of slots meanwhile (decision 0020).
    memory=1769,
    timeout=29,
)
