"""Bacs Direct Debit: the page is done at once, the money comes or fails days later.

A debit waits on the world's agenda until its bank has answered, or until a control settles it. A bank may also take
the money back after the debit has succeeded, which Stripe tells as a dispute that cannot be won
(docs.stripe.com/payments/bacs-debit/accept-a-payment).
"""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial

from local.stripe import checkout, disputes, intents
from local.stripe.bank_accounts import EMPTY_ACCOUNT, GOOD_ACCOUNT, SORT_CODE, BankAccount, Debit, account_of
from local.stripe.errors import Json, invalid
from local.stripe.world import Call, Cause

_DAYS_UNTIL_DEBITED, _DAYS_UNTIL_KNOWN = 3, 6  # working days, with a mandate that is new
_LAST_HOUR = 20  # UTC; what is paid later is sent to the banks on the next working day
_LEAST_FEE, _MOST_FEE = 20, 400  # pence; in between 1 % (stripe.com/gb/pricing/local-payment-methods)


class Outcome(StrEnum):
    """What a control may make of a debit."""

    SUCCEEDS = "succeeds"
    FAILS = "fails"


_OUTCOMES = {
    Outcome.SUCCEEDS: account_of(GOOD_ACCOUNT),
    Outcome.FAILS: account_of(EMPTY_ACCOUNT),
}


def pay(call: Call, identifier: str, account: BankAccount, email: str) -> Json:
    """Pay an open session by direct debit, as the hosted page does: it is complete, and unpaid for days.

    Args:
        call: the account's work.
        identifier: the session.
        account: the bank account that is debited.
        email: the customer's address, taken unless the session has one.

    Returns:
        The completed session.

    Raises:
        StripeError: 400 when the session is not open, or takes no direct debit.
    """
    session = checkout.payable(call, identifier)
    if "bacs_debit" not in session["payment_method_types"]:
        raise invalid("This Checkout Session does not take Bacs Direct Debit.")
    intent = checkout.intent_of(call, session)
    charge = intents.new_charge(call, intent, session["customer_email"] or email, _details(call, account))
    intents.wait(call, intent, charge)
    debit = Debit(account, identifier, _instant(_working_days(call.now, _DAYS_UNTIL_KNOWN)))
    call.book.debits[intent["id"]] = debit
    call.world.agenda.add(debit.due_at, partial(_answered, call, intent["id"]))
    return checkout.complete(call, session, email, "unpaid")


def _details(call: Call, account: BankAccount) -> Json:
    debit = {
        "expected_debit_date": _working_days(call.now, _DAYS_UNTIL_DEBITED).isoformat(),
        "fingerprint": None,
        "last4": account.number[-4:],
        "mandate": call.new_id("mandate"),
        "sort_code": SORT_CODE,
    }
    return {"bacs_debit": debit, "type": "bacs_debit"}


def _working_days(instant: int, days: int) -> date:
    """The day so many working days later, bank holidays left out of account."""
    moment = datetime.fromtimestamp(instant, UTC)
    day = moment.date() + timedelta(days=moment.hour >= _LAST_HOUR)
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def _instant(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 9, tzinfo=UTC).timestamp())


def _answered(call: Call, intent_id: str) -> None:
    """The bank's day has come; nothing happens if a control was faster."""
    debit = call.book.debits.get(intent_id)
    if debit is not None:
        _settle(Call(call.world, call.book, Cause()), intent_id, debit.account)


def _settle(call: Call, intent_id: str, account: BankAccount) -> Json:
    debit = call.book.debits.pop(intent_id)
    intent = call.book.objects[intent_id]
    session = call.book.objects[debit.session_id]
    charge = call.book.objects[intent["latest_charge"]]
    if account.code:
        intents.fail(call, intent, charge, "invalid_request_error", account.code, account.message)
        call.emit("checkout.session.async_payment_failed", session)
        return session
    intents.succeed(call, intent, charge, min(max(charge["amount"] // 100, _LEAST_FEE), _MOST_FEE))
    session["payment_status"] = "paid"
    call.emit("checkout.session.async_payment_succeeded", session)
    if account.disputed:
        _take_back(call, charge)
    return session


def settle(call: Call, session_id: str, outcome: Outcome) -> Json:
    """Let a debit's bank answer now; answers the session.

    Raises:
        StripeError: 404 for no such session, 400 when no debit is under way for it.
    """
    intent_id = checkout.retrieve(call, session_id, {})["payment_intent"]
    if intent_id not in call.book.debits:
        raise invalid("No debit is under way for this Checkout Session.")
    return _settle(call, intent_id, _OUTCOMES[outcome])


def take_back(call: Call, session_id: str) -> Json:
    """Let the bank take the money of a debit back that has succeeded: a dispute that is lost at once.

    Raises:
        StripeError: 404 for no such session, 400 when no debit has paid it.
    """
    intent = call.book.objects.get(checkout.retrieve(call, session_id, {})["payment_intent"] or "")
    charge = call.book.objects.get((intent or {}).get("latest_charge") or "")
    if charge is None or charge["status"] != "succeeded" or charge["payment_method_details"]["type"] != "bacs_debit":
        raise invalid("No debit has paid this Checkout Session.")
    return _take_back(call, charge)


def _take_back(call: Call, charge: Json) -> Json:
    dispute = disputes.open_dispute(call, charge, reason="insufficient_funds")
    disputes.decide(call, dispute, "lost")
    return dispute
