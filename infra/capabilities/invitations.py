"""Who may come: audience previews, invitations and what families answer."""

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
    Capability,
    index,
    school,
    table,
)

CAPABILITY = Capability(
    name="invitations",
    about="Preview an audience, invite it, list and decline invitations",
    routes=(
        school("POST", "/events/{event_id}/audience-preview", rate=10, burst=20),
        school("POST", "/events/{event_id}/invitations", rate=10, burst=20),
        school("GET", "/events/{event_id}/invitations"),
        school("DELETE", "/events/{event_id}/late-joiners"),
        school("POST", "/events/{event_id}/reminders", rate=10, burst=20),
        school("POST", "/invitations/{invitation_id}/decline"),
    ),
    grants=(
        table(PEOPLE, *READ, "ConditionCheckItem"),
        index(PEOPLE, "listing", "by_pupil"),
        table(EVENTS, *READ, "PutItem", "UpdateItem", "ConditionCheckItem"),
        index(EVENTS, "by_event"),
        index(BOOKINGS, "by_event"),
        table(INBOX, "PutItem"),
        table(AUDIT, "PutItem"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        CURSOR,
    ),
    memory=1024,
    timeout=28,
)
