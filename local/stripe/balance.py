"""The balance of an account and the movements that make it (https://docs.stripe.com/reports/balance-transaction-types)."""

from collections.abc import Iterable
from functools import partial

from local.stripe.errors import Json
from local.stripe.listing import page_of
from local.stripe.parameters import Instants, Text, listing
from local.stripe.world import Call

DAY = 86_400
DAYS_UNTIL_AVAILABLE = 3  # of what a card paid; what leaves the balance leaves it at once

LIST = listing(payout=Text(), source=Text(), type=Text(), currency=Text(), created=Instants())


def movement(
    call: Call,
    kind: str,
    source: Json,
    amount: int,
    fee: int = 0,
    *,
    category: str | None = None,
    what_for: str = "Stripe processing fees",
    days: int = 0,
) -> Json:
    """A balance transaction of the account.

    Args:
        call: the account's work.
        kind: its `type`, such as `charge` or `adjustment`.
        source: the object the money moved for.
        amount: pence, negative when they leave the balance.
        fee: what Stripe keeps, in pence; negative when it gives a fee back.
        category: its `reporting_category`; the type itself unless given.
        what_for: the description of the fee.
        days: after how many days the money counts as available.
    """
    moved = call.book.add(
        {
            "id": call.new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": call.now + days * DAY,
            "balance_type": "payments",
            "created": call.now,
            "currency": source["currency"],
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": _fee_details(fee, source["currency"], what_for) if fee else [],
            "net": amount - fee,
            "reporting_category": category or kind,
            "source": source["id"],
            "status": "pending" if days else "available",
            "type": kind,
        }
    )
    if days:
        call.world.agenda.add(moved["available_on"], partial(moved.update, status="available"))
    return moved


def _fee_details(fee: int, currency: str, what_for: str) -> list[Json]:
    return [{"amount": fee, "application": None, "currency": currency, "description": what_for, "type": "stripe_fee"}]


def retrieve_movement(call: Call, identifier: str, _params: Json) -> Json:
    """One balance transaction of the account."""
    return call.book.get("balance_transaction", identifier)


def list_movements(call: Call, params: Json) -> Json:
    """The account's balance transactions; with `payout`, those that are paid out by it, itself among them."""
    rows = call.book.all("balance_transaction")
    wanted = {name: value for name, value in params.items() if name != "payout"}
    if "payout" in params:
        payout = call.book.get("payout", params["payout"], param="payout")
        rows = (row for row in rows if _is_known_of(call, row, payout))
    return page_of(rows, wanted, "/v1/balance_transactions")


def _is_known_of(call: Call, row: Json, payout: Json) -> bool:
    """Whether a movement is told as part of a payout; its parts are once Stripe has worked them out."""
    if payout["reconciliation_status"] != "completed":
        return bool(row["id"] == payout["balance_transaction"])
    return bool(call.book.paid_out.get(row["id"]) == payout["id"])


def retrieve(call: Call, _params: Json) -> Json:
    """What the account holds: available, and on its way."""
    rows = list(call.book.all("balance_transaction"))
    return {
        "object": "balance",
        "available": [_amount(net_of(rows, "available"))],
        "livemode": False,
        "pending": [_amount(net_of(rows, "pending"))],
    }


def _amount(pence: int) -> Json:
    return {"amount": pence, "currency": "gbp", "source_types": {"card": pence}}


def net_of(rows: Iterable[Json], status: str) -> int:
    """What balance transactions of one status come to, in pence."""
    return sum(row["net"] for row in rows if row["status"] == status)
