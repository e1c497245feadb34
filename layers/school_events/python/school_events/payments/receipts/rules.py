"""Decisions about money the school received itself: pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from school_events.core.errors import Invalid, WrongState
from school_events.core.money import NOTHING, SMALLEST_PRICE, Money, pounds
from school_events.payments import rules
from school_events.payments.ledger.model import LedgerAccount
from school_events.payments.model import Payment, PaymentLine, PaymentState
from school_events.payments.receipts.model import Receipt, ReceiptMethod, ReceiptPart, ReceiptState

HOLD_FOR_THE_REST = timedelta(days=3)
"""So long a place waits for the rest of its price once the school has received a part, or took a wrong entry back."""

LONGEST_AGO = timedelta(days=366)
"""What came earlier than that is a slip of the pen."""

MOST_RECEIPTS = 20
"""So many receipts a payment has at most: smaller parts than that are for the school to add up first."""

ACCOUNTS: Mapping[ReceiptMethod, LedgerAccount] = {
    ReceiptMethod.CASH: LedgerAccount.CASH,
    ReceiptMethod.VOUCHER: LedgerAccount.VOUCHERS,
    ReceiptMethod.TAX_FREE_CHILDCARE: LedgerAccount.TAX_FREE_CHILDCARE,
}
"""The account of the ledger that each way of paying is kept in until it reaches the bank."""


def require_day(day: date, today: date, field: str) -> None:
    """Something was received or seen on a day that was: not to come, and not long ago.

    Raises:
        Invalid: names the field.
    """
    if day > today:
        raise Invalid.of(field, "is in the future")
    if today - day > LONGEST_AGO:
        raise Invalid.of(field, "is more than a year ago")


def require_receivable(payment: Payment, amount: Money) -> None:
    """So much can be received for a payment that has no open page.

    Raises:
        WrongState: it is paid, or let go, or to be paid with others.
        Invalid: more than is owed, or it leaves what no card can pay (Stripe's minimum).
    """
    if payment.state is not PaymentState.CREATED:
        raise WrongState(f"This payment is {rules.state_for_payer(payment)}")
    rest = rules.to_pay(payment).amount - amount.amount
    if amount.amount <= 0:
        raise Invalid.of("amount.amount", "must be above zero")
    if rest < 0:
        raise Invalid.of("amount.amount", f"is {-rest} pence more than is owed")
    if 0 < rest < SMALLEST_PRICE:
        raise Invalid.of("amount.amount", f"leaves {rest} pence, which no card can pay")


def rest_until(receipts: Iterable[Receipt]) -> datetime | None:
    """Until when a place waits for the rest of its price, UTC: some days from when a part was last written down, or
    taken back as a mistake. None if nothing was received."""
    moved = (one.reversed_at or one.recorded_at for one in receipts)
    return max((at + HOLD_FOR_THE_REST for at in moved), default=None)


def parts_of(payment: Payment, amount: Money) -> tuple[ReceiptPart, ...]:
    """What of an amount pays which line: they are filled up in their order."""
    return tuple(_filled_up(payment, amount.amount))


def _filled_up(payment: Payment, pence: int) -> Iterator[ReceiptPart]:
    for line in payment.lines:
        part = min(pence, (line.amount - line.received).amount)
        if part > 0:
            pence -= part
            yield ReceiptPart(line=line.key, amount=pounds(part))


def received(payment: Payment, receipt: Receipt, payer_alias: str, now: datetime) -> Payment:
    """The payment with what was received; paid if nothing is owed any more.

    Args:
        payment: unpaid.
        receipt: of it.
        payer_alias: by which the ledger knows the payer from now on.
        now: the present instant, UTC.
    """
    update = {"lines": _lines(payment, receipt, 1), "payer_alias": payment.payer_alias or payer_alias}
    after = payment.model_copy(update=update)
    if rules.to_pay(after) != NOTHING:
        return after
    return after.model_copy(update={"state": PaymentState.PAID, "paid_at": now})


def require_seen(receipt: Receipt) -> None:
    """The receipt waits for being seen on the bank's statement.

    Raises:
        WrongState: it was seen already, or taken back.
    """
    if receipt.state is not ReceiptState.RECEIVED:
        raise WrongState(f"This receipt is {receipt.state}")


def require_reversible(payment: Payment, receipt: Receipt) -> None:
    """The receipt can be taken back: its money is all there was, and nothing of it went back.

    Raises:
        WrongState: it cannot, and why.
    """
    if receipt.state is ReceiptState.REVERSED:
        raise WrongState("This receipt is reversed already")
    if payment.charge_id is not None or payment.strays:
        raise WrongState("There is money of this payment at Stripe too; refund what was not received instead")
    is_there = payment.state in {PaymentState.CREATED, PaymentState.PAID}
    if not is_there or any(line.back != NOTHING for line in payment.lines):
        raise WrongState("What was paid goes back already, or its place was let go")


def taken_back(payment: Payment, receipt: Receipt) -> Payment:
    """The payment without a receipt that was a mistake: that much is owed again."""
    after = payment.model_copy(update={"lines": _lines(payment, receipt, -1)})
    return after.model_copy(update={"state": PaymentState.CREATED, "paid_at": None})


def _lines(payment: Payment, receipt: Receipt, sign: int) -> tuple[PaymentLine, ...]:
    by_line = {part.line: part.amount.amount for part in receipt.parts}
    return tuple(
        line.model_copy(update={"received": pounds(line.received.amount + sign * by_line.get(line.key, 0))})
        for line in payment.lines
    )
