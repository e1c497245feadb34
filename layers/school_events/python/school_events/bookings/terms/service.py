"""The terms of one booking, and what families and the school are shown of them before they cancel."""

from school_events.bookings import baskets, reading
from school_events.bookings.appointments.times import slots_of
from school_events.bookings.instalments.paid import paid_for
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.terms import rules
from school_events.bookings.terms.api import CancellationTerms, StepView
from school_events.bookings.terms.rules import Terms
from school_events.core.context import Context
from school_events.core.money import NOTHING, Money
from school_events.events import store as events
from school_events.events.model import SchoolEvent
from school_events.payments import store as payment_store
from school_events.payments.model import Payment


def still_paid(ctx: Context, booking: Booking) -> Money:
    """What was paid for a booking, then or later, and has not gone back; nothing for what is only held, or is free."""
    return paid_for(ctx, booking).total if booking.state is BookingState.CONFIRMED else NOTHING


def terms_of(ctx: Context, booking: Booking, event: SchoolEvent) -> Terms:
    """The terms of a booking, as they are now.

    Args:
        ctx: the moment.
        booking: live.
        event: the booking's.
    """
    sessions = events.sessions_of(ctx.school_id, event.id)
    return Terms(
        paid=still_paid(ctx, booking),
        steps=rules.policy(event),
        begins_at=rules.begins_at(booking.place, sessions, slots_of(ctx, [booking]).get(booking.id)),
        is_called_off=rules.is_called_off(event, booking.place, sessions),
    )


def preview(ctx: Context, booking: Booking) -> CancellationTerms:
    """What cancelling a booking would bring now, and later; money for who booked and for finance staff only (B8)."""
    event = events.find_event(ctx.school_id, booking.event_id)
    terms = terms_of(ctx, booking, event)
    waits_for = _waits_for(ctx, booking)
    why_not = _why_not(ctx, booking, terms, waits_for)
    money = reading.sees_money(ctx, mine=reading.is_mine(ctx, booking))
    shown = CancellationTerms(
        booking_id=booking.id,
        state=booking.state.value,
        possible=not why_not,
        words=why_not or _words(ctx, terms, event, waits_for, money=money),
        until=terms.begins_at,
        refund_percent=terms.percent(ctx.now),
        steps=[StepView(before=one.before, refund_percent=one.percent) for one in terms.steps],
        ends_too=_ends_too(ctx, booking, waits_for),
    )
    return _with_money(shown, terms, ctx) if money else shown


def _waits_for(ctx: Context, booking: Booking) -> Payment | None:
    """The payment that a hold waits for."""
    if booking.state is not BookingState.PENDING or booking.payment_id is None:
        return None
    return payment_store.find_payment(ctx.school_id, booking.payment_id)


def _words(ctx: Context, terms: Terms, event: SchoolEvent, waits_for: Payment | None, *, money: bool) -> str:
    if waits_for is None:
        return rules.in_words(terms, event, ctx.now, money=money)
    return rules.held_in_words(received=any(line.received.amount for line in waits_for.lines))


def _why_not(ctx: Context, booking: Booking, terms: Terms, waits_for: Payment | None) -> str:
    """Why the caller cannot cancel it; empty if they can."""
    if booking.state not in {BookingState.PENDING, BookingState.CONFIRMED}:
        return f"This booking is {booking.state}."
    if terms.is_called_off:
        return f"{rules.CALLED_OFF}."
    if waits_for is not None and waits_for.state in rules.WHY_KEPT:
        return f"{rules.WHY_KEPT[waits_for.state]}."
    if booking.state is BookingState.CONFIRMED and ctx.actor.kind == "contact" and terms.is_too_late(ctx.now):
        return "This has begun: ask the school."
    return ""


def _with_money(shown: CancellationTerms, terms: Terms, ctx: Context) -> CancellationTerms:
    steps = [step.model_copy(update={"refund": rules.share(terms.paid, step.refund_percent)}) for step in shown.steps]
    return shown.model_copy(update={"paid": terms.paid, "refund": terms.refund("policy", ctx.now), "steps": steps})


def _ends_too(ctx: Context, booking: Booking, waits_for: Payment | None) -> list[str]:
    """What else ends with a hold: the others that are to be paid with it."""
    together = [] if waits_for is None else baskets.bookings_of(ctx, waits_for)
    return [one.id for one in together if one.id != booking.id and one.state is BookingState.PENDING]
