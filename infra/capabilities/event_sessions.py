"""Single sessions of a club, beside its weekly plan: added, moved and cancelled one at a time."""

from infra.spec import BOOKINGS, EVENTS, GET, IDEMPOTENCY, PEOPLE, READ, Capability, index, school, table

CAPABILITY = Capability(
    name="event_sessions",
    about="Add, move and cancel single sessions of a club",
    routes=(
        school("POST", "/events/{event_id}/sessions"),
        school("PUT", "/events/{event_id}/sessions/{session_id}"),
        school("POST", "/events/{event_id}/sessions/{session_id}/cancel"),
    ),
    grants=(
        table(PEOPLE, *READ),
        # The check: places of sessions follow them while the event is as it was read.
        table(EVENTS, *READ, "PutItem", "UpdateItem", "ConditionCheckItem"),
        table(BOOKINGS, *READ, "PutItem", "UpdateItem"),
        # What the club's staff do besides: a session may clash with it.
        index(EVENTS, "by_staff"),
        table(IDEMPOTENCY, *GET, "PutItem"),
    ),
    layers=("events",),
    memory=1024,
)
