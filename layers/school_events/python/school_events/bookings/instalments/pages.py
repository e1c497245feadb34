"""Stripe's page for what is due later: opened whenever its family wants to pay, closed unpaid without harm."""

import contextlib
from collections.abc import Iterable
from functools import partial

from school_events.bookings import baskets, settlement, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.instalments import settling
from school_events.bookings.model import BookingState
from school_events.core import settings
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import PaymentsNotReady, WrongState
from school_events.payments import gateway, rules
from school_events.payments import service as payments
from school_events.payments import store as payment_store
from school_events.payments.accounts import service as accounts
from school_events.payments.model import Payment, PaymentState


def open_page(ctx: Context, payment_id: str) -> Payment:
    """Open Stripe's page for a payment that no place waits for, or give the one that is open.

    If it is about to be paid together with others, that page is closed first.

    Raises:
        PaymentsNotReady: the school cannot take money yet.
        WrongState: it is paid, what it is for has ended, or is not confirmed yet.
        TryAgain: Stripe did not answer, or too busy.
    """
    account = accounts.ready_account(ctx.school_id)
    return again_if_stale(partial(_open_page, ctx, account.account_id, payment_id))


def _open_page(ctx: Context, account_id: str, payment_id: str) -> Payment:
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state is PaymentState.MERGED and payment.merged_into is not None:
        close_page(ctx, payment.merged_into)
        payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state is PaymentState.OPEN:
        if not is_page_over(ctx, payment):
            with contextlib.suppress(gateway.NotOpened):
                return payments.ensure_session(ctx, payment)
        payment = close_page(ctx, payment_id)
    require_payable(ctx, [payment])
    return show_page(ctx, _begin(ctx, account_id, payment))


def is_page_over(ctx: Context, payment: Payment) -> bool:
    """Whether the page of a payment has closed by Stripe's clock, or is to be closed as it asks for what has ended."""
    if any(line.over for line in payment.lines):
        return True
    return payment.checkout is not None and payment.checkout.expires_at <= ctx.now


def require_payable(ctx: Context, wanted: Iterable[Payment]) -> None:
    """Payments can be paid now: none is paid or under way, and every place they are for is confirmed.

    Raises:
        WrongState: one cannot.
    """
    wanted = list(wanted)
    for payment in wanted:
        if payment.state is not PaymentState.CREATED:
            raise WrongState(f"This payment is {rules.state_for_payer(payment)}")
    references = [line.reference for payment in wanted for line in payment.lines]
    found = store.find_bookings(ctx.school_id, references)
    if any(found[one].state is not BookingState.CONFIRMED for one in references):
        raise WrongState("The place is not confirmed: pay what is due with the booking first")


def begun(payment: Payment, account_id: str, ctx: Context) -> Payment:
    """A payment with an attempt at paying begun; housekeeping looks at its page once that has closed."""
    after = payments.begin_checkout(ctx, payment, account_id, settings.required("APP_URL"))
    return after.model_copy(update={"look_at": rules.held_until(after)})


def _begin(ctx: Context, account_id: str, payment: Payment) -> Payment:
    """Write down an attempt at paying before Stripe hears of it."""
    transaction = Transaction(ctx)
    after = begun(payment, account_id, ctx)
    after = payment_store.replace(transaction, ctx, payment, after, stamp(ctx, "payment.opened"))
    transaction.put(baskets.tell_payer(ctx, after))
    transaction.commit()
    return after


def show_page(ctx: Context, payment: Payment) -> Payment:
    """A begun payment with its page, which Stripe opens now.

    Raises:
        PaymentsNotReady: Stripe opens none.
        TryAgain: Stripe did not answer.
    """
    try:
        return payments.ensure_session(ctx, payment)
    except gateway.NotOpened as error:
        settling.page_came_to_nothing(ctx, payment)
        raise PaymentsNotReady from error


def close_page(ctx: Context, payment_id: str) -> Payment:
    """Close the page of a payment if it has one, so that it can be paid otherwise; if it was paid, that counts.

    Returns:
        The payment as it stands then: paid, or payable again.

    Raises:
        TryAgain: Stripe did not answer, or too busy.
    """
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state is not PaymentState.OPEN:
        return payment
    if payments.is_closed_at_stripe(ctx, payment):
        return settling.page_came_to_nothing(ctx, payment)
    return settlement.apply_payment(ctx, payment_id)
