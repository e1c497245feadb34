"""Stripe's balance transactions: what really moved in a school's balance."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from school_events.core.context import Context
from school_events.payments.ledger.mirroring import Movement, mirror_of
from school_events.payments.stripe_client import ask, stripe

if TYPE_CHECKING:
    from stripe.params import BalanceTransactionListParams

_PAGE = 100


def movements_since(ctx: Context, account_id: str, since: datetime) -> Iterator[Movement]:
    """What moved in an account's balance until now, newest first.

    Args:
        ctx: the moment.
        account_id: the connected account.
        since: at or after, UTC.

    Raises:
        TryAgain: Stripe did not answer.
        AccountLeft: we may not act for the account.
    """
    return _movements(ctx, account_id, {"created": {"gte": int(since.timestamp())}})


def movements_of_source(ctx: Context, account_id: str, source: str) -> list[Movement]:
    """All that moved for one charge, refund, dispute or payout, nothing if there is none such; raises as above."""
    from stripe import InvalidRequestError

    try:
        return list(_movements(ctx, account_id, {"source": source}))
    except InvalidRequestError:
        return []


def movements_of_payout(ctx: Context, account_id: str, payout_id: str) -> list[Movement]:
    """What a payout is made of, once Stripe has worked it out; itself is left out. Raises as above."""
    found = _movements(ctx, account_id, {"payout": payout_id})
    return [moved for moved in found if moved.source != payout_id]


def _movements(ctx: Context, account_id: str, params: "BalanceTransactionListParams") -> Iterator[Movement]:
    after = None
    while True:
        page = _page(ctx, account_id, params, after)
        for row in page["data"]:
            yield _movement(row)
        if not page["has_more"]:
            return
        after = page["data"][-1]["id"]


def _page(ctx: Context, account_id: str, params: "BalanceTransactionListParams", after: str | None) -> dict[str, Any]:
    asked: BalanceTransactionListParams = {**params, "limit": _PAGE, "expand": ["data.source"]}
    if after is not None:
        asked["starting_after"] = after
    return ask(
        ctx, lambda: stripe().v1.balance_transactions.list(params=asked, options={"stripe_account": account_id})
    ).to_dict()


def _movement(row: dict[str, Any]) -> Movement:
    source = row["source"] if isinstance(row["source"], dict) else {"id": row["source"]}
    payment_id = (source.get("metadata") or {}).get("payment_id")
    return Movement(
        id=row["id"],
        mirror=mirror_of(row["type"], row["reporting_category"]),
        source=source["id"] or row["id"],
        payment_id=payment_id if isinstance(payment_id, str) else None,
        amount=row["amount"],
        fee=row["fee"],
        at=datetime.fromtimestamp(row["created"], UTC),
    )
