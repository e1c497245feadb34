"""Payouts to the school's bank: once a day what is available (https://docs.stripe.com/payouts).

What an overdrawn balance lacks Stripe takes from a British bank after three days, as a payout below zero
(https://support.stripe.com/questions/negative-balances-in-stripe-handling-by-country).
"""

from collections.abc import Callable

from local.stripe.balance import DAY, movement
from local.stripe.errors import Json, invalid
from local.stripe.listing import page_of
from local.stripe.parameters import Instants, Text, listing
from local.stripe.world import Book, Call, Cause, World

_HOUR = 3600
_DAYS_OVERDRAWN = 3
_FAILURES = {
    "account_closed": "The bank account has been closed.",
    "could_not_process": "The bank could not process this payout.",
    "debit_not_authorized": "Debit transactions are not approved on your bank account.",
    "no_account": "The bank account details on file are probably incorrect.",
}
FAILURE_CODES = tuple(_FAILURES)

LIST = listing(created=Instants(), destination=Text(), status=Text())


def pay_out_due(world: World) -> None:
    """On every new day (UTC) pay out what each account has available, unless its schedule is switched off.

    An account that owes is debited whatever its schedule is.
    """
    today = world.clock.now() // DAY
    if today <= world.paid_out_day:
        return
    world.paid_out_day = today
    for book in list(world.books.values()):
        if book.account.get("payouts_enabled") and _is_due(book, today):
            pay_out(Call(world, book, Cause()))


def _is_due(book: Book, today: int) -> bool:
    if sum(row["net"] for row in _waiting(book)) >= 0:
        book.overdrawn_day = None
        return book.pays_out_daily
    if book.overdrawn_day is None:
        book.overdrawn_day = today
    return today - book.overdrawn_day >= _DAYS_OVERDRAWN


def pay_out(call: Call) -> Json | None:
    """Send what is available to the bank, or take from it what is lacking; None when that is nothing."""
    rows = _waiting(call.book)
    amount = sum(row["net"] for row in rows)
    if amount == 0:
        return None
    call.book.overdrawn_day = None
    payout = call.book.add(_payout(call, amount))
    moved = movement(call, "payout", payout, -amount)
    payout["balance_transaction"] = moved["id"]
    call.book.paid_out.update({row["id"]: payout["id"] for row in (*rows, moved)})
    call.emit("payout.created", payout)
    _later(call, _HOUR, payout, _reconcile)
    _later(call, DAY, payout, _arrive)
    return payout


def _waiting(book: Book) -> list[Json]:
    """What is available and no part of a payout yet."""
    rows = book.all("balance_transaction")
    return [row for row in rows if row["status"] == "available" and row["id"] not in book.paid_out]


def _payout(call: Call, amount: int) -> Json:
    return {
        "id": call.new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": call.now + DAY,
        "automatic": True,
        "balance_transaction": None,
        "created": call.now,
        "currency": "gbp",
        "description": "STRIPE PAYOUT",
        "destination": call.book.account_id.replace("acct", "ba", 1),
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": None,
        "type": "bank_account",
    }


def _later(call: Call, seconds: int, payout: Json, act: Callable[[Call, Json], None]) -> None:
    call.world.agenda.add(call.now + seconds, lambda: act(Call(call.world, call.book, Cause()), payout))


def _reconcile(call: Call, payout: Json) -> None:
    payout["reconciliation_status"] = "completed"
    call.emit("payout.reconciliation_completed", payout)


def _arrive(call: Call, payout: Json) -> None:
    if payout["status"] == "in_transit":
        payout["status"] = "paid"
        call.emit("payout.paid", payout)


def fail(call: Call, payout: Json, code: str = "account_closed") -> None:
    """Let the bank send a payout back, also one that looked paid; the next one pays the money again.

    Raises:
        StripeError: 400 when it has failed already.
    """
    if payout["status"] == "failed":
        raise invalid("This payout has failed already.", param="payout")
    moved = movement(call, "payout_failure", payout, payout["amount"])
    payout.update(
        status="failed",
        failure_balance_transaction=moved["id"],
        failure_code=code,
        failure_message=_FAILURES[code],
    )
    call.emit("payout.failed", payout)


def retrieve(call: Call, identifier: str, _params: Json) -> Json:
    """One payout of the account."""
    return call.book.get("payout", identifier, param="payout")


def list_all(call: Call, params: Json) -> Json:
    """The account's payouts."""
    return page_of(call.book.all("payout"), params, "/v1/payouts")
