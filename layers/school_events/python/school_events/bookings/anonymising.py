"""Bookings of people who are anonymised: whose they were is taken out, places, states, counts and money stay (H2).

Every booking gets random ids of its own, so that nothing says that two of them were one child's. A payment, of which
the payer is part, forgets its payer just before the last of the bookings it paid for, and of two that are anonymised
at once, one sees that it is the last.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import batched

from school_events.bookings import store
from school_events.bookings.answering import forgetting as of_answers
from school_events.bookings.appointments import diaries
from school_events.bookings.model import Booking, Place
from school_events.bookings.registers import forgetting as of_registers
from school_events.bookings.store import BookingItem
from school_events.bookings.waiting import forgetting as of_waiting
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction, get_many, wait_or_give_up
from school_events.core.errors import StaleVersion
from school_events.payments import anonymising as of_payments
from school_events.payments import store as payments
from school_events.payments.model import Payment

_MOST_KEYS = 100

type NewId = Callable[[], str]
"""Makes an id that is nobody's and says nothing, not even when it was made."""


def forget_pupil(ctx: Context, pupil_id: str, before: datetime, nobody: NewId) -> None:
    """Take a child, and who booked for them, out of the child's bookings; doing it again changes nothing.

    Args:
        ctx: the moment; its actor is who the new stamps name.
        pupil_id: the child.
        before: only bookings made earlier (UTC): the child may be back as somebody new.
        nobody: makes the ids that take the place of people's.

    Raises:
        TryAgain: too busy; what is done is done.
    """
    for booking in _older_bookings(ctx, [pupil_id], before):
        _until_unchanged(ctx, partial(_forget_pupil, ctx, booking.id, pupil_id, nobody))
    for guard in store.guards_of(ctx.school_id, pupil_id):
        if guard.booking_id not in store.find_bookings(ctx.school_id, [guard.booking_id]):
            store.drop_guard(guard)
    _until_unchanged(ctx, lambda: of_waiting.forget_pupil(ctx, pupil_id, before, nobody))
    diaries.forget(ctx, diaries.child(pupil_id))


def nobodys(ctx: Context, booking_ids: Iterable[str]) -> frozenset[str]:
    """Those of the bookings whose child has been taken out of them."""
    return frozenset(one.id for one in store.find_bookings(ctx.school_id, booking_ids).values() if one.anonymised)


def forget_contact(
    ctx: Context,
    contact_id: str,
    pupil_ids: Iterable[str],
    before: datetime,
    instead: NewId,
    *,
    taken_over: bool = False,
) -> None:
    """Take a contact out of the bookings they made for children, and out of what they paid; the children stay.

    Doing it again changes nothing.

    Args:
        ctx: the moment; its actor is who the new stamps name.
        contact_id: who booked.
        pupil_ids: every child they were ever linked to here: nobody books for others.
        before: only bookings made earlier (UTC).
        instead: makes the ids that take the place of theirs; always the same where another contact takes over.
        taken_over: whether one does.

    Raises:
        TryAgain: too busy; what is done is done.
    """
    pupil_ids = frozenset(pupil_ids)
    for booking in _older_bookings(ctx, pupil_ids, before):
        _until_unchanged(ctx, partial(of_registers.forget_contact, ctx, booking.id, contact_id, before, instead))
        of_answers.forget_contact(ctx, booking, contact_id, before, instead())
        _until_unchanged(ctx, partial(_forget_contact, ctx, booking.id, contact_id, instead, taken_over=taken_over))
    _until_unchanged(ctx, lambda: of_waiting.forget_contact(ctx, contact_id, pupil_ids, before, instead))
    diaries.forget(ctx, diaries.parent(contact_id))


def _older_bookings(ctx: Context, pupil_ids: Iterable[str], before: datetime) -> Iterator[Booking]:
    """The children's bookings, by guards (strongly: all that are live) and by the index, as they are now."""
    children = frozenset(pupil_ids)
    ids = {booking.id for one in children for booking in store.bookings_of_pupil(ctx.school_id, one)}
    ids |= {guard.booking_id for one in children for guard in store.guards_of(ctx.school_id, one)}
    for some in batched(sorted(ids), _MOST_KEYS, strict=False):
        for booking in store.find_bookings(ctx.school_id, some).values():
            if booking.pupil_id in children and booking.created_at < before:
                yield booking


def _forget_pupil(ctx: Context, booking_id: str, pupil_id: str, nobody: NewId) -> None:
    booking = store.find_booking(ctx.school_id, booking_id)
    if booking.pupil_id != pupil_id:
        return
    of_answers.forget_child(ctx, booking)
    after = booking.model_copy(
        update={
            "pupil_id": nobody(),
            "booked_by": nobody(),
            "answers": None,
            "withheld": (),
            "place": booking.place.model_copy(update={"beyond": None}),
            "anonymised": True,
        }
    )
    transaction = Transaction(ctx)
    store.replace(transaction, ctx.school_id, booking, after, stamp(ctx, "booking.anonymised"))
    if any(guard.booking_id == booking.id for guard in store.guards_of(ctx.school_id, pupil_id)):
        store.unguard(transaction, ctx.school_id, booking)
        store.guard(transaction, ctx.school_id, after)
    diaries.hand_on(transaction, ctx, booking, after)
    of_registers.forget_pupil(transaction, ctx, booking, after, nobody)
    checked: set[str] = set()
    for payment in _payments_of(ctx, booking, booking.booked_by):
        others = _not_yet_forgotten(ctx, payment, booking)
        if not others:
            of_payments.replace_payer(ctx, payment, nobody())
        elif checked.isdisjoint(others):
            # One is enough: whichever is forgotten last finds that the one it checks has changed, and looks again.
            other = next(iter(others.values()))
            store.require_unchanged(transaction, ctx.school_id, other)
            checked.add(other.id)
    transaction.commit()


def _not_yet_forgotten(ctx: Context, payment: Payment, booking: Booking) -> dict[str, Booking]:
    """The other bookings a payment is for that still say whose they are, by id."""
    others = store.find_bookings(ctx.school_id, [line.reference for line in payment.lines])
    return {one.id: one for one in others.values() if one.id != booking.id and not one.anonymised}


def _forget_contact(ctx: Context, booking_id: str, contact_id: str, instead: NewId, *, taken_over: bool) -> None:
    key = store.booking_key(ctx.school_id, booking_id)
    item = get_many([key]).get(key)
    if item is None or not _names(item, contact_id):
        return
    booking = item.record
    after = of_answers.without_contact(booking, contact_id, instead())
    if not taken_over and booking.booked_by == contact_id:
        after = after.model_copy(update={"place": _without_words(booking.place)})
    transaction = Transaction(ctx)
    store.replace(transaction, ctx.school_id, booking, after, stamp(ctx, "booking.anonymised"))
    diaries.hand_on(transaction, ctx, booking, after)
    for payment in _payments_of(ctx, booking, contact_id):
        of_payments.replace_payer(ctx, payment, instead(), taken_over=taken_over)
    transaction.commit()


def _without_words(place: Place) -> Place:
    """What the school wrote of a place beyond the capacity may name who asked for it."""
    beyond = None if place.beyond is None else place.beyond.model_copy(update={"reason": ""})
    return place.model_copy(update={"beyond": beyond})


def _names(item: BookingItem, contact_id: str) -> bool:
    """Whether a booking says of a contact that they booked, gave its answers, or were the last to say something of it,
    as a child's other parent may have been."""
    did_last = item.change.actor_kind == "contact" and item.change.actor_id == contact_id
    return did_last or of_answers.names_contact(item.record, contact_id)


def _payments_of(ctx: Context, booking: Booking, payer_id: str) -> list[Payment]:
    """What somebody paid, was to pay or is to pay for a booking."""
    ids = [one for one in (booking.payment_id, *booking.further_payments) if one is not None]
    found = payments.find_payments(ctx.school_id, ids) if ids else {}
    return [payment for payment in found.values() if payment.payer_id == payer_id]


def _until_unchanged(ctx: Context, attempt: Callable[[], None]) -> None:
    """Read, decide and write again while somebody else is faster."""
    tries = 0
    while True:
        try:
            return attempt()
        except StaleVersion:
            tries += 1
            wait_or_give_up(ctx, tries)
