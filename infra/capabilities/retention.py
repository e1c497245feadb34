"""Every night: what has been kept as long as it may be: people handed on to be forgotten, answers erased."""

from infra.spec import BOOKINGS, EVENTS, GET, PEOPLE, SEND_ANONYMISE, Capability, DailyTrigger, index, table

CAPABILITY = Capability(
    name="retention",
    about="Hand on leavers, those whose time is up and links that have ended; erase answers about health",
    triggers=(DailyTrigger(hour=2),),
    grants=(
        index(PEOPLE, "due"),
        # How far earlier runs have come (decisions/0002-due-watermark.md); answers about health that go, or stay.
        table(BOOKINGS, *GET, "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"),
        index(BOOKINGS, "due"),
        # When an event is over.
        table(EVENTS, *GET, "Query"),
        SEND_ANONYMISE,
    ),
    memory=512,
    timeout=300,
)
