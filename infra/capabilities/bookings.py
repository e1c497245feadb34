"""Places: booking them and giving them up."""

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
    school,
    table,
)

CAPABILITY = Capability(
    name="bookings",
    about="Book and cancel places, and say how many there are",
    routes=(
        # Everybody invited may come in the same second: Lambda and the tables scale, and "full" is a cheap answer.
        school("POST", "/bookings", rate=500, burst=2000),
        school("GET", "/bookings/{booking_id}", rate=500, burst=2000),
        school("POST", "/bookings/{booking_id}/cancel"),
        school("GET", "/bookings/{booking_id}/cancellation"),
        school("GET", "/events/{event_id}/places"),
    ),
    grants=(
        table(PEOPLE, *READ, "ConditionCheckItem"),
        # The check: a place beyond the capacity has no gate, so it is made while the event is as it was read.
        table(EVENTS, *READ, "ConditionCheckItem"),
        table(BOOKINGS, *READ, *WRITE),
        table(PAYMENTS, *READ, "PutItem"),
        table(INBOX, "PutItem"),
        # That a place was made beyond the capacity.
        table(AUDIT, "PutItem"),
        table(IDEMPOTENCY, "GetItem", "BatchGetItem", "PutItem"),
        TAKE_HEALTH_ANSWERS,
    ),
    memory=1024,
)
