"""An independent look at an event: what the rows of the tables say, whatever anybody answered; no store is asked."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.core.money import NOTHING
from school_events.events.model import SchoolEvent
from school_events.payments.model import Payment, PaymentState, Refund, RefundState
from tests.support.tables import rows

type Row = Mapping[str, Any]

_HOLDERS = {"held": {BookingState.PENDING, BookingState.EXPIRING}, "taken": {BookingState.CONFIRMED}}
_HAD_MONEY = {PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED}


@dataclass(frozen=True)
class _Place:
    number: int
    state: str
    booking_id: str | None


def faults_of(event: SchoolEvent) -> list[str]:
    """What is wrong with an event's places, bookings, guards and money; nothing, if all is well."""
    found = rows("Bookings")
    bookings = {one.id: one for one in bookings_of(event, found)}
    live = [one for one in bookings.values() if one.state in LIVE]
    places = [_place(row) for row in found if row["kind"]["S"] == "place" and row["event_id"]["S"] == event.id]
    faults = [] if len(places) == event.capacity else [f"{len(places)} places instead of {event.capacity}"]
    if len(live) > event.capacity:
        faults.append(f"{len(live)} live bookings for {event.capacity} places")
    faults += [f"{pupil} is booked {times} times" for pupil, times in _repeated(one.pupil_id for one in live)]
    faults += [f"place {number} is had {times} times" for number, times in _repeated(one.place.number for one in live)]
    faults += _place_faults(places, bookings)
    faults += _guard_faults(event, found, {one.pupil_id: one.id for one in live})
    return faults + _money_faults(bookings.values())


def bookings_of(event: SchoolEvent, found: Iterable[Row] | None = None) -> list[Booking]:
    """An event's bookings, as the table has them.

    Args:
        event: which.
        found: the rows of the Bookings table; read now unless given.
    """
    found = rows("Bookings") if found is None else found
    kept = [Booking.model_validate_json(row["record"]["S"]) for row in found if row["kind"]["S"] == "booking"]
    return [booking for booking in kept if booking.event_id == event.id]


def _place(row: Row) -> _Place:
    return _Place(int(row["number"]["N"]), row["state"]["S"], row["booking_id"]["S"] if "booking_id" in row else None)


def _repeated[T](things: Iterable[T]) -> list[tuple[T, int]]:
    return [(thing, times) for thing, times in Counter(things).items() if times > 1]


def _place_faults(places: Iterable[_Place], bookings: Mapping[str, Booking]) -> list[str]:
    faults = []
    for place in places:
        holders = [
            one
            for one in bookings.values()
            if one.state in LIVE and one.place.number == place.number and one.id == place.booking_id
        ]
        allowed = _HOLDERS.get(place.state, set())
        if allowed and not any(one.state in allowed for one in holders):
            faults.append(f"place {place.number} is {place.state} by nobody")
        if not allowed and place.booking_id is not None:
            faults.append(f"place {place.number} is {place.state} and still somebody's")
    had = {place.booking_id for place in places}
    return faults + [f"{one.id} has no place" for one in bookings.values() if one.state in LIVE and one.id not in had]


def _guard_faults(event: SchoolEvent, found: Iterable[Row], live: Mapping[str, str]) -> list[str]:
    guards = {
        row["pk"]["S"].rsplit("#", 1)[1]: row["booking_id"]["S"]
        for row in found
        if row["sk"]["S"] == f"GUARD#{event.id}"
    }
    return [] if guards == live else [f"guards {guards} are not the live bookings {live}"]


def _money_faults(bookings: Iterable[Booking]) -> list[str]:
    """Money taken for a place means the place or its refund, never both, never neither."""
    to_pay = [one for one in bookings if one.payment_id is not None]
    found = rows("Payments") if to_pay else []
    payments = {
        payment.id: payment
        for row in found
        if row["kind"]["S"] == "payment"
        for payment in [Payment.model_validate_json(row["record"]["S"])]
    }
    refunds = {
        refund.reference: refund
        for row in found
        if row["kind"]["S"] == "refund"
        for refund in [Refund.model_validate_json(row["record"]["S"])]
    }
    faults = []
    for booking in to_pay:
        payment = payments.get(booking.payment_id or "")
        if payment is None:
            faults.append(f"{booking.id} has no payment")
        else:
            faults += _faults_of_paying(booking, payment, refunds.get(booking.id))
    return faults


def _faults_of_paying(booking: Booking, payment: Payment, refund: Refund | None) -> list[str]:
    has_place, has_refund = booking.state is BookingState.CONFIRMED, refund is not None
    is_paid = payment.state in _HAD_MONEY
    owed = NOTHING if booking.cancellation is None else booking.cancellation.refund
    if booking.cancellation is not None and owed != (NOTHING if refund is None else refund.amount):
        return [f"{booking.id} is cancelled for {owed.amount} pence that did not go back"]
    if is_paid and booking.cancellation is None and has_place == has_refund:
        return [f"{booking.id} is paid and has {'place and refund' if has_place else 'neither place nor refund'}"]
    if not is_paid and (has_place or has_refund):
        return [f"{booking.id} is not paid and has a place or a refund"]
    if refund is not None and refund.state is not RefundState.MADE:
        return [f"{booking.id} has a refund that was never made"]
    return []
