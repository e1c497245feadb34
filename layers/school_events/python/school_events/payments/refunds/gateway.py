"""Refunds at Stripe."""

from school_events.payments.model import Payment
from school_events.payments.refunds.model import Refund
from school_events.payments.stripe_client import ask, stripe


def create_refund(school_id: str, payment: Payment, refund: Refund) -> str:
    """Give money back; the same refund asked again is the same refund (PAYMENTS.md 6).

    Returns:
        Stripe's id of the refund.

    Raises:
        TryAgain: Stripe did not answer.
    """
    if payment.charge_id is None or payment.checkout is None:
        raise ValueError("nothing was charged")
    charge_id, account_id = payment.charge_id, payment.checkout.account_id
    made = ask(
        lambda: stripe().v1.refunds.create(
            params={
                "charge": charge_id,
                "amount": refund.amount.amount,
                "metadata": {"school_id": school_id, "payment_id": payment.id, "refund_id": refund.id},
            },
            options={"stripe_account": account_id, "idempotency_key": refund.idempotency_key},
        )
    )
    return made.id
