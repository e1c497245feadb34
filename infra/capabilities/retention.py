"""Every night: who has been kept as long as they may be, handed on to be forgotten."""

from infra.spec import BOOKINGS, GET, PEOPLE, SEND_ANONYMISE, Capability, DailyTrigger, index, table

CAPABILITY = Capability(
    name="retention",
    about="Find leavers whose time is up and links that have ended, and hand them on",
    triggers=(DailyTrigger(hour=2),),
    grants=(
        index(PEOPLE, "due"),
        # How far earlier runs have come (decisions/0002-due-watermark.md).
        table(BOOKINGS, *GET, "PutItem"),
        SEND_ANONYMISE,
    ),
    memory=512,
    timeout=300,
)
