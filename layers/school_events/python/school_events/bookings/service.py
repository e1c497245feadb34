"""Booking a household's places: one look, one transaction, all or none (D1, D2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from school_events.bookings import looking, pricing, rules, store
from school_events.bookings.answering import keeping
from school_events.bookings.answers import Answering, Checked, checked_answers
from school_events.bookings.appointments.service import Appointments
from school_events.bookings.errors import LookAgain
from school_events.bookings.instalments import asking
from school_events.bookings.model import Booking, BookingState, Place
from school_events.bookings.ways import AnyFree, Way, Wish
from school_events.core import feed
from school_events.core.change import stamp, stamps
from school_events.core.context import Context
from school_events.core.dynamodb import Item, TooManyActions, Transaction, wait_or_give_up
from school_events.core.errors import Conflict, Invalid, NoFreePlace, TryAgain
from school_events.core.http import ApiModel
from school_events.core.money import NOTHING
from school_events.core.requests import AnsweredMeanwhile, Request, earlier_answer, find_earlier_answer, remember
from school_events.events.charging.rules import Schedule
from school_events.events.model import SchoolEvent
from school_events.payments import rules as payment_rules
from school_events.payments import service as payments
from school_events.payments import store as payment_store
from school_events.payments.model import Payment, PaymentLine
from school_events.people import access
from school_events.people.model import Pupil


class Booked(ApiModel):
    """The answer to a booking: its bookings in the order asked, and what is to pay."""

    booking_ids: list[str]
    state: str
    payment_id: str | None = None


@dataclass(frozen=True)
class _Child:
    """A child to be booked: under which id, for which part of the event, with the checked answers to its form."""

    pupil: Pupil
    booking_id: str
    part: str
    checked: Checked | None


@dataclass(frozen=True)
class _Offer:
    """What the children's places cost, in their order, as long as their household's bookings are these."""

    event: SchoolEvent
    household: pricing.Household
    schedules: Sequence[Schedule]


def book(
    ctx: Context,
    contact_id: str,
    event_id: str,
    wishes: Sequence[Wish],
    request: Request,
    way: Way | None = None,
) -> Booked:
    """Book places for children of one household: all of them or none.

    What is read first (event, invitations, links, free places) only finds the way; every promise is a condition of
    the one transaction: the places are free and their gate open, no child has a live booking of the event, each
    link is open. If a place was taken meanwhile another is tried; of slots each is one of its kind.

    Args:
        ctx: the moment; the actor may be the contact, or a school's administrator on the contact's behalf.
        contact_id: on whose account.
        event_id: which event.
        wishes: one per child, or per child and session or slot.
        request: what is asked, for answering the same request alike.
        way: how they come to their places; unless told, by any free ones, or at a parents' evening by their slots.

    Raises:
        NotFound: no such event for this contact, or a child that is not theirs.
        WrongState: the event is not open for booking, or its form has changed since it was filled in.
        Invalid: a child twice, wrong answers, a session or slot where none can be named, or none where one must be,
            or more than one transaction can write.
        AlreadyBooked: a child has a live booking of the event, or of that part of it.
        NoFreePlace: not enough places are free.
        Conflict: of a parents' evening what ``Appointments.complete`` says.
        TryAgain: too busy.
    """
    rules.require_distinct([(wish.pupil_id, wish.part) for wish in wishes])
    found = looking.look(ctx, contact_id, event_id, wishes, request)
    if ctx.actor.kind == "contact":
        # Before an earlier answer is given out again: a cut link is felt at once (A8).
        looking.require_open_links(ctx, contact_id, wishes, found)
    request_key = request.item_key(ctx)
    earlier = earlier_answer(ctx, request, found.get(request_key) if request_key else None, Booked)
    if earlier is not None:
        return earlier
    event = looking.checked_event(ctx, contact_id, event_id, wishes, found)
    rules.require_slots(event, [wish.slot for wish in wishes])
    how = Answering.BOOKING if ctx.actor.kind == "contact" else Answering.ON_BEHALF
    answers = [
        checked_answers(event.form, wish.filled, by=contact_id, at=ctx.now, field=f"items.{position}", how=how)
        for position, wish in enumerate(wishes)
    ]
    pupils = [
        _Child(looking.on_roll(ctx, wish.pupil_id, found), ctx.new_id("booking"), wish.part, checked)
        for wish, checked in zip(wishes, answers, strict=True)
    ]
    try:
        return _book(ctx, contact_id, event, wishes, pupils, request, way or _way_to(event))
    except Conflict as refusal:
        # What is in the way may be what the very same request was given, sent twice.
        return _answered_meanwhile(ctx, request, _truer(ctx, event_id, wishes, refusal))
    except TooManyActions as error:
        raise Invalid.of("items", "are too many for one request: book some, then the others") from error


def _way_to(event: SchoolEvent) -> Way:
    return Appointments() if event.kind == "parents_evening" else AnyFree()


def _book(
    ctx: Context,
    contact_id: str,
    event: SchoolEvent,
    wishes: Sequence[Wish],
    pupils: Sequence[_Child],
    request: Request,
    way: Way,
) -> Booked:
    """Look and write until nothing has moved in between."""
    beside: list[Item] | None = None
    attempt = 0
    while True:
        chosen = way.choose(ctx, event, wishes)
        if beside is None:
            # Once, and not at all for an event that is full: it costs a call for each answer about health.
            beside = [item for one in pupils for item in keeping.beside(ctx, one.booking_id, event, one.checked)]
        offer = _offer(ctx, contact_id, event, pupils)
        try:
            return _write(ctx, contact_id, pupils, chosen, offer, request, way, beside)
        except LookAgain:
            attempt += 1
            wait_or_give_up(ctx, attempt)


def _offer(ctx: Context, contact_id: str, event: SchoolEvent, pupils: Sequence[_Child]) -> _Offer:
    """What the places cost, as the household's bookings are now."""
    household = pricing.household(ctx, contact_id, event, [(one.pupil.id, one.part) for one in pupils])
    known = [(one.pupil.characteristics, one.part) for one in pupils]
    schedules = pricing.schedules_by_part(ctx, event, known, household)
    return _Offer(event, household, schedules)


def _write(
    ctx: Context,
    contact_id: str,
    pupils: Sequence[_Child],
    chosen: Sequence[Place],
    offer: _Offer,
    request: Request,
    way: Way,
    beside: Iterable[Item],
) -> Booked:
    bookings = [
        _new_booking(ctx, contact_id, offer.event.id, child, schedule, place)
        for child, schedule, place in zip(pupils, offer.schedules, chosen, strict=True)
    ]
    payment = _payment(ctx, contact_id, bookings)
    if payment is not None:
        bookings = [_paid_with(booking, payment) for booking in bookings]
    later = [asking.ask_for(ctx, offer.event, booking) for booking in bookings]
    bookings = [asking.with_instalments(one, parts) for one, parts in zip(bookings, later, strict=True)]
    answer = Booked(
        booking_ids=[booking.id for booking in bookings],
        state=(BookingState.CONFIRMED if payment is None else BookingState.PENDING).value,
        payment_id=None if payment is None else payment.id,
    )
    transaction = Transaction(ctx)
    remember(ctx, transaction, request, answer)
    _add_bookings(ctx, transaction, bookings, way)
    for pupil_id in dict.fromkeys(booking.pupil_id for booking in bookings):
        access.check_link(transaction, ctx, contact_id, pupil_id)
    for item in beside:
        transaction.create(item)
    way.complete(transaction, ctx, offer.event, bookings)
    pricing.require_unchanged(transaction, ctx, offer.event.id, offer.household)
    if payment is not None:
        change = stamp(ctx, "payment.created")
        transaction.create(payment_store.payment_item(ctx, payment, change))
        transaction.put(feed.row(ctx, "contact", contact_id, thing="payment", thing_id=payment.id, what="created"))
    asking.write(transaction, ctx, [one for parts in later for one in parts])
    transaction.commit()
    return answer


def _new_booking(
    ctx: Context, contact_id: str, event_id: str, child: _Child, schedule: Schedule, place: Place
) -> Booking:
    is_free = schedule.price == NOTHING
    return Booking(
        id=child.booking_id,
        event_id=event_id,
        pupil_id=child.pupil.id,
        booked_by=contact_id,
        state=BookingState.CONFIRMED if is_free else BookingState.PENDING,
        price=schedule.price,
        due_later=schedule.later,
        place=place,
        answers=None if child.checked is None else child.checked.answers,
        created_at=ctx.now,
        hold_until=None if is_free else ctx.now + payment_rules.HOLD_BEFORE_CHECKOUT,
    )


def _payment(ctx: Context, contact_id: str, bookings: Iterable[Booking]) -> Payment | None:
    lines = tuple(
        PaymentLine(reference=booking.id, event_id=booking.event_id, amount=booking.due_now)
        for booking in bookings
        if booking.price != NOTHING
    )
    return payments.ask_for(ctx, contact_id, lines) if lines else None


def _paid_with(booking: Booking, payment: Payment) -> Booking:
    """A booking that waits for a payment; one that costs nothing waits for none, also among others that do."""
    return booking if booking.price == NOTHING else booking.model_copy(update={"payment_id": payment.id})


def _add_bookings(ctx: Context, transaction: Transaction, bookings: Sequence[Booking], way: Way) -> None:
    """Add them, those that wait for money apart; families are told once of each child's."""
    refusals = {one.id: rules.already_booked(position) for position, one in enumerate(bookings)}
    for is_held, action in ((True, "booking.placed"), (False, "booking.confirmed")):
        some = [one for one in bookings if (one.state is BookingState.PENDING) is is_held]
        for booking, change in zip(some, stamps(ctx, action, (one.concerns for one in some)), strict=True):
            store.create(transaction, ctx.school_id, booking, change, turn=way.turn, refusal=refusals[booking.id])
            way.claim(transaction, ctx, booking, held=is_held)
            transaction.put(tell_booker(ctx, booking, "created"))


def tell_booker(ctx: Context, booking: Booking, what: str) -> feed.FeedRow:
    """The change-feed row of who booked, to be written with the booking's change."""
    return feed.row(ctx, "contact", booking.booked_by, thing="booking", thing_id=booking.id, what=what)


def _truer(ctx: Context, event_id: str, wishes: Sequence[Wish], refusal: Conflict) -> Conflict:
    """The refusal; of an event that is full rather that a child has its place already, or waits, if one does."""
    if not isinstance(refusal, NoFreePlace):
        return refusal
    position = store.first_guarded(ctx.school_id, event_id, [(wish.pupil_id, wish.part) for wish in wishes])
    return refusal if position is None else rules.already_booked(position)


def _answered_meanwhile(ctx: Context, request: Request, refusal: Conflict) -> Booked:
    answer = find_earlier_answer(ctx, request, Booked)
    if answer is None:
        raise TryAgain if isinstance(refusal, AnsweredMeanwhile) else refusal
    return answer
