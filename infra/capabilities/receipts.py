"""Receipts: what a school received itself, past Stripe."""

from infra.spec import (
    AUDIT,
    BOOKINGS,
    GET,
    IDEMPOTENCY,
    INBOX,
    PAYMENTS,
    PEOPLE,
    READ,
    STRIPE_KEY,
    Capability,
    school,
    table,
)

CAPABILITY = Capability(
    name="receipts",
    about="Write down cash, vouchers and Tax-Free Childcare, match them with the bank's statement, take mistakes back",
    routes=(
        school("POST", "/payments/{payment_id}/receipts"),
        school("GET", "/payments/{payment_id}/receipts"),
        school("POST", "/payments/{payment_id}/receipts/{receipt_id}/match"),
        school("POST", "/payments/{payment_id}/receipts/{receipt_id}/reverse"),
    ),
    grants=(
        table(PEOPLE, *GET, "BatchGetItem"),
        table(BOOKINGS, *READ, "PutItem", "UpdateItem"),
        table(PAYMENTS, *READ, "PutItem"),
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
