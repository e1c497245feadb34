"""Giving money back, by the school."""

from infra.spec import (
    AUDIT,
    EVENTS,
    GET,
    IDEMPOTENCY,
    INBOX,
    PAYMENTS,
    PEOPLE,
    STRIPE_KEY,
    Capability,
    index,
    school,
    table,
)

CAPABILITY = Capability(
    name="refunds",
    about="Ask for refunds, ask again, note what the school gave back or dealt with itself, how far an event's are",
    routes=(
        school("POST", "/payments/{payment_id}/refunds", rate=20, burst=40),
        school("GET", "/payments/{payment_id}/refunds"),
        school("POST", "/payments/{payment_id}/refunds/{refund_id}/retry", rate=20, burst=40),
        school("POST", "/payments/{payment_id}/refunds/{refund_id}/paid-out", rate=20, burst=40),
        school("GET", "/events/{event_id}/refunds"),
        school("POST", "/attention/{kind}/{thing_id}/settle", rate=20, burst=40),
    ),
    grants=(
        table(PEOPLE, *GET, "BatchGetItem"),
        table(EVENTS, "GetItem"),
        table(PAYMENTS, "GetItem", "Query", "PutItem", "ConditionCheckItem"),
        index(PAYMENTS, "listing"),
        table(INBOX, "PutItem"),
        table(IDEMPOTENCY, *GET, "PutItem"),
        table(AUDIT, "PutItem"),
        STRIPE_KEY,
    ),
    settings=("STRIPE_API_URL",),
    layers=("stripe",),
    timeout=29,
    memory=1024,
)
