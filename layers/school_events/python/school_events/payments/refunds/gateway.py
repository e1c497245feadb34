"""Refunds at Stripe."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from school_events.core.context import Context
from school_events.core.money import pounds
from school_events.payments.refunds.model import Refund, RefundTrouble, StripeRefund
from school_events.payments.stripe_client import ask, stripe

if TYPE_CHECKING:
    from stripe import ListObject
    from stripe import Refund as StripesRefund
    from stripe.params import RefundListParams

_PAGE = 100

_TROUBLES = {
    "refund_disputed_payment": RefundTrouble.DISPUTED,
    "charge_already_refunded": RefundTrouble.GONE,
}
"""Stripe's codes for what is a trouble of ours already (https://docs.stripe.com/error-codes)."""


class Refused(Exception):
    """Stripe will not make a refund as it was asked; says its code (https://docs.stripe.com/error-codes)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def create_refund(ctx: Context, refund: Refund, charge_id: str, account_id: str) -> StripeRefund:
    """Give money back; the same refund asked again is the same refund (PAYMENTS.md 6).

    Args:
        ctx: the moment; its school is named in the metadata.
        refund: to make.
        charge_id: what was charged.
        account_id: the school's account that was paid.

    Raises:
        Refused: it cannot be made as it stands.
        AccountLeft: the school has disconnected that account.
        TryAgain: Stripe did not answer.
    """
    from stripe import InvalidRequestError

    try:
        made = ask(
            ctx,
            lambda: stripe().v1.refunds.create(
                params={
                    "charge": charge_id,
                    "amount": refund.amount.amount,
                    "metadata": {"school_id": ctx.school_id, "payment_id": refund.payment_id, "refund_id": refund.id},
                },
                options={"stripe_account": account_id, "idempotency_key": refund.next_key},
            ),
        )
    except InvalidRequestError as error:
        raise Refused(_TROUBLES.get(error.code or "", error.code) or RefundTrouble.REFUSED) from error
    return _read(made.to_dict())


def refunds_of_charge(ctx: Context, account_id: str, charge_id: str) -> list[StripeRefund]:
    """Every refund of a charge, whoever made it, oldest first.

    Raises:
        AccountLeft: the school has disconnected the account.
        TryAgain: Stripe did not answer.
    """
    return [_read(one) for one in _all(ctx, account_id, charge_id)][::-1]


def _all(ctx: Context, account_id: str, charge_id: str) -> Iterator[dict[str, Any]]:
    params: RefundListParams = {"charge": charge_id, "limit": _PAGE}
    while True:
        page = _page(ctx, account_id, params)
        yield from (one.to_dict() for one in page.data)
        if not page.has_more:
            return
        params = {**params, "starting_after": page.data[-1].id}


def _page(ctx: Context, account_id: str, params: "RefundListParams") -> "ListObject[StripesRefund]":
    return ask(ctx, lambda: stripe().v1.refunds.list(params=params, options={"stripe_account": account_id}))


def _read(found: dict[str, Any]) -> StripeRefund:
    return StripeRefund(
        id=found["id"],
        charge_id=found["charge"],
        amount=pounds(found["amount"]),
        status=found["status"] or "pending",
        taken=found.get("balance_transaction") is not None,
        failure=found.get("failure_reason"),
        refund_id=(found.get("metadata") or {}).get("refund_id"),
    )
