"""The functions of the product, one module each: what reaches it and what it may touch."""

from infra.capabilities import (
    bookings,
    docs,
    events,
    family,
    housekeeping,
    invitations,
    notifications,
    outbox,
    payments,
    people,
    portal_sync,
    reconciliation,
    report_export,
    reports,
    stripe_events,
    stripe_webhook,
)

CAPABILITIES = (
    events.CAPABILITY,
    invitations.CAPABILITY,
    bookings.CAPABILITY,
    payments.CAPABILITY,
    people.CAPABILITY,
    family.CAPABILITY,
    reports.CAPABILITY,
    docs.CAPABILITY,
    stripe_webhook.CAPABILITY,
    portal_sync.CAPABILITY,
    reconciliation.CAPABILITY,
    stripe_events.CAPABILITY,
    notifications.CAPABILITY,
    report_export.CAPABILITY,
    outbox.CAPABILITY,
    housekeeping.CAPABILITY,
)
