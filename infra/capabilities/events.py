"""Clubs, trips and parents' evenings: making, changing and publishing them, and who of the staff runs them."""

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
    about="Create, change, publish and close school events; staff allocation and timetables",
    routes=(
        school("POST", "/events"),
        school("GET", "/events"),
        school("GET", "/events/{event_id}"),
        school("PATCH", "/events/{event_id}"),
        school("POST", "/events/{event_id}/publish"),
        school("POST", "/events/{event_id}/close"),
        school("PUT", "/events/{event_id}/staff"),
        school("GET", "/events/{event_id}/staff"),
        school("GET", "/staff/{staff_id}/timetable"),
    ),
    grants=(
        table(PEOPLE, *READ),
        table(EVENTS, *READ, "PutItem", "UpdateItem", "DeleteItem"),
        index(EVENTS, "listing", "by_staff"),
        table(BOOKINGS, *READ, "PutItem", "UpdateItem"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        CURSOR,
    ),
    layers=("events",),
    memory=1024,
)
