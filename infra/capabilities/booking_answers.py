"""Answers to forms: given anew, consents, and who reads what families tell of a child's health."""

from infra.spec import (
    AUDIT,
    BOOKINGS,
    CURSOR,
    EVENTS,
    GET,
    IDEMPOTENCY,
    INBOX,
    PEOPLE,
    READ,
    TAKE_AND_READ_HEALTH_ANSWERS,
    Capability,
    index,
    school,
    table,
)

CAPABILITY = Capability(
    name="booking_answers",
    about="Answer forms anew, give and withdraw consents, read answers",
    routes=(
        school("PUT", "/bookings/{booking_id}/answers"),
        school("GET", "/bookings/{booking_id}/answers"),
        school("GET", "/bookings/{booking_id}/consents"),
        school("GET", "/events/{event_id}/answers"),
    ),
    grants=(
        table(PEOPLE, *GET, "BatchGetItem", "ConditionCheckItem"),
        table(EVENTS, *GET),
        table(BOOKINGS, *READ, "PutItem", "DeleteItem"),
        index(BOOKINGS, "by_event"),
        table(INBOX, "PutItem"),
        table(AUDIT, "PutItem"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        TAKE_AND_READ_HEALTH_ANSWERS,
        CURSOR,
    ),
    memory=1024,
)
