"""Letting the holds of a payment go with it, however many there are and however much was to be paid later for them.

As a rule it is one transaction. What is more than that takes ends in steps: first the payment, whose holds are marked
and due, then each hold with all that is its own. Broken off anywhere, housekeeping goes on; money that comes meanwhile
has the places that are still held.
"""

from collections.abc import Callable, Sequence
from functools import partial

from school_events.bookings import allocating, baskets, endings, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.model import Booking, BookingState
from school_events.core.change import Change, stamp
from school_events.core.context import Context
from school_events.core.dynamodb import TooManyActions, Transaction
from school_events.payments import store as payment_store
from school_events.payments.model import Payment, PaymentState
from school_events.payments.refunds.service import give_back_received

type Also = Callable[[Transaction, BookingState], object]
"""Adds to a transaction what else is to be written with the state that holds come to."""

ENDED = frozenset({PaymentState.EXPIRED, PaymentState.FAILED})
"""The states of a payment whose places are let go; some may still be to be."""


def release(
    ctx: Context, payment: Payment, state: PaymentState, change: Change, also: Also
) -> tuple[Payment, BookingState]:
    """End a payment as it was read, and let its holds go.

    Args:
        ctx: the moment.
        payment: unpaid, without an open page.
        state: how it ends.
        change: what is done to it.
        also: what else is to be written with it.

    Returns:
        The payment, and the state that `also` was told: of holds that go one by one, that they are about to.

    Raises:
        StaleVersion: somebody else was faster.
    """
    held = baskets.waiting_for(ctx, payment)
    try:
        return _at_once(ctx, payment, held, state, change, also), BookingState.RELEASED
    except TooManyActions:
        return _one_by_one(ctx, payment, held, state, change, also), BookingState.EXPIRING


def mark(transaction: Transaction, ctx: Context, held: Sequence[Booking]) -> None:
    """Mark holds, in a transaction, so that no page is opened for them any more; from now on they are due."""
    for booking in held:
        if booking.state is BookingState.PENDING or booking.hold_until is None:
            expiring = booking.model_copy(update={"state": BookingState.EXPIRING, "hold_until": ctx.now})
            store.replace(transaction, ctx.school_id, booking, expiring, stamp(ctx, "booking.expiring"))


def release_rest(ctx: Context, payment: Payment) -> None:
    """Let those holds of a payment that has ended go that are left; doing it again changes nothing.

    Raises:
        TryAgain: too busy; what is done is done.
    """
    for booking in baskets.waiting_for(ctx, payment):
        again_if_stale(partial(_release_one, ctx, payment.id, booking.id))


def _at_once(
    ctx: Context, payment: Payment, held: Sequence[Booking], state: PaymentState, change: Change, also: Also
) -> Payment:
    transaction = Transaction(ctx)
    endings.release_all(transaction, ctx, held)
    ended = give_back_received(transaction, ctx, payment.model_copy(update={"state": state}))
    ended = _write(transaction, ctx, payment, ended, change)
    also(transaction, BookingState.RELEASED)
    transaction.commit()
    for booking in held:
        allocating.move_on(ctx, booking.place)
    return ended


def _one_by_one(
    ctx: Context, payment: Payment, held: Sequence[Booking], state: PaymentState, change: Change, also: Also
) -> Payment:
    transaction = Transaction(ctx)
    mark(transaction, ctx, held)
    ended = _write(transaction, ctx, payment, payment.model_copy(update={"state": state}), change)
    also(transaction, BookingState.EXPIRING)
    transaction.commit()
    release_rest(ctx, ended)
    return payment_store.find_payment(ctx.school_id, payment.id)


def _release_one(ctx: Context, payment_id: str, booking_id: str) -> None:
    """A hold goes with what the school received for it, unless its money came meanwhile."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    booking = store.find_booking(ctx.school_id, booking_id)
    if payment.state not in ENDED or booking.state is not BookingState.EXPIRING:
        return
    transaction = Transaction(ctx)
    endings.release_all(transaction, ctx, [booking])
    after = give_back_received(transaction, ctx, payment, of=booking_id)
    if after != payment:
        _write(transaction, ctx, payment, after, stamp(ctx, "payment.refund_asked"))
    transaction.commit()
    allocating.move_on(ctx, booking.place)


def _write(transaction: Transaction, ctx: Context, before: Payment, after: Payment, change: Change) -> Payment:
    transaction.put(baskets.tell_payer(ctx, after))
    return payment_store.replace(transaction, ctx, before, after, change)
