"""People and teaching groups as the Portal has told them, and what its snapshots showed: reading only."""

from infra.spec import AUDIT, CURSOR, PEOPLE, READ, Capability, index, school, table

CAPABILITY = Capability(
    name="people",
    about="Read pupils, contacts, staff, teaching groups and what the Portal's snapshots showed",
    routes=(
        school("GET", "/pupils"),
        school("GET", "/pupils/{pupil_id}"),
        school("GET", "/contacts/{contact_id}"),
        school("GET", "/staff"),
        school("GET", "/teaching-groups"),
        school("GET", "/snapshots"),
        school("GET", "/snapshots/{snapshot_id}"),
    ),
    grants=(
        table(PEOPLE, *READ),
        index(PEOPLE, "listing", "by_pupil"),
        table(AUDIT, "PutItem"),
        CURSOR,
    ),
)
