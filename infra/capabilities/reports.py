"""Reports on screen, and asking for, following and fetching exports of them."""

from infra.spec import (
    AUDIT,
    BOOKINGS,
    CURSOR,
    EVENTS,
    GET,
    IDEMPOTENCY,
    PAYMENTS,
    PEOPLE,
    READ,
    READ_EXPORTS,
    REPORTS,
    SEND_EXPORTS,
    Capability,
    Grant,
    index,
    school,
    table,
)

# Also what a background export reads.
SOURCES: tuple[Grant, ...] = (
    table(PEOPLE, *READ),
    table(EVENTS, *READ),
    index(EVENTS, "listing"),
    index(BOOKINGS, "by_event"),
    table(PAYMENTS, *READ),
    index(PAYMENTS, "ledger"),
)

CAPABILITY = Capability(
    name="reports",
    about="Reports on screen; exports asked for, followed and fetched",
    routes=(
        school("GET", "/reports/{name}", rate=20, burst=40),
        school("POST", "/reports", rate=10, burst=20),
        school("GET", "/report-exports/{export_id}"),
        school("GET", "/report-exports/{export_id}/file", rate=20, burst=40),
    ),
    grants=(
        *SOURCES,
        table(REPORTS, *GET, "PutItem"),
        table(AUDIT, "PutItem"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        SEND_EXPORTS,
        READ_EXPORTS,
        CURSOR,
    ),
    memory=1024,
    timeout=28,
)
