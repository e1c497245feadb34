"""Clubs, trips and parents' evenings: making, reading and changing them, and who of the staff runs them."""

from infra.spec import (
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
    about="Create, list and change school events; staff allocation and timetables",
    routes=(
        school("POST", "/events"),
        school("GET", "/events"),
        school("GET", "/events/{event_id}"),
        school("PATCH", "/events/{event_id}"),
        school("PUT", "/events/{event_id}/staff"),
        school("GET", "/events/{event_id}/staff"),
        school("GET", "/staff/{staff_id}/timetable"),
    ),
    grants=(
        table(PEOPLE, *READ),
        table(EVENTS, *READ, "PutItem", "UpdateItem", "DeleteItem"),
        index(EVENTS, "listing", "by_staff"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        CURSOR,
    ),
    layers=("events",),
    memory=1024,
)
