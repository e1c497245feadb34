"""Staff of events: who works at one, when somebody works, and who is to be at two at once."""

from infra.spec import CURSOR, EVENTS, INBOX, PEOPLE, READ, Capability, index, school, table

CAPABILITY = Capability(
    name="event_staff",
    about="Staff allocation, clashes and timetables",
    routes=(
        school("PUT", "/events/{event_id}/staff"),
        school("GET", "/events/{event_id}/staff"),
        school("GET", "/staff/{staff_id}/timetable"),
        school("GET", "/staff-clashes"),
    ),
    grants=(
        table(PEOPLE, *READ),
        table(EVENTS, *READ, "PutItem", "UpdateItem", "DeleteItem"),
        index(EVENTS, "listing", "by_staff"),
        # Rows of the change feed of who is allocated, or no longer is.
        table(INBOX, "PutItem"),
        CURSOR,
    ),
    memory=1024,
)
