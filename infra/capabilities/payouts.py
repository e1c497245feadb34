"""Payouts and reconciliation: reading what the daily comparison has written down; asks Stripe nothing."""

from infra.spec import AUDIT, CURSOR, EVENTS, GET, PAYMENTS, PEOPLE, Capability, index, school, table

CAPABILITY = Capability(
    name="payouts",
    about="Show payouts, what they are made of, and the ledger beside Stripe",
    routes=(
        school("GET", "/payouts"),
        school("GET", "/payouts/{payout_id}"),
        school("GET", "/payments/reconciliation"),
    ),
    grants=(
        table(PEOPLE, *GET, "BatchGetItem"),
        # The titles of the events that took the money.
        table(EVENTS, "BatchGetItem"),
        table(PAYMENTS, *GET, "Query"),
        index(PAYMENTS, "ledger", "listing"),
        table(AUDIT, "PutItem"),
        CURSOR,
    ),
    memory=512,
)
