"""What Stripe says of a page that was paid, for tests of what follows from it."""

from school_events.payments.model import CheckoutSnapshot, CheckoutStatus

SNAPSHOT = CheckoutSnapshot(
    session_id="cs_1",
    url=None,
    status=CheckoutStatus.COMPLETE,
    paid=True,
    amount=2500,
    currency="gbp",
    payment_id="payment_1",
    charge_id="ch_1",
    fee=58,
    balance_transaction_id="txn_1",
)
"""£25.00 paid for ``payment_1``, of which Stripe keeps 58p."""
