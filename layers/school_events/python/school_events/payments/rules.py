"""Decisions about money: pure, and the only place a payment's state moves."""

from datetime import datetime, timedelta

from school_events.core.errors import WrongState
from school_events.core.money import NOTHING, Money, pounds
from school_events.payments.model import (
    Checkout,
    CheckoutSnapshot,
    Payment,
    PaymentLine,
    PaymentState,
    Stray,
)

CHECKOUT_LIFE = timedelta(minutes=35)
"""How long Stripe's page stays open: its minimum is 30 minutes, and clocks differ (PAYMENTS.md 2)."""

HOLD_BEFORE_CHECKOUT = timedelta(minutes=15)
"""How long a place waits for its payment to be begun."""

DIRECT_DEBIT_UNTIL = timedelta(days=14)
"""Bacs is offered for what begins no sooner: a debit is known after six working days at Stripe, in the weeks of
Christmas after eleven days, and who hears then that it failed must still find time to pay otherwise (scenario 19)."""

LOOK_AT_DEBIT = timedelta(days=1)
"""How often a direct debit under way is looked at although Stripe said nothing."""

MOST_EARLIER = 10
"""So many former attempts on an account are remembered: money is looked for behind each, with a call to Stripe."""

KNOWN_AFTER = timedelta(days=1)
"""So long after its end a page that Stripe says was not paid is forgotten. An expired page cannot be paid any more
(https://docs.stripe.com/api/checkout/sessions/expire); a card paid in its last second is known within minutes."""

GRACE = timedelta(minutes=1)
"""How long after Stripe's page has closed a hold is let go."""

HAS_MONEY = frozenset(
    {
        PaymentState.PAID,
        PaymentState.PART_REFUNDED,
        PaymentState.REFUNDED,
        PaymentState.LATE_REFUNDING,
        PaymentState.DISPUTED,
        PaymentState.LOST,
    }
)
"""The states of a payment whose money came, wherever it has gone since."""

_PAYABLE = frozenset({PaymentState.CREATED, PaymentState.OPEN})
_MAY_TURN_PAID = frozenset(
    {
        PaymentState.CREATED,
        PaymentState.OPEN,
        PaymentState.PROCESSING,
        PaymentState.EXPIRED,
        PaymentState.FAILED,
    }
)


def total(lines: tuple[PaymentLine, ...]) -> Money:
    """The sum of the lines."""
    return sum((line.amount for line in lines), NOTHING)


def require_payable(payment: Payment) -> None:
    """The payment can still be paid.

    Raises:
        WrongState: it is paid, about to be, or let go.
    """
    if payment.state is PaymentState.PROCESSING:
        raise WrongState("The bank is paying this already; that takes up to two weeks")
    if payment.state not in _PAYABLE:
        raise WrongState(f"This payment is {state_for_payer(payment)}")


def is_page_over(payment: Payment, now: datetime) -> bool:
    """Whether the page of a payment, if it has one, has closed by Stripe's clock."""
    page = payment.checkout
    is_shown = payment.state is PaymentState.OPEN and page is not None and page.session_id is not None
    return is_shown and page is not None and page.expires_at <= now


def to_pay(payment: Payment) -> Money:
    """What is asked of the payer on Stripe's page: what the school has not received itself."""
    return payment.amount - received(payment)


def received(payment: Payment) -> Money:
    """What of a payment the school received itself, past Stripe."""
    return sum((line.received for line in payment.lines), NOTHING)


def may_take_debit(begins_at: datetime | None, now: datetime) -> bool:
    """Whether what begins then is far enough away for a direct debit; what never begins is not."""
    return begins_at is not None and begins_at - now >= DIRECT_DEBIT_UNTIL


def is_debit_over(payment: Payment, now: datetime) -> bool:
    """Whether a direct debit was begun so long ago that its bank has paid it by now, or never will."""
    return payment.checkout is not None and payment.checkout.expires_at + DIRECT_DEBIT_UNTIL <= now


def begin_checkout(
    payment: Payment, account_id: str, now: datetime, return_url: str, *, direct_debit: bool = False
) -> Payment:
    """The payment with a further attempt at paying it begun.

    Args:
        payment: payable.
        account_id: the school's account at Stripe.
        now: the present instant, UTC.
        return_url: where Stripe sends the payer back to.
        direct_debit: whether it may be paid by Bacs Direct Debit.
    """
    begun = [*payment.earlier, *([payment.checkout] if payment.checkout is not None else [])]
    checkout = Checkout(
        attempt=1 + max((one.attempt for one in begun), default=0),
        account_id=account_id,
        amount=to_pay(payment),
        direct_debit=direct_debit,
        expires_at=_whole_second(now + CHECKOUT_LIFE),
        return_url=return_url,
    )
    return page_closed(payment).model_copy(update={"state": PaymentState.OPEN, "checkout": checkout})


def page_closed(payment: Payment) -> Payment:
    """The payment whose page is closed and was not paid: it can be changed, and paid by a further attempt.

    An attempt that never got a page is remembered as well: its number, and so its idempotency key, are used up.
    """
    earlier = (*payment.earlier, payment.checkout) if payment.checkout is not None else payment.earlier
    return payment.model_copy(update={"state": PaymentState.CREATED, "checkout": None, "earlier": earlier})


def may_be_forgotten(attempt: Checkout, now: datetime) -> bool:
    """Whether a former attempt has ended long enough ago to be forgotten, if Stripe says that it was not paid."""
    return attempt.expires_at + KNOWN_AFTER <= now


def earlier_on(account_id: str, payment: Payment) -> list[Checkout]:
    """The former attempts at paying to an account of the school, oldest first."""
    return [one for one in payment.earlier if one.account_id == account_id]


def without_attempt(payment: Payment, attempt: Checkout) -> Payment:
    """The payment without a former attempt through which no money can come."""
    return payment.model_copy(update={"earlier": tuple(one for one in payment.earlier if one != attempt)})


def attempts(payment: Payment) -> tuple[Checkout, ...]:
    """The attempts that got a page, the present one first: money may come through each."""
    present = (payment.checkout,) if payment.checkout is not None else ()
    return tuple(one for one in (*present, *reversed(payment.earlier)) if one.session_id is not None)


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


def is_ours(payment: Payment, attempt: Checkout, snapshot: CheckoutSnapshot) -> bool:
    """Whether what Stripe shows is what an attempt asked for, and still is asked for, to the penny (scenario 22)."""
    return (
        snapshot.payment_id == payment.id
        and snapshot.amount == attempt.amount.amount == to_pay(payment).amount
        and snapshot.currency == attempt.amount.currency
    )


def processing(payment: Payment) -> Payment:
    """The payment whose payer is done, and whose bank has yet to pay."""
    return payment.model_copy(update={"state": PaymentState.PROCESSING})


def paid(payment: Payment, snapshot: CheckoutSnapshot, payer_alias: str, now: datetime) -> Payment:
    """The payment once its money is there; from now on the ledger knows the payer by alias.

    The attempt it came through is the present one from now on: what goes back goes back on its account.
    """
    through = next((one for one in attempts(payment) if one.session_id == snapshot.session_id), payment.checkout)
    others = [one for one in (*payment.earlier, payment.checkout) if one is not None and one != through]
    return payment.model_copy(
        update={
            "state": PaymentState.PAID,
            "checkout": through,
            "earlier": tuple(others),
            "payer_alias": payer_alias,
            "payment_intent_id": snapshot.payment_intent_id,
            "charge_id": snapshot.charge_id,
            "paid_at": now,
        }
    )


def is_news(payment: Payment, snapshot: CheckoutSnapshot) -> bool:
    """Whether money that came is neither what paid the payment nor known to be more than that."""
    return snapshot.charge_id not in {payment.charge_id, *(one.charge_id for one in payment.strays)}


def stray_of(attempt: Checkout, snapshot: CheckoutSnapshot) -> Stray | None:
    """The money that came through an attempt, as something to be given back; None while Stripe has not said how much.

    Of another currency only Stripe knows what reached the account, and says so a moment later.
    """
    is_foreign = snapshot.currency != attempt.amount.currency
    received = snapshot.received if is_foreign else snapshot.amount
    if received is None or snapshot.charge_id is None:
        return None
    return Stray(
        charge_id=snapshot.charge_id,
        session_id=snapshot.session_id,
        account_id=attempt.account_id,
        amount=pounds(received),
        is_foreign=is_foreign,
    )


def with_stray(payment: Payment, stray: Stray, payer_alias: str) -> Payment:
    """The payment knowing of money that came for it and is not to be kept; the ledger knows the payer by alias."""
    known = payment.payer_alias or payer_alias
    return payment.model_copy(update={"strays": (*payment.strays, stray), "payer_alias": known})


def line_of(payment: Payment, key: str) -> PaymentLine:
    """The line of a payment that a key names."""
    return next(line for line in payment.lines if line.key == key)


def still_paid(payment: Payment, line: PaymentLine) -> Money:
    """What was paid for a line and neither went back nor is to (PAYMENTS.md 6), nor was taken by the payer's bank.

    Nothing of a payment without money. What a bank keeps until it has decided still counts.
    """
    if payment.state not in HAS_MONEY:
        return NOTHING
    return pounds(max((line.amount - line.back - line.lost).amount, 0))


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


def late_refunding(payment: Payment) -> Payment:
    """The payment whose money came too late: it stands so once all of it is to go back, until it has."""
    is_over = payment.state is PaymentState.PAID and all(line.back == line.amount for line in payment.lines)
    return payment.model_copy(update={"state": PaymentState.LATE_REFUNDING}) if is_over else payment


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
    if payment.state not in HAS_MONEY:
        return payment.state
    if payment.refunded == payment.amount:
        return PaymentState.REFUNDED
    if payment.state is PaymentState.LATE_REFUNDING:
        return payment.state
    return PaymentState.PART_REFUNDED if payment.refunded.amount else PaymentState.PAID


def require_undisputed(payment: Payment) -> None:
    """Money may go back only while no bank keeps it or took it; Stripe refuses it otherwise (``charge_disputed``).

    Raises:
        WrongState: the payment is disputed, or lost in a dispute, so that nothing is left of it.
    """
    if payment.state is PaymentState.DISPUTED:
        raise WrongState("The payer's bank disputes this payment; nothing can be refunded until it is decided")
    if payment.state is PaymentState.LOST and not any(still_paid(payment, line).amount for line in payment.lines):
        raise WrongState("The payer's bank took this payment back; nothing more of it can be refunded")


def _whole_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
