"""Payouts, reconciliation, an event's money: reading what was written down; asks Stripe nothing."""

from infra.spec import AUDIT, BOOKINGS, CURSOR, EVENTS, GET, PAYMENTS, PEOPLE, Capability, index, school, table

CAPABILITY = Capability(
    name="payouts",
    about="Show payouts, what they are made of, the ledger beside Stripe, and each event's money",
    routes=(
        school("GET", "/payouts"),
        school("GET", "/payouts/{payout_id}"),
        school("GET", "/payments/reconciliation"),
        school("GET", "/events/{event_id}/payments", rate=5, burst=10),
    ),
    grants=(
        table(PEOPLE, *GET, "BatchGetItem"),
        # The titles of the events that took the money.
        table(EVENTS, "GetItem", "BatchGetItem"),
        index(BOOKINGS, "by_event"),
        table(PAYMENTS, *GET, "BatchGetItem", "Query"),
        index(PAYMENTS, "ledger", "listing"),
        table(AUDIT, "PutItem"),
        CURSOR,
    ),
    timeout=29,
    memory=1024,
)
