"""Instalments are asked for with the booking: a payment for each, in the booking's own transaction."""

from collections.abc import Sequence

from school_events.bookings.instalments import rules
from school_events.bookings.model import Booking
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.events.charging.model import Instalment
from school_events.events.charging.rules import NO_CHARGING
from school_events.events.model import SchoolEvent
from school_events.payments import service as payments
from school_events.payments import store
from school_events.payments.model import Payment, PaymentLine, PaymentPurpose, PaymentState


def ask_for(ctx: Context, event: SchoolEvent, booking: Booking) -> list[Payment]:
    """A payment for each part of a booking's price that is due later, to be written with the booking.

    Args:
        ctx: the moment.
        event: the booking's, which says what becomes of it if one stays unpaid.
        booking: new.
    """
    return [_payment(ctx, event, booking, number, one) for number, one in enumerate(booking.due_later, start=2)]


def _payment(ctx: Context, event: SchoolEvent, booking: Booking, number: int, due: Instalment) -> Payment:
    line = PaymentLine(reference=booking.id, part=rules.part(number), event_id=booking.event_id, amount=due.amount)
    asked = payments.ask_for(ctx, booking.booked_by, (line,)).model_copy(
        update={"purpose": PaymentPurpose.INSTALMENT, "due_on": due.due_on}
    )
    policy = (event.charging or NO_CHARGING).unpaid_instalment
    return asked.model_copy(update={"look_at": rules.look(asked, policy, ctx.now).again_at})


def with_instalments(booking: Booking, instalments: Sequence[Payment]) -> Booking:
    """A booking that knows the payments of the parts of its price that are due later."""
    return booking.model_copy(update={"further_payments": tuple(one.id for one in instalments)})


def write(transaction: Transaction, ctx: Context, instalments: Sequence[Payment]) -> None:
    """Write them, in the booking's transaction; the family sees them with the booking."""
    for one in instalments:
        transaction.create(store.payment_item(ctx, one, stamp(ctx, "payment.created")))


def revive(transaction: Transaction, ctx: Context, booking: Booking) -> None:
    """Ask again for what ended with a booking that was let go and has a place after all, in a transaction.

    The commit raises :class:`StaleVersion` if one has changed meanwhile.
    """
    found = store.find_payments(ctx.school_id, booking.further_payments)
    for one in found.values():
        if one.state is PaymentState.EXPIRED and not one.merges:
            after = rules.revived(one).model_copy(update={"look_at": ctx.now})
            store.replace(transaction, ctx, one, after, stamp(ctx, "payment.created"))
