"""Taking appointments out of diaries, and handing them on: in the transaction that ends or changes their booking."""

from school_events.bookings.appointments import store
from school_events.bookings.appointments.model import Appointment, Diary
from school_events.bookings.appointments.store import DiaryItem, Owner
from school_events.bookings.model import Booking
from school_events.bookings.rules import SLOTS
from school_events.core.context import Context
from school_events.core.dynamodb import Key, Transaction, school_key
from school_events.core.errors import StaleVersion


def child(pupil_id: str) -> Owner:
    """Whose diary a child's is."""
    return ("PUPIL", pupil_id)


def parent(contact_id: str) -> Owner:
    """Whose diary a contact's is."""
    return ("CONTACT", contact_id)


def take_out(transaction: Transaction, ctx: Context, booking: Booking) -> None:
    """Take the appointment that a booking is out of the diaries of child and parent; other bookings are in none.

    Refused with :class:`StaleVersion` if a diary is another by then.
    """
    if booking.place.pool == SLOTS:
        for owner in _owners(booking):
            _take_out(transaction, ctx, owner, booking.id)


def hand_on(transaction: Transaction, ctx: Context, before: Booking, after: Booking) -> None:
    """Move an appointment, if it is one, to the diaries of those whose it is from now on; refused as :func:`take_out`.

    Args:
        transaction: the booking's.
        ctx: the moment.
        before: as it was read.
        after: with another child or another contact.
    """
    if before.place.pool != SLOTS:
        return
    for one, other in zip(_owners(before), _owners(after), strict=True):
        if one != other and (found := _take_out(transaction, ctx, one, before.id)):
            _put_in(transaction, ctx, other, *found)


def forget(ctx: Context, owner: Owner) -> None:
    """Delete the empty diaries of somebody who is forgotten: their keys say whose they were."""
    for item in store.diaries_of(ctx.school_id, owner):
        store.drop_if_empty(item)


def _owners(booking: Booking) -> tuple[Owner, Owner]:
    return child(booking.pupil_id), parent(booking.booked_by)


def _take_out(transaction: Transaction, ctx: Context, owner: Owner, booking_id: str) -> tuple[str, Appointment] | None:
    """The appointment of a booking, taken out of the diary it was in, and the sort key of that; None if in none."""
    for item in store.diaries_of(ctx.school_id, owner):
        appointment = item.record.of(booking_id)
        if appointment is not None:
            key = Key(DiaryItem, item.pk, item.sk)
            store.write(transaction, key, item, item.record.without(booking_id), StaleVersion())
            return item.sk, appointment
    return None


def _put_in(transaction: Transaction, ctx: Context, owner: Owner, sk: str, appointment: Appointment) -> None:
    there = {item.sk: item for item in store.diaries_of(ctx.school_id, owner)}
    seen = there.get(sk)
    diary = (Diary() if seen is None else seen.record).with_these(appointment)
    store.write(transaction, Key(DiaryItem, school_key(ctx.school_id, *owner), sk), seen, diary, StaleVersion())
