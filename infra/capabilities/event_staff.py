"""Staff of events: who works at one, and when somebody works."""

from infra.spec import EVENTS, PEOPLE, READ, Capability, index, school, table

CAPABILITY = Capability(
    name="event_staff",
    about="Staff allocation and timetables",
    routes=(
        school("PUT", "/events/{event_id}/staff"),
        school("GET", "/events/{event_id}/staff"),
        school("GET", "/staff/{staff_id}/timetable"),
    ),
    grants=(
        table(PEOPLE, *READ),
        table(EVENTS, *READ, "PutItem", "UpdateItem", "DeleteItem"),
        index(EVENTS, "by_staff"),
    ),
    memory=1024,
)
