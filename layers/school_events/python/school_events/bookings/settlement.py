"""What money means for a place: holds that wait for it, places it confirms, places let go (PAYMENTS.md "Flow").

:func:`apply_payment` serves the return page's poll, the webhook and the sweep alike: it asks Stripe again and moves
the state forward. :func:`let_go` closes Stripe's page first and gives the place up only when that succeeded.
Each may be stopped at any point and called again.
"""

from school_events.bookings import baskets, debits, late_money, strays
from school_events.bookings.confirming import confirm_all
from school_events.bookings.errors import again_if_stale
from school_events.bookings.instalments import settling as instalments
from school_events.bookings.model import BookingState
from school_events.bookings.releasing import ENDED, Also, mark, release, release_rest
from school_events.bookings.terms.rules import WHY_KEPT
from school_events.core import logs
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion, WrongState
from school_events.payments import rules
from school_events.payments import service as payments
from school_events.payments import store as payment_store
from school_events.payments.ledger import rules as ledger_rules
from school_events.payments.ledger import store as ledger
from school_events.payments.model import (
    Checkout,
    CheckoutSnapshot,
    CheckoutStatus,
    Payment,
    PaymentPurpose,
    PaymentState,
)
from school_events.payments.stripe_client import AccountLeft

_LETS_GO = frozenset({PaymentState.CREATED, PaymentState.OPEN})


def apply_payment(ctx: Context, payment_id: str, account_id: str | None = None) -> Payment:
    """Bring a payment and what it pays for to where Stripe says they are, whichever attempt the money came through.

    Args:
        ctx: the moment.
        payment_id: which.
        account_id: whose account's word makes us look, if one's does; else the present attempt's matters.

    Raises:
        NotFound: the school has no such payment.
        AccountLeft: the school has disconnected that account; the attempts on others were looked at.
        TryAgain: Stripe did not answer, or too busy.
    """
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    left: dict[str, AccountLeft] = {}
    for attempt in rules.attempts(payment):
        if attempt.account_id in left:
            continue
        try:
            _look_behind(ctx, payment, attempt)
        except AccountLeft as error:
            left[attempt.account_id] = error
    about = account_id or (payment.checkout.account_id if payment.checkout else None)
    if about in left:
        raise left[about]
    return payment_store.find_payment(ctx.school_id, payment_id)


def _look_behind(ctx: Context, payment: Payment, attempt: Checkout) -> None:
    snapshot = payments.look_at(ctx, attempt)
    if snapshot.paid:
        _money_came(ctx, payment.id, attempt, snapshot)
    elif attempt == payment.checkout:
        _nothing_came(ctx, payment, snapshot)


def _nothing_came(ctx: Context, payment: Payment, snapshot: CheckoutSnapshot) -> None:
    """The page is open, ended unpaid, or was left with a debit that is under way or has failed."""
    if snapshot.on_its_way:
        again_if_stale(lambda: debits.wait_for_bank(ctx, payment))
    elif snapshot.status is not CheckoutStatus.OPEN and payment.purpose is not PaymentPurpose.PLACE:
        instalments.page_came_to_nothing(ctx, payment)
    elif snapshot.status is CheckoutStatus.EXPIRED:
        if not again_if_stale(lambda: _waits_on(ctx, payment.id, snapshot)):
            let_go(ctx, payment.id)
    elif snapshot.status is CheckoutStatus.COMPLETE:
        again_if_stale(lambda: _bank_did_not_pay(ctx, payment.id, snapshot.session_id))


def _waits_on(ctx: Context, payment_id: str, snapshot: CheckoutSnapshot) -> bool:
    """Whether holds wait on although a page closed unpaid: for another one that was opened, or could be (0042)."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if not _is_present(payment, snapshot.session_id):
        return True
    if payment.state is not PaymentState.OPEN:
        return False
    if not baskets.outlasts_page(payment, baskets.waiting_for(ctx, payment)):
        return False
    transaction = Transaction(ctx)
    closed = rules.page_closed(payment)
    payment_store.replace(transaction, ctx, payment, closed, stamp(ctx, "payment.page_closed"))
    transaction.put(baskets.tell_payer(ctx, closed))
    transaction.commit()
    return True


def _bank_did_not_pay(ctx: Context, payment_id: str, session_id: str | None) -> None:
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if _is_present(payment, session_id) and not debits.keep_for_the_rest(ctx, payment):
        _release(ctx, payment, PaymentState.FAILED)


def _is_present(payment: Payment, session_id: str | None) -> bool:
    """Whether what was seen at Stripe is still the payment's present page: who heard of it first may have closed it."""
    return payment.checkout is not None and payment.checkout.session_id == session_id


def _money_came(ctx: Context, payment_id: str, attempt: Checkout, snapshot: CheckoutSnapshot) -> None:
    again_if_stale(lambda: _take(ctx, payment_id, attempt, snapshot))
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state is PaymentState.QUARANTINED:
        # Whoever sees it first, the worker that Stripe's events come to counts it too: that one has the alarm.
        logs.count("PaymentQuarantined")
    if payment.payer_alias is not None:
        fee = ledger_rules.fee_entry(payment.model_copy(update={"checkout": attempt}), snapshot, ctx.now)
        if fee is not None:
            ledger.enter_once(ctx, fee)
    if payment.state in rules.HAS_MONEY:
        late_money.settle_lines(ctx, payment)
        instalments.money_came(ctx, payment)
    strays.make_refunds(ctx, payment_id)


def _take(ctx: Context, payment_id: str, attempt: Checkout, snapshot: CheckoutSnapshot) -> None:
    """Money is there: it pays, or it is more than was to be paid, or not what was asked for."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if not rules.is_news(payment, snapshot):
        return
    if not rules.may_turn_paid(payment):
        strays.set_aside(ctx, payment, attempt, snapshot)
    elif rules.is_ours(payment, attempt, snapshot):
        _fulfil(ctx, payment, snapshot)
    else:
        strays.quarantine(ctx, payment, attempt, snapshot)


def _fulfil(ctx: Context, payment: Payment, snapshot: CheckoutSnapshot) -> None:
    """The money is there: enter it, and confirm every place that still waits for it."""
    paid = rules.paid(payment, snapshot, strays.payer_alias(ctx, payment), ctx.now)
    transaction = Transaction(ctx)
    confirm_all(transaction, ctx, baskets.waiting_for(ctx, payment))
    paid = payment_store.replace(transaction, ctx, payment, paid, stamp(ctx, "payment.paid"))
    for entry in ledger_rules.entries_of(paid, snapshot, ctx.now):
        ledger.enter(transaction, ctx, entry)
    transaction.put(baskets.tell_payer(ctx, paid))
    transaction.commit()


def let_go(ctx: Context, payment_id: str) -> Payment:
    """Let the holds of a payment go: close Stripe's page first; if it was paid after all, fulfil instead.

    Raises:
        NotFound: the school has no such payment.
        TryAgain: Stripe did not answer, or too busy.
    """
    payment = begin_letting_go(ctx, payment_id)
    if payment.state is PaymentState.PROCESSING:
        return _look_at_debit(ctx, payment)
    if payment.state in ENDED:
        release_rest(ctx, payment)
    if payment.state not in _LETS_GO:
        return payment
    if payment.state is PaymentState.OPEN and not payments.is_closed_at_stripe(ctx, payment):
        return apply_payment(ctx, payment_id)
    return again_if_stale(lambda: _release(ctx, payment_store.find_payment(ctx.school_id, payment_id)))[0]


def _look_at_debit(ctx: Context, payment: Payment) -> Payment:
    """Ask how a debit under way stands; on an account that left nobody knows, until no bank takes any longer.

    Money that came nevertheless is found when the account is back, and is late then.
    """
    try:
        return apply_payment(ctx, payment.id)
    except AccountLeft:
        if rules.is_debit_over(payment, ctx.now):
            session_id = payment.checkout.session_id if payment.checkout else None
            again_if_stale(lambda: _bank_did_not_pay(ctx, payment.id, session_id))
        else:
            again_if_stale(lambda: debits.wait_for_bank(ctx, payment))
    return payment_store.find_payment(ctx.school_id, payment.id)


def begin_letting_go(ctx: Context, payment_id: str) -> Payment:
    """Mark the holds of a payment, so that no page is opened for them any more; from now on they are due.

    What is paid, or about to be paid by a bank, stays as it is.

    Raises:
        NotFound: the school has no such payment.
        TryAgain: too busy.
    """
    return again_if_stale(lambda: _mark_to_let_go(ctx, payment_id))


def _mark_to_let_go(ctx: Context, payment_id: str) -> Payment:
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state not in _LETS_GO:
        return payment
    transaction = Transaction(ctx)
    mark(transaction, ctx, baskets.waiting_for(ctx, payment))
    if len(transaction):
        transaction.commit()
    return payment


def _nothing_else(_transaction: Transaction, _state: BookingState) -> None:
    """There is nothing else to be written."""


def _release(
    ctx: Context, payment: Payment, state: PaymentState = PaymentState.EXPIRED, also: Also = _nothing_else
) -> tuple[Payment, BookingState]:
    """Give the holds of a payment up as it was read, which ends as `state`; refused if it has moved since."""
    if payment.state not in {*_LETS_GO, PaymentState.PROCESSING}:
        return payment, BookingState.RELEASED
    return release(ctx, payment, state, stamp(ctx, f"payment.{state}"), also)


def end_holds_now(ctx: Context, payment_id: str, also: Also) -> BookingState:
    """End the holds of a payment that has no page; of one that has, housekeeping closes the page first.

    Args:
        ctx: the moment.
        payment_id: of the holds.
        also: adds to the transaction what else is to be written with the state the holds come to.

    Returns:
        That state.

    Raises:
        WrongState: its money came and is not what was asked for: a person decides. Or the payer's bank is about to
            pay: only what ends with its event ends then, as soon as it has.
        StaleVersion: somebody else was faster.
    """
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state is PaymentState.CREATED:
        return _release(ctx, payment, also=also)[1]
    if payment.state in WHY_KEPT and not (payment.state is PaymentState.PROCESSING and ctx.actor.kind == "system"):
        raise WrongState(WHY_KEPT[payment.state])
    transaction = Transaction(ctx)
    mark(transaction, ctx, baskets.waiting_for(ctx, payment))
    if not len(transaction):
        raise StaleVersion
    also(transaction, BookingState.EXPIRING)
    transaction.commit()
    return BookingState.EXPIRING
