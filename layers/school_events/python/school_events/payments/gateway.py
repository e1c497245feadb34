"""Hosted Checkout at Stripe, on the school's own account (Connect, direct charges)."""

from typing import TYPE_CHECKING, Any

from school_events.core import logs
from school_events.core.context import Context
from school_events.payments.model import CheckoutSnapshot, CheckoutStatus, Payment
from school_events.payments.stripe_client import ask, stripe

if TYPE_CHECKING:
    from stripe.checkout import Session

_EXPANDED = ["payment_intent.latest_charge.balance_transaction"]


class NotOpened(Exception):
    """Stripe opens no such page, and opened none under this attempt's key before."""


class NotExpirable(Exception):
    """Stripe will not close the session: it was paid, or is closed already. Fetch it to see which."""


def create_session(ctx: Context, payment: Payment) -> CheckoutSnapshot:
    """Open Stripe's payment page for a payment whose checkout has begun.

    The parameters come from what is stored, so a retry asks the same. Metadata holds opaque ids only, on the
    session and on the intent (PAYMENTS.md 2). The payer sees "School event", never a child's name. How it may be paid
    is named: of what a school switches on at Stripe, nothing else is offered, since it could take days unforeseen.

    Args:
        ctx: the moment; its school is named in the metadata.
        payment: with its checkout begun.

    Raises:
        NotOpened: Stripe refuses; among others once the page would be open for less than its 30 minutes, so that
            an attempt it did not hear of in time never gets a page.
        TryAgain: Stripe did not answer.
    """
    from stripe import InvalidRequestError

    try:
        return _snapshot(_create_session(ctx, payment))
    except InvalidRequestError as error:
        # The payer is told that the school takes no payments; whoever operates this finds out why.
        logs.logger.warning("stripe opens no page", code=error.code, param=error.param)
        raise NotOpened(error.code or "") from error


def _create_session(ctx: Context, payment: Payment) -> "Session":
    checkout = payment.checkout
    if checkout is None:
        raise ValueError("the checkout has not begun")
    metadata = {"school_id": ctx.school_id, "payment_id": payment.id}
    return ask(
        ctx,
        lambda: stripe().v1.checkout.sessions.create(
            params={
                "mode": "payment",
                "client_reference_id": payment.id,
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": checkout.amount.currency,
                            "unit_amount": checkout.amount.amount,
                            "product_data": {"name": "School event"},
                        },
                    }
                ],
                "allowed_payment_method_types": ["card", "bacs_debit"] if checkout.direct_debit else ["card"],
                "expires_at": int(checkout.expires_at.timestamp()),
                "metadata": metadata,
                "payment_intent_data": {"metadata": metadata},
                "success_url": f"{checkout.return_url}?payment={payment.id}&state=returned",
                "cancel_url": f"{checkout.return_url}?payment={payment.id}&state=left",
            },
            options={"stripe_account": checkout.account_id, "idempotency_key": f"cs:{payment.id}:{checkout.attempt}"},
        ),
    )


def find_session(ctx: Context, account_id: str, session_id: str) -> CheckoutSnapshot:
    """A Checkout Session as it is now, with its charge and Stripe's fee if it is paid.

    Raises:
        TryAgain: Stripe did not answer.
    """
    session = ask(
        ctx,
        lambda: stripe().v1.checkout.sessions.retrieve(
            session_id, params={"expand": _EXPANDED}, options={"stripe_account": account_id}
        ),
    )
    return _snapshot(session)


def expire_session(ctx: Context, account_id: str, session_id: str) -> None:
    """Close Stripe's payment page, so that nobody can pay any more (PAYMENTS.md 4).

    Raises:
        NotExpirable: it is not open.
        TryAgain: Stripe did not answer.
    """
    from stripe import InvalidRequestError

    try:
        ask(ctx, lambda: stripe().v1.checkout.sessions.expire(session_id, options={"stripe_account": account_id}))
    except InvalidRequestError as error:
        raise NotExpirable from error


def _snapshot(session: "Session") -> CheckoutSnapshot:
    found = session.to_dict()
    intent = _expanded(found.get("payment_intent"))
    charge = _expanded(intent.get("latest_charge"))
    balance = _expanded(charge.get("balance_transaction"))
    return CheckoutSnapshot(
        session_id=found["id"],
        url=found.get("url"),
        status=CheckoutStatus(found["status"]),
        paid=found["payment_status"] == "paid",
        on_its_way=found["status"] == "complete" and intent.get("status") == "processing",
        amount=found["amount_total"],
        currency=found["currency"],
        payment_id=(found.get("metadata") or {}).get("payment_id"),
        payment_intent_id=intent.get("id"),
        charge_id=charge.get("id"),
        received=balance.get("amount"),
        fee=balance.get("fee", 0),
        balance_transaction_id=balance.get("id"),
    )


def _expanded(value: Any) -> dict[str, Any]:
    """An object Stripe was asked to include; by its id alone if it was not included, empty if there is none."""
    if isinstance(value, dict):
        return value
    return {} if value is None else {"id": value}
