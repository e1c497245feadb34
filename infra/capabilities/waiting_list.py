"""The waiting list of an event that is full: turns, offers and what families answer."""

from infra.spec import (
    AUDIT,
    BOOKINGS,
    EVENTS,
    IDEMPOTENCY,
    INBOX,
    PAYMENTS,
    PEOPLE,
    READ,
    TAKE_HEALTH_ANSWERS,
    WRITE,
    Capability,
    index,
    school,
    table,
)

CAPABILITY = Capability(
    name="waiting_list",
    about="Wait for places of events that are full, accept and decline offers",
    routes=(
        # Everybody who comes too late may come in the same second.
        school("POST", "/events/{event_id}/waiting-list", rate=500, burst=2000),
        school("GET", "/events/{event_id}/waiting-list"),
        school("GET", "/me/waiting-list", rate=500, burst=2000),
        school("DELETE", "/waiting-list/{waiting_id}"),
        school("POST", "/offers/{waiting_id}/accept"),
        school("POST", "/offers/{waiting_id}/decline"),
    ),
    grants=(
        table(PEOPLE, *READ, "ConditionCheckItem"),
        # Who else may take an offer, if the link of who joined was cut.
        index(PEOPLE, "by_pupil"),
        table(EVENTS, *READ),
        table(BOOKINGS, *READ, *WRITE),
        # A place that costs is held until it is paid.
        table(PAYMENTS, "PutItem"),
        table(INBOX, "PutItem"),
        table(AUDIT, "PutItem"),
        table(IDEMPOTENCY, "GetItem", "BatchGetItem", "PutItem"),
        TAKE_HEALTH_ANSWERS,
    ),
    memory=1024,
)
