"""Finance staff ask, and what the ledger says afterwards."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from functions.receipts.handler import lambda_handler
from school_events.bookings.service import Booked
from school_events.payments.model import Payment
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.shop import ledger

FINANCE: Mapping[str, Any] = {"person": "staff-finance", "roles": ["finance"]}
RECEIPTS = "/v1/schools/{school_id}/payments/{payment_id}/receipts"
PRICE = 1250

CASH: Mapping[str, Any] = {
    "method": "cash",
    "amount": {"amount": PRICE},
    "reference": "cash book 17",
    "received_on": "2026-11-22",
}
SEEN: Mapping[str, Any] = {"reference": "BGC 000123", "seen_on": "2026-11-22"}
MISTAKE: Mapping[str, Any] = {"reason": "It was for another trip"}


def ask(
    route: str,
    payment_id: str,
    body: Any = None,
    key: str = "",
    caller: Mapping[str, Any] = FINANCE,
    **parameters: str,
) -> tuple[int, Any]:
    """The status and body of an answer, to finance staff unless told otherwise."""
    headers = {"Idempotency-Key": key} if key else None
    asked = http_event(route, {"payment_id": payment_id, **parameters}, body, headers=headers, **caller)
    answer = lambda_handler(asked, LambdaContext())
    return answer["statusCode"], json_of(answer)


def receive(paid_for: Booked | Payment, key: str = "", **others: Any) -> tuple[int, Any]:
    """Write down cash for what was booked, or for a payment; others than the whole price by name."""
    return ask(f"POST {RECEIPTS}", _payment_id(paid_for), {**CASH, **others}, key)


def _payment_id(paid_for: Booked | Payment) -> str:
    return paid_for.id if isinstance(paid_for, Payment) else paid_for.payment_id or ""


def pence(amount: int) -> dict[str, int]:
    """An amount in a body."""
    return {"amount": amount}


def on(paid_for: Booked | Payment, receipt: Mapping[str, Any], what: str, body: Any, key: str = "") -> tuple[int, Any]:
    """Match or reverse a receipt."""
    route = f"POST {RECEIPTS}/{{receipt_id}}/{what}"
    return ask(route, _payment_id(paid_for), body, key, receipt_id=receipt["id"])


def accounts() -> dict[str, int]:
    """What each account of the ledger holds, in pence; those that hold nothing are left out."""
    held: Counter[str] = Counter()
    for entry in ledger():
        held[entry.debit] += entry.amount.amount
        held[entry.credit] -= entry.amount.amount
    return {name: amount for name, amount in held.items() if amount}
