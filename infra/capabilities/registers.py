"""Registers: who has a place, who is expected at a session, who came and who took them away."""

from infra.spec import AUDIT, BOOKINGS, CURSOR, EVENTS, PEOPLE, Capability, index, school, table

CAPABILITY = Capability(
    name="registers",
    about="List who is booked; read and mark the registers of sessions",
    routes=(
        school("GET", "/events/{event_id}/bookings"),
        school("GET", "/events/{event_id}/sessions/{session_id}/register"),
        school("PUT", "/events/{event_id}/sessions/{session_id}/register"),
        school("GET", "/events/{event_id}/sessions/{session_id}/collectors"),
    ),
    grants=(
        table(PEOPLE, "GetItem", "BatchGetItem", "ConditionCheckItem"),
        # The families of children, who may take them away.
        index(PEOPLE, "by_pupil"),
        table(EVENTS, "GetItem"),
        table(BOOKINGS, "BatchGetItem", "PutItem", "ConditionCheckItem"),
        index(BOOKINGS, "by_event"),
        table(AUDIT, "PutItem"),
        CURSOR,
    ),
    memory=1024,
)
