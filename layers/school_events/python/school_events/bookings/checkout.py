"""Stripe's payment page, opened for what was booked together; its places wait as long as it is open (PAYMENTS.md 2)."""

import contextlib
from collections.abc import Sequence

from school_events.bookings import baskets, debits, settlement, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.model import Booking, BookingState
from school_events.core import settings
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import PaymentsNotReady, TryAgain, WrongState
from school_events.payments import gateway, rules
from school_events.payments import service as payments
from school_events.payments import store as payment_store
from school_events.payments.accounts import service as accounts
from school_events.payments.model import Payment
from school_events.payments.stripe_client import AccountLeft


def open_page(ctx: Context, payment_id: str) -> Payment:
    """Open Stripe's payment page for a payment, or give the one that is open, if that asks what is owed.

    The holds wait at least as long as the page is open. There is never a second open page: one that asks another amount
    is closed first, and the next is an attempt of its own (scenario 15).

    Raises:
        PaymentsNotReady: the school cannot take money yet.
        WrongState: it is paid or let go, or its bank is paying.
        TryAgain: Stripe did not answer.
    """
    account = accounts.ready_account(ctx.school_id)
    return again_if_stale(lambda: _open_page(ctx, account.account_id, payment_id))


def _open_page(ctx: Context, account_id: str, payment_id: str) -> Payment:
    payment = still_payable(ctx, payment_store.find_payment(ctx.school_id, payment_id))
    bookings = baskets.bookings_of(ctx, payment)
    if any(booking.state is not BookingState.PENDING for booking in bookings):
        raise WrongState("These places are no longer held")
    if payment.checkout is not None and payment.checkout.amount != rules.to_pay(payment):
        payment = payments.close_page(ctx, payment)
    if payment.checkout is not None:
        with contextlib.suppress(gateway.NotOpened):
            return payments.ensure_session(ctx, payment)
    begun = _begin(ctx, account_id, payment, bookings)
    try:
        return payments.ensure_session(ctx, begun)
    except gateway.NotOpened as error:
        raise PaymentsNotReady from error


def still_payable(ctx: Context, payment: Payment) -> Payment:
    """A payment that can be paid. If its page has closed by our clock, Stripe is asked what became of it.

    Of a page on an account that the school has disconnected nobody knows: it counts as closed a moment later.

    Raises:
        WrongState: it is paid or let go, as Stripe may have said just now, or its bank is paying.
        AccountLeft: the page of such an account may still be open.
        TryAgain: Stripe did not answer, or by its clock the page is open a moment longer.
    """
    if rules.is_page_over(payment, ctx.now):
        try:
            payment = settlement.apply_payment(ctx, payment.id)
        except AccountLeft:
            payment = payments.close_page(ctx, payment)
        if rules.is_page_over(payment, ctx.now):
            raise TryAgain
    rules.require_payable(payment)
    return payment


def _begin(ctx: Context, account_id: str, payment: Payment, bookings: Sequence[Booking]) -> Payment:
    """Write down a further attempt at paying, and let the places wait for it, before Stripe hears of it."""
    direct_debit = rules.may_take_debit(debits.first_beginning(ctx, bookings), ctx.now)
    begun = payments.begin_checkout(ctx, payment, account_id, settings.required("APP_URL"), direct_debit=direct_debit)
    transaction = Transaction(ctx)
    for booking in bookings:
        until = max(booking.hold_until or ctx.now, rules.held_until(begun))
        after = booking.model_copy(update={"hold_until": until})
        store.replace(transaction, ctx.school_id, booking, after, stamp(ctx, "booking.hold_extended"))
    begun = payment_store.replace(transaction, ctx, payment, begun, stamp(ctx, "payment.opened"))
    transaction.put(baskets.tell_payer(ctx, begun))
    transaction.commit()
    return begun
