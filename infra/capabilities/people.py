"""Pupils, contacts and staff as the Portal has told them: reading only."""

from infra.spec import AUDIT, CURSOR, PEOPLE, READ, Capability, index, school, table

CAPABILITY = Capability(
    name="people",
    about="Read pupils, contacts and staff",
    routes=(
        school("GET", "/pupils"),
        school("GET", "/pupils/{pupil_id}"),
        school("GET", "/contacts/{contact_id}"),
        school("GET", "/staff"),
    ),
    grants=(
        table(PEOPLE, *READ),
        index(PEOPLE, "listing", "by_pupil"),
        table(AUDIT, "PutItem"),
        CURSOR,
    ),
)
