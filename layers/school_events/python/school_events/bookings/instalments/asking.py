"""Instalments are asked for with the booking: a payment for each, in the booking's own transaction."""

from collections.abc import Sequence

from school_events.bookings.instalments import rules
from school_events.bookings.model import Booking
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.money import NOTHING
from school_events.events.charging.model import Instalment
from school_events.events.charging.rules import NO_CHARGING
from school_events.events.model import SchoolEvent
from school_events.payments import service as payments
from school_events.payments import store
from school_events.payments.model import Payment, PaymentLine, PaymentPurpose, PaymentState
from school_events.payments.refunds.service import refund_id
from school_events.payments.refunds.store import refunds_of_payment
from school_events.payments.rules import HAS_MONEY


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


def revive(transaction: Transaction, ctx: Context, booking: Booking) -> Booking:
    """Ask again for what ended with a booking that was let go and has a place after all, in a transaction.

    What was unpaid is owed as it was; an instalment whose money goes back, or whose page is still to be closed, is
    asked for anew, as a payment of its own. The commit raises :class:`StaleVersion` if an unpaid one has changed
    meanwhile.

    Args:
        transaction: the caller's.
        ctx: the moment.
        booking: as it is to be; the caller writes it.

    Returns:
        The booking, knowing what is asked for anew.
    """
    found = store.find_payments(ctx.school_id, booking.further_payments)
    anew: list[Payment] = []
    for one in found.values():
        if one.purpose is PaymentPurpose.PLACE or one.merges:
            continue
        if one.state is PaymentState.EXPIRED and not one.lines[0].back.amount:
            after = rules.revived(one).model_copy(update={"look_at": ctx.now})
            store.replace(transaction, ctx, one, after, stamp(ctx, "payment.created"))
        elif one.purpose is PaymentPurpose.INSTALMENT:
            anew += _anew(ctx, one, found.get(one.merged_into or "", one))
    write(transaction, ctx, anew)
    return booking.model_copy(update={"further_payments": (*booking.further_payments, *(one.id for one in anew))})


def _anew(ctx: Context, part: Payment, paid_with: Payment) -> list[Payment]:
    """An instalment that is owed once more: as much of it as goes back, or all of it if it was never paid."""
    [line] = part.lines
    owed = line.amount
    if paid_with.state in HAS_MONEY | {PaymentState.LOST}:
        rows = (item.record for item in refunds_of_payment(ctx.school_id, paid_with.id))
        first = refund_id("unpaid", line.key)  # not what was asked for in its place, should it have failed
        owed = sum((one.amount for one in rows if one.line == line.key and one.id.startswith(first)), NOTHING)
    if not owed.amount:
        return []
    new = PaymentLine(reference=line.reference, part=line.part, event_id=line.event_id, amount=owed)
    asked = payments.ask_for(ctx, part.payer_id, (new,))
    update = {"purpose": PaymentPurpose.INSTALMENT, "due_on": part.due_on, "look_at": ctx.now}
    return [asked.model_copy(update=update)]
