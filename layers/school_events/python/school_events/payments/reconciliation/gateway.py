"""Whose a movement at Stripe is."""

from typing import Any

from school_events.core.context import Context
from school_events.payments.stripe_client import ask, stripe


def payment_of(ctx: Context, account_id: str, source: str) -> str | None:
    """The payment that a charge, refund or dispute is of, as the charge's metadata say; none of what is not ours, or
    not there.

    Args:
        ctx: the moment.
        account_id: the connected account.
        source: Stripe's id of it; what it is tells its prefix (https://docs.stripe.com/api).

    Raises:
        TryAgain: Stripe did not answer.
        AccountLeft: we may not act for the account.
    """
    from stripe import InvalidRequestError

    try:
        charge = _charge_of(ctx, account_id, source)
    except InvalidRequestError:
        return None
    found = charge.get("metadata", {}).get("payment_id")
    return found if isinstance(found, str) else None


def _charge_of(ctx: Context, account_id: str, source: str) -> dict[str, Any]:
    match source.partition("_")[0]:
        case "ch" | "py":
            return ask(
                ctx, lambda: stripe().v1.charges.retrieve(source, options={"stripe_account": account_id})
            ).to_dict()
        case "re" | "pyr":
            refund = ask(
                ctx,
                lambda: stripe().v1.refunds.retrieve(
                    source, params={"expand": ["charge"]}, options={"stripe_account": account_id}
                ),
            )
            return _expanded(refund.to_dict())
        case "du" | "dp":
            dispute = ask(
                ctx,
                lambda: stripe().v1.disputes.retrieve(
                    source, params={"expand": ["charge"]}, options={"stripe_account": account_id}
                ),
            )
            return _expanded(dispute.to_dict())
    return {}


def _expanded(found: dict[str, Any]) -> dict[str, Any]:
    charge = found.get("charge")
    return charge if isinstance(charge, dict) else {}
