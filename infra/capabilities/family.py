"""What is the caller's own: who they are, invitations, bookings, changes since a cursor, inbox and devices."""

from infra.spec import (
    BOOKINGS,
    CURSOR,
    EVENTS,
    GET,
    IDEMPOTENCY,
    INBOX,
    PAYMENTS,
    PEOPLE,
    READ,
    Capability,
    PushGrant,
    Route,
    index,
    school,
    table,
)

CAPABILITY = Capability(
    name="family",
    about="A parent's or staff member's own: memberships, invitations, bookings, sync, inbox, devices",
    routes=(
        Route("GET", "/v1/me", rate=500, burst=2000),
        school("GET", "/me/invitations", rate=500, burst=2000),
        school("GET", "/me/bookings", rate=500, burst=2000),
        school("GET", "/me/payments", rate=500, burst=2000),
        school("GET", "/me/sync", rate=500, burst=2000),
        school("GET", "/me/inbox", rate=500, burst=2000),
        school("POST", "/me/inbox/read"),
        school("PUT", "/me/devices/{device_id}"),
        school("DELETE", "/me/devices/{device_id}"),
    ),
    grants=(
        table(PEOPLE, *READ),
        # That an invitation was seen.
        table(EVENTS, *READ, "UpdateItem"),
        index(EVENTS, "by_staff"),
        table(BOOKINGS, *READ),
        index(BOOKINGS, "by_pupil"),
        table(PAYMENTS, "GetItem", "BatchGetItem"),
        table(INBOX, *READ, "PutItem", "UpdateItem", "DeleteItem"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        CURSOR,
        PushGrant(
            on_application=("sns:CreatePlatformEndpoint",),
            on_endpoints=("sns:DeleteEndpoint", "sns:SetEndpointAttributes"),
        ),
    ),
    memory=1024,
)
