"""The slots of parents' evenings: their plan, which makes and moves places, the grid, and who has them."""

from infra.spec import AUDIT, BOOKINGS, EVENTS, INBOX, PEOPLE, READ, Capability, school, table

CAPABILITY = Capability(
    name="event_slots",
    about="Plan the slots of parents' evenings, and show them",
    routes=(
        school("PUT", "/events/{event_id}/slot-plan"),
        school("GET", "/events/{event_id}/slots"),
        school("GET", "/events/{event_id}/appointments"),
    ),
    grants=(
        table(PEOPLE, *READ),
        # The plan with its event, and the allocations of those who sit at desks.
        table(EVENTS, *READ, "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
        table(BOOKINGS, *READ, "PutItem", "UpdateItem"),
        table(INBOX, "PutItem"),
        table(AUDIT, "PutItem"),
    ),
    # Thousands of slots are moved while the administrator waits (decision 0020).
    memory=1769,
    timeout=29,
)
