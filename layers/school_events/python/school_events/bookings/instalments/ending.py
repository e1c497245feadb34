"""Unpaid instalments end with what they are for: without a page at once, with one when housekeeping has closed it."""

from school_events.bookings.instalments import rules
from school_events.bookings.model import Booking
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.payments import store
from school_events.payments.model import PaymentState
from school_events.payments.rules import HAS_MONEY


def end_unpaid(transaction: Transaction, ctx: Context, booking: Booking) -> None:
    """End what is unpaid of a booking's later payments, in the transaction that ends the booking.

    Money that comes for one after all goes back as late. The commit raises :class:`StaleVersion` if one has changed
    meanwhile, perhaps because it was paid: what comes back of that is decided anew.
    """
    if not booking.further_payments:
        return
    for one in store.find_payments(ctx.school_id, booking.further_payments).values():
        if one.state in HAS_MONEY or one.state is PaymentState.EXPIRED:
            continue
        after = rules.over(one, booking.id).model_copy(update={"look_at": ctx.now})
        store.replace(transaction, ctx, one, after, stamp(ctx, "payment.let_go"))
