"""Money that arrives for a place already gone: a free place is given, otherwise that part goes back (PAYMENTS.md 5)."""

from functools import partial

from school_events.bookings import baskets, debits, places, store
from school_events.bookings.belonging import is_bookers
from school_events.bookings.errors import again_if_stale
from school_events.bookings.instalments.asking import revive
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.service import tell_booker
from school_events.core import logs
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import AlreadyBooked, StaleVersion, WrongState
from school_events.core.money import Money
from school_events.payments import service as payments
from school_events.payments.model import Payment, PaymentLine
from school_events.payments.refunds import service as refunds
from school_events.payments.refunds import store as refund_store
from school_events.payments.refunds.model import Refund

_TRIES = 5


def settle_lines(ctx: Context, payment: Payment) -> None:
    """Settle every line of a paid payment whose place was let go; doing it again changes nothing.

    Raises:
        TryAgain: too busy, or Stripe did not answer.
    """
    lines = {line.reference: line for line in payment.lines}
    for booking in baskets.bookings_of(ctx, payment):
        if booking.state is BookingState.RELEASED:
            again_if_stale(partial(_settle_line, ctx, payment.id, lines[booking.id]))


def _settle_line(ctx: Context, payment_id: str, line: PaymentLine) -> None:
    """Place or refund, never both: each is written on the condition that the other was not."""
    booking = store.find_booking(ctx.school_id, line.reference)
    if booking.state is not BookingState.RELEASED:
        return
    refund = refund_store.find_refund(ctx.school_id, payment_id, refunds.refund_id("late", line.key))
    if refund is None:
        left = payments.still_paid(ctx.school_id, payment_id, line.key)
        # Of what the school received itself nothing is left once the place was let go: it is not paid for any more.
        is_whole = not line.received.amount
        if not left.amount or (is_whole and _regain(ctx, payment_id, line, booking)):
            # What the school gave back in Stripe's dashboard meanwhile is neither given back again nor a place's.
            return
        refund = _decide_to_refund(ctx, payment_id, line, booking, left)
    refunds.make_refund(ctx, payment_id, refund)


def _decide_to_refund(ctx: Context, payment_id: str, line: PaymentLine, booking: Booking, left: Money) -> Refund:
    transaction = Transaction(ctx)
    store.require_unchanged(transaction, ctx.school_id, booking)
    try:
        refund = refunds.ask_refund(transaction, ctx, payment_id, line.key, "late", left)
    except WrongState as error:
        # Somebody else asked for the same money a moment ago.
        raise StaleVersion from error
    transaction.commit()
    logs.count("LateRefund")
    return refund


def _regain(ctx: Context, payment_id: str, line: PaymentLine, booking: Booking) -> bool:
    """Give a booking that was let go a place that is still free; says whether there was one.

    It was booked in time: so it has a place also once the time to book is over, until what it is for has begun. Not
    for a child who has left the school, or is not the booker's any more: they would not be let book it now.

    Raises:
        StaleVersion: somebody else settled the line meanwhile, one way or the other.
    """
    if not is_bookers(ctx, booking) or debits.first_beginning(ctx, [booking]) is None:
        return False
    refund_id = refunds.refund_id("late", line.key)
    for _ in range(_TRIES):
        free = places.free_places(ctx, booking.event_id, booking.place.pool, at_any_time=True)
        if not free:
            return False
        after = booking.model_copy(
            update={"state": BookingState.CONFIRMED, "place": ctx.random.choice(free), "hold_until": None}
        )
        transaction = Transaction(ctx)
        after = revive(transaction, ctx, after)
        store.replace(transaction, ctx.school_id, booking, after, stamp(ctx, "booking.confirmed"))
        refund_store.require_no_refund(transaction, ctx.school_id, payment_id, refund_id)
        store.guard(transaction, ctx.school_id, after)
        places.claim(transaction, ctx, after, held=False, at_any_time=True)
        transaction.put(tell_booker(ctx, after, "changed"))
        try:
            transaction.commit()
        except places.PlaceGone:
            continue
        except AlreadyBooked:
            return False
        return True
    return False
