"""Giving a place up: a hold with all that is to be paid with it, and a place that is booked, under its terms (D6).

What goes back of what was paid is written down in the transaction that ends the booking, so that neither is without
the other; Stripe makes it afterwards. Asking again with the same ``Idempotency-Key`` gives the same answer.
"""

from dataclasses import dataclass

from school_events.bookings import allocating, endings, reading, settlement, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.instalments.paid import Paid, paid_for, require_unchanged, shares
from school_events.bookings.model import Booking, BookingState, Cancellation
from school_events.bookings.terms.rules import ACTIONS, CALLED_OFF, Decided, NotAsSeen, RefundIsLess, TooLateToCancel
from school_events.bookings.terms.service import terms_of
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Conflict, FieldError, NotFound, StaleVersion, TryAgain, WrongState
from school_events.core.http import ApiModel
from school_events.core.money import NOTHING, Money
from school_events.core.requests import AnsweredMeanwhile, Request, find_earlier_answer, remember
from school_events.events import store as events
from school_events.payments.model import Payment
from school_events.payments.refunds.service import RefundReason, ask_refunds
from school_events.people import access

_UNASKED = Request(None, "")


@dataclass(frozen=True)
class Asked:
    """What the caller asks besides that a booking be cancelled.

    Args:
        refund: what is to come back; for families always what the policy says, and for the school everything unless
            it says otherwise.
        expects: at least so much is to come back, as the family was shown; else nothing is cancelled.
        request: what is asked, for answering the same request alike.
        state: the booking is so, as the family was shown; else nothing is cancelled.
    """

    refund: Decided | None = None
    expects: Money = NOTHING
    request: Request = _UNASKED
    state: BookingState | None = None


AS_USUAL = Asked()
"""Families have what the policy says, the school gives everything back."""


class Ended(ApiModel):
    """What is remembered of a cancellation, for the same request again."""

    state: BookingState


def require_may_cancel(ctx: Context, booking: Booking) -> None:
    """The caller may cancel a booking they see: who made it, an administrator, or the family it is left to.

    A place stays when the link of who booked it is cut (A8); then any other contact of the child may give it up, if it
    is more than a hold, or ask again to. They learn nothing of its money.

    Raises:
        NotFound: it is another's.
    """
    if reading.is_mine(ctx, booking) or ctx.has_role("school_admin"):
        return
    booker = access.persons_now(ctx.school_id, [booking.booked_by])[booking.booked_by]
    is_orphaned = not access.open_links_among(ctx, [(booker, booking.pupil_id)])
    if booking.state not in {BookingState.CONFIRMED, BookingState.CANCELLED} or not is_orphaned:
        raise NotFound


def cancel(ctx: Context, booking: Booking, asked: Asked = AS_USUAL) -> Booking:
    """Cancel a booking of the caller's: a hold with all that is to be paid with it, a booked place under its terms.

    A hold whose payment page is open ends within a minute, when Stripe's page has been closed.

    Args:
        ctx: the moment; families are bound by the terms, the school is not.
        booking: as the caller saw it.
        asked: what else is asked.

    Raises:
        WrongState: it has ended already, or its event is cancelled.
        NotAsSeen: it stands otherwise than the caller was shown.
        TooLateToCancel: what it is for has begun, and a family asks.
        RefundIsLess: less would come back than was expected.
        KeyReused: the idempotency key belongs to another request.
        TryAgain: too busy.
    """
    earlier = find_earlier_answer(ctx, asked.request, Ended)
    try:
        if earlier is None:
            return again_if_stale(lambda: _cancel(ctx, booking, asked))
    except Conflict as refusal:
        # What is in the way may be what the very same request did, sent twice.
        earlier = find_earlier_answer(ctx, asked.request, Ended)
        if earlier is None:
            raise TryAgain if isinstance(refusal, AnsweredMeanwhile) else refusal from None
    return store.find_booking(ctx.school_id, booking.id).model_copy(update={"state": earlier.state})


def _cancel(ctx: Context, seen: Booking, asked: Asked) -> Booking:
    booking = store.find_booking(ctx.school_id, seen.id)
    if booking.state not in {BookingState.PENDING, BookingState.CONFIRMED}:
        raise WrongState(f"This booking is {booking.state}")
    if booking.state is not seen.state or asked.state not in {None, booking.state}:
        raise NotAsSeen.now(booking.state, is_named=asked.state is not None)
    if booking.state is BookingState.PENDING:
        return end_hold(ctx, booking, asked.request)
    return _cancel_place(ctx, booking, asked)


def end_hold(ctx: Context, booking: Booking, request: Request = _UNASKED) -> Booking:
    """End a hold and all that is to be paid with it: at once, or by housekeeping once Stripe's page has closed.

    Raises:
        WrongState: its money came, and is not what was asked for: a person decides.
        StaleVersion: somebody else was faster.
    """

    def also(transaction: Transaction, state: BookingState) -> None:
        remember(ctx, transaction, request, Ended(state=state))

    state = settlement.end_holds_now(ctx, booking.payment_id or "", also)
    return store.find_booking(ctx.school_id, booking.id).model_copy(update={"state": state})


def _cancel_place(ctx: Context, booking: Booking, asked: Asked) -> Booking:
    paid = paid_for(ctx, booking)
    event = events.find_event(ctx.school_id, booking.event_id)
    terms = terms_of(ctx, booking, event)
    if terms.is_called_off:
        raise WrongState(CALLED_OFF)
    is_family = ctx.actor.kind == "contact"
    if is_family and terms.is_too_late(ctx.now):
        raise TooLateToCancel
    decided: Decided = "policy" if is_family or not terms.paid.amount else asked.refund or "full"
    refund = terms.refund(decided, ctx.now)
    if refund.amount < asked.expects.amount:
        raise RefundIsLess(fields=[FieldError("expected_refund", "Less would come back now")])
    ending = Cancellation(at=ctx.now, by="family" if is_family else "school", decided=decided, refund=refund)
    return _end(ctx, booking, ending, paid, "cancelled", asked.request)


def end_unpaid(ctx: Context, booking: Booking, unpaid: Payment) -> bool:
    """End a booked place because an instalment stayed unpaid, as the school decided: under the policy (decision 0040).

    Args:
        ctx: the moment.
        booking: booked.
        unpaid: the instalment, as it was read; it was announced to the family.

    Returns:
        Whether it is ended; not if what it is for has begun, or does not take place.

    Raises:
        StaleVersion: somebody else was faster, or something was paid meanwhile.
    """
    paid = paid_for(ctx, booking)
    if paid.versions.get(unpaid.id) != unpaid.version:
        raise StaleVersion
    terms = terms_of(ctx, booking, events.find_event(ctx.school_id, booking.event_id))
    if terms.is_called_off or terms.is_too_late(ctx.now):
        return False
    refund = terms.refund("policy", ctx.now)
    ending = Cancellation(at=ctx.now, by="school", decided="policy", refund=refund)
    _end(ctx, booking, ending, paid, "cancelled", _UNASKED)
    return True


def call_off(ctx: Context, booking: Booking) -> Booking:
    """End a booked place because its event, or its session, does not take place: everything that was paid goes back.

    Raises:
        StaleVersion: somebody else was faster.
    """
    paid = paid_for(ctx, booking)
    back = paid.total
    ending = Cancellation(at=ctx.now, by="event", decided="full" if back.amount else "policy", refund=back)
    return _end(ctx, booking, ending, paid, "called_off", _UNASKED)


def _end(
    ctx: Context, booking: Booking, ending: Cancellation, paid: Paid, why: RefundReason, request: Request
) -> Booking:
    """End a booked place and write down what goes back, together; ``paid`` was read before it was decided."""
    transaction = Transaction(ctx)
    remember(ctx, transaction, request, Ended(state=BookingState.CANCELLED))
    cancelled = booking.model_copy(update={"state": BookingState.CANCELLED, "cancellation": ending})
    after = endings.end(transaction, ctx, booking, cancelled, stamp(ctx, ACTIONS[ending.decided]))
    for payment_id, amounts in shares(paid.parts, ending.refund).items():
        ask_refunds(transaction, ctx, payment_id, amounts, why)
    require_unchanged(ctx, booking, paid)
    transaction.commit()
    allocating.move_on(ctx, booking.place)
    return after
