"""An independent look at an event: what the tables themselves say, whatever anybody answered."""

from collections import Counter

from school_events.bookings import places, store
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.events.model import SchoolEvent
from school_events.payments import store as payments
from school_events.payments.model import PaymentState, RefundState
from school_events.payments.service import late_refund_id
from tests.support.contexts import SCHOOL
from tests.support.tables import rows

_HOLDERS = {"held": {BookingState.PENDING, BookingState.EXPIRING}, "taken": {BookingState.CONFIRMED}}


def faults_of(event: SchoolEvent) -> list[str]:
    """What is wrong with an event's places, bookings and guards; nothing, if all is well."""
    bookings = {one.id: one for one in store.bookings_of_event(SCHOOL, event.id)}
    live = [one for one in bookings.values() if one.state in LIVE]
    found = list(places.places_of(SCHOOL, event.id))
    faults = [] if len(found) == event.capacity else [f"{len(found)} places instead of {event.capacity}"]
    if len(live) > event.capacity:
        faults.append(f"{len(live)} live bookings for {event.capacity} places")
    faults += [f"{pupil} is booked {times} times" for pupil, times in _counted(one.pupil_id for one in live)]
    faults += [f"place {number} is had {times} times" for number, times in _counted(one.place.number for one in live)]
    faults += _place_faults(found, bookings)
    faults += _guard_faults(event, {one.pupil_id: one.id for one in live})
    return faults + [fault for one in bookings.values() for fault in _money_faults(one)]


def _counted(things: object) -> list[tuple[object, int]]:
    return [(thing, times) for thing, times in Counter(things).items() if times > 1]  # type: ignore[call-overload]


def _place_faults(found: list[places.PlaceItem], bookings: dict[str, Booking]) -> list[str]:
    faults = []
    for place in found:
        holders = [
            one
            for one in bookings.values()
            if one.state in LIVE and one.place.number == int(place.number) and one.id == place.booking_id
        ]
        allowed = _HOLDERS.get(place.state, set())
        if allowed and not any(one.state in allowed for one in holders):
            faults.append(f"place {place.number} is {place.state} by nobody")
        if not allowed and place.booking_id is not None:
            faults.append(f"place {place.number} is {place.state} and still somebody's")
    held = {place.booking_id for place in found}
    return faults + [f"{one.id} has no place" for one in bookings.values() if one.state in LIVE and one.id not in held]


def _guard_faults(event: SchoolEvent, live: dict[str, str]) -> list[str]:
    guards = {
        row["pk"]["S"].rsplit("#", 1)[1]: row["booking_id"]["S"]
        for row in rows("Bookings")
        if row["sk"]["S"] == f"GUARD#{event.id}"
    }
    return [] if guards == live else [f"guards {guards} are not the live bookings {live}"]


def _money_faults(booking: Booking) -> list[str]:
    """Money taken for a place means the place or its refund, never both, never neither."""
    if booking.payment_id is None:
        return []
    payment = payments.find_payment(SCHOOL, booking.payment_id)
    line = next(line for line in payment.lines if line.reference == booking.id)
    refund = payments.find_refund(SCHOOL, payment.id, late_refund_id(line))
    has_place, has_refund = booking.state is BookingState.CONFIRMED, refund is not None
    is_paid = payment.state in {PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED}
    if is_paid and has_place == has_refund:
        return [f"{booking.id} is paid and has {'place and refund' if has_place else 'neither place nor refund'}"]
    if not is_paid and (has_place or has_refund):
        return [f"{booking.id} is not paid and has a place or a refund"]
    if refund is not None and refund.state is not RefundState.MADE:
        return [f"{booking.id} has a refund that was never made"]
    return []
