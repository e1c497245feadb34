"""Decisions about money: pure, and the only place a payment's state moves."""

from datetime import datetime, timedelta

from school_events.core.errors import WrongState
from school_events.core.money import NOTHING, Money
from school_events.payments.model import (
    Checkout,
    CheckoutSnapshot,
    Payment,
    PaymentLine,
    PaymentState,
)

CHECKOUT_LIFE = timedelta(minutes=35)
"""How long Stripe's page stays open: its minimum is 30 minutes, and clocks differ (PAYMENTS.md 2)."""

HOLD_BEFORE_CHECKOUT = timedelta(minutes=15)
"""How long a place waits for its payment to be begun."""

GRACE = timedelta(minutes=1)
"""How long after Stripe's page has closed a hold is let go."""

HAS_MONEY = frozenset({PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED, PaymentState.DISPUTED})
"""The states of a payment whose money came, wherever it has gone since; not of one the payer's bank took back."""

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


def begin_checkout(payment: Payment, account_id: str, now: datetime, return_url: str) -> Payment:
    """The payment with a further attempt at paying it begun.

    Args:
        payment: payable.
        account_id: the school's account at Stripe.
        now: the present instant, UTC.
        return_url: where Stripe sends the payer back to.
    """
    attempt = 1 if payment.checkout is None else payment.checkout.attempt + 1
    checkout = Checkout(
        attempt=attempt,
        account_id=account_id,
        amount=payment.amount,
        expires_at=_whole_second(now + CHECKOUT_LIFE),
        return_url=return_url,
    )
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
    """Whether what Stripe shows is what this attempt asked for, to the penny (scenario 22)."""
    return (
        payment.checkout is not None
        and snapshot.payment_id == payment.id
        and snapshot.amount == payment.checkout.amount.amount
        and snapshot.currency == payment.checkout.amount.currency
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


def line_of(payment: Payment, key: str) -> PaymentLine:
    """The line of a payment that a key names."""
    return next(line for line in payment.lines if line.key == key)


def still_paid(payment: Payment, line: PaymentLine) -> Money:
    """What was paid for a line and neither went back nor is to (PAYMENTS.md 6); nothing of a payment without money."""
    return line.amount - line.back if payment.state in HAS_MONEY else NOTHING


def to_go_back(payment: Payment, key: str, amount: Money) -> Payment:
    """The payment of which so much of a line is to go back; never more than is still there (PAYMENTS.md 6).

    Raises:
        WrongState: more than is left of the line.
    """
    line = line_of(payment, key)
    if amount.amount > still_paid(payment, line).amount:
        raise WrongState("More than was paid cannot be refunded")
    after = line.model_copy(update={"back": line.back + amount})
    lines = tuple(after if one.key == key else one for one in payment.lines)
    return payment.model_copy(update={"lines": lines})


def refunded(payment: Payment, amount: Money) -> Payment:
    """The payment after money that was to go back did."""
    after = payment.model_copy(update={"refunded": payment.refunded + amount})
    return after.model_copy(update={"state": state_with_money(after)})


def state_with_money(payment: Payment) -> PaymentState:
    """Where a payment stands whose money came: with the payer's bank first, then by what went back."""
    if payment.disputes:
        return PaymentState.DISPUTED
    return PaymentState.LOST if payment.lost.amount else state_for_payer(payment)


def state_for_payer(payment: Payment) -> PaymentState:
    """Where a payment stands as its payer sees it: what their bank disputes is between the bank and the school."""
    if payment.state not in HAS_MONEY | {PaymentState.LOST}:
        return payment.state
    if payment.refunded.amount == 0:
        return PaymentState.PAID
    return PaymentState.REFUNDED if payment.refunded == payment.amount else PaymentState.PART_REFUNDED


def require_undisputed(payment: Payment) -> None:
    """Money may go back only while no bank keeps it or took it; Stripe refuses it otherwise (``charge_disputed``).

    Raises:
        WrongState: the payment is disputed, or was lost in a dispute.
    """
    if payment.state is PaymentState.DISPUTED:
        raise WrongState("The payer's bank disputes this payment; nothing can be refunded until it is decided")
    if payment.state is PaymentState.LOST:
        raise WrongState("The payer's bank took this payment back; nothing of it can be refunded")


def _whole_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
