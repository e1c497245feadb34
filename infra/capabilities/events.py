"""Clubs, trips and parents' evenings: making, reading, listing and changing them."""

from infra.spec import (
    BOOKINGS,
    CURSOR,
    EVENTS,
    GET,
    IDEMPOTENCY,
    PEOPLE,
    READ,
    Capability,
    index,
    school,
    table,
)

CAPABILITY = Capability(
    name="events",
    about="Create, read, list and change school events",
    routes=(
        school("POST", "/events"),
        school("GET", "/events"),
        school("GET", "/events/{event_id}"),
        school("PATCH", "/events/{event_id}"),
    ),
    grants=(
        table(PEOPLE, *READ),
        # The check: places follow a new capacity while the event is as it was read.
        table(EVENTS, *READ, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
        table(BOOKINGS, *READ, "PutItem", "UpdateItem"),
        index(EVENTS, "listing", "by_staff"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        CURSOR,
    ),
    layers=("events",),
    memory=1024,
)
