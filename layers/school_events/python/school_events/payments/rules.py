"""Decisions about money: pure, and the only place a payment's state moves."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from school_events.core.errors import WrongState
from school_events.core.money import NOTHING, Money, pounds
from school_events.payments.model import (
    Checkout,
    CheckoutSnapshot,
    LedgerAccount,
    LedgerEntry,
    Payment,
    PaymentLine,
    PaymentState,
    Refund,
)

CHECKOUT_LIFE = timedelta(minutes=35)
"""How long Stripe's page stays open: its minimum is 30 minutes, and clocks differ (PAYMENTS.md 2)."""

HOLD_BEFORE_CHECKOUT = timedelta(minutes=15)
"""How long a place waits for its payment to be begun."""

GRACE = timedelta(minutes=1)
"""How long after Stripe's page has closed a hold is let go."""

HAS_MONEY = frozenset({PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED})
"""The states of a payment whose money came, wherever it has gone since."""

_PAYABLE = frozenset({PaymentState.CREATED, PaymentState.OPEN})
_MAY_TURN_PAID = frozenset({PaymentState.CREATED, PaymentState.OPEN, PaymentState.EXPIRED})


def total(lines: tuple[PaymentLine, ...]) -> Money:
    """The sum of the lines."""
    return sum((line.amount for line in lines), NOTHING)


def require_payable(payment: Payment, now: datetime) -> None:
    """The payment can still be paid: its page was not opened yet, or is open.

    Raises:
        WrongState: it is paid, let go, or its page has closed.
    """
    if payment.state not in _PAYABLE:
        raise WrongState(f"This payment is {payment.state}")
    has_page = payment.checkout is not None and payment.checkout.session_id is not None
    if has_page and payment.checkout is not None and payment.checkout.expires_at <= now:
        raise WrongState("The time to pay is over; book again")


def begin_checkout(payment: Payment, now: datetime, return_url: str) -> Payment:
    """The payment with a further attempt at paying it begun.

    Args:
        payment: payable.
        now: the present instant, UTC.
        return_url: where Stripe sends the payer back to.
    """
    attempt = 1 if payment.checkout is None else payment.checkout.attempt + 1
    checkout = Checkout(attempt=attempt, expires_at=_whole_second(now + CHECKOUT_LIFE), return_url=return_url)
    return payment.model_copy(update={"state": PaymentState.OPEN, "checkout": checkout})


def held_until(payment: Payment) -> datetime:
    """Until when what is paid for waits: a little longer than Stripe's page is open."""
    if payment.checkout is None:
        raise ValueError("the checkout has not begun")
    return payment.checkout.expires_at + GRACE


def with_session(payment: Payment, snapshot: CheckoutSnapshot) -> Payment:
    """The payment knowing its Checkout Session."""
    if payment.checkout is None:
        raise WrongState("No checkout was opened")
    checkout = payment.checkout.model_copy(update={"session_id": snapshot.session_id, "url": snapshot.url})
    return payment.model_copy(update={"checkout": checkout})


def may_turn_paid(payment: Payment) -> bool:
    """Whether money that has arrived is news for this payment; also after it was let go (PAYMENTS.md 5)."""
    return payment.state in _MAY_TURN_PAID


def is_ours(payment: Payment, snapshot: CheckoutSnapshot) -> bool:
    """Whether what Stripe shows is what we asked for, to the penny (scenario 22)."""
    return (
        snapshot.payment_id == payment.id
        and snapshot.amount == payment.amount.amount
        and snapshot.currency == payment.amount.currency
    )


def paid(payment: Payment, snapshot: CheckoutSnapshot, payer_alias: str, now: datetime) -> Payment:
    """The payment once its money is there; from now on the ledger knows the payer by alias."""
    return payment.model_copy(
        update={
            "state": PaymentState.PAID,
            "payer_alias": payer_alias,
            "payment_intent_id": snapshot.payment_intent_id,
            "charge_id": snapshot.charge_id,
            "paid_at": now,
        }
    )


def entries_of(payment: Payment, snapshot: CheckoutSnapshot, now: datetime) -> tuple[LedgerEntry, ...]:
    """What a paid payment enters in the ledger: the income of each line, and the fee if Stripe has said it."""
    fee = fee_entry(payment, snapshot, now)
    income = _charge_entries(payment, snapshot, now)
    return income if fee is None else (*income, fee)


def _charge_entries(payment: Payment, snapshot: CheckoutSnapshot, now: datetime) -> tuple[LedgerEntry, ...]:
    payer = _payer(payment)
    charge = snapshot.charge_id or snapshot.session_id
    return tuple(
        LedgerEntry(
            key=f"charge:{charge}:{line.reference}",
            at=now,
            kind="charge",
            debit=LedgerAccount.STRIPE_BALANCE,
            credit=LedgerAccount.EVENT_INCOME,
            amount=line.amount,
            payment_id=payment.id,
            event_id=line.event_id,
            reference=line.reference,
            payer=payer,
            stripe_id=charge,
        )
        for line in payment.lines
        if line.amount.amount > 0
    )


def fee_entry(payment: Payment, snapshot: CheckoutSnapshot, now: datetime) -> LedgerEntry | None:
    """What Stripe keeps of a paid payment; None while Stripe has not said (it books a charge a moment later)."""
    if not snapshot.fee or snapshot.balance_transaction_id is None:
        return None
    return LedgerEntry(
        key=f"fee:{snapshot.balance_transaction_id}",
        at=now,
        kind="fee",
        debit=LedgerAccount.STRIPE_FEES,
        credit=LedgerAccount.STRIPE_BALANCE,
        amount=pounds(snapshot.fee),
        payment_id=payment.id,
        payer=_payer(payment),
        stripe_id=snapshot.balance_transaction_id,
    )


def refund_entry(payment: Payment, refund: Refund, stripe_id: str, now: datetime) -> LedgerEntry:
    """What a refund enters in the ledger."""
    line = next(line for line in payment.lines if line.reference == refund.reference)
    payer = _payer(payment)
    return LedgerEntry(
        key=f"refund:{stripe_id}",
        at=now,
        kind="refund",
        debit=LedgerAccount.EVENT_INCOME,
        credit=LedgerAccount.STRIPE_BALANCE,
        amount=refund.amount,
        payment_id=payment.id,
        event_id=line.event_id,
        reference=line.reference,
        payer=payer,
        stripe_id=stripe_id,
    )


def refunded(payment: Payment, amount: Money) -> Payment:
    """The payment after money went back; never more than was taken (PAYMENTS.md 6).

    Raises:
        WrongState: more than is left.
    """
    back = payment.refunded + amount
    if back.amount > payment.amount.amount:
        raise WrongState("More than was paid cannot be refunded")
    state = PaymentState.REFUNDED if back == payment.amount else PaymentState.PART_REFUNDED
    return payment.model_copy(update={"refunded": back, "state": state})


def still_paid(payment: Payment, line: PaymentLine, refunds: Iterable[Refund]) -> Money:
    """What was paid for a line and neither went back nor is to (PAYMENTS.md 6); nothing of a payment without money."""
    if payment.state not in HAS_MONEY:
        return NOTHING
    gone = sum((one.amount for one in refunds if one.reference == line.reference), NOTHING)
    return line.amount - gone


def _payer(payment: Payment) -> str:
    if payment.payer_alias is None:
        raise ValueError("only a paid payment is entered in the ledger")
    return payment.payer_alias


def _whole_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
