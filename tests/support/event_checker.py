"""An independent look at an event: what the rows of the tables say, whatever anybody answered; no store is asked."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from school_events.bookings.model import LIVE, Booking, BookingState, Place
from school_events.core.money import NOTHING
from school_events.events.model import EventDetails, SchoolEvent, Session
from school_events.payments.model import Payment, PaymentState
from school_events.payments.refunds.model import Refund, RefundState
from tests.support.tables import rows

type Row = Mapping[str, Any]

TERM = "term"
_A_DESK = 10_000
_HOLDERS = {"held": {BookingState.PENDING, BookingState.EXPIRING}, "taken": {BookingState.CONFIRMED}}
_PAYABLE = {PaymentState.CREATED, PaymentState.OPEN}
_OF_AN_END = {"cancelled", "called_off"}
_HAD_MONEY = {PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED}


@dataclass(frozen=True)
class _Place:
    pool: str
    number: int
    state: str
    booking_id: str | None

    @property
    def name(self) -> str:
        """Its number; in a pool that not every event has, with the pool."""
        return str(self.number) if self.pool == TERM else f"{self.pool}/{self.number}"

    @property
    def is_there(self) -> bool:
        """Whether somebody has it or might."""
        return self.state != "retired"


def faults_of(event: SchoolEvent, now: datetime | None = None) -> list[str]:
    """What is wrong with an event's places, bookings, guards and money; nothing, if all is well.

    Args:
        event: which.
        now: the present instant, UTC; before all of its sessions unless told.
    """
    return place_faults_of(event, now) + _money_faults(bookings_of(event))


def place_faults_of(event: SchoolEvent, now: datetime | None = None) -> list[str]:
    """What is wrong with an event's places, bookings and guards, whatever was paid; arguments as of the above."""
    found = rows("Bookings")
    bookings = {one.id: one for one in bookings_of(event, found)}
    live = [one for one in bookings.values() if one.state in LIVE]
    places = [_place(row) for row in found if row["kind"]["S"] == "place" and row["event_id"]["S"] == event.id]
    faults = _capacity_faults(event, places, live, now)
    faults += [f"{name[0]} is booked {times} times" for name, times in _repeated(map(_guarded, live))]
    faults += [f"place {name} is had {times} times" for name, times in _repeated(_name_of(one.place) for one in live)]
    faults += _place_faults(places, bookings)
    return faults + _guard_faults(event, found, {_guarded(one): one.id for one in live})


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
    booking_id = row["booking_id"]["S"] if "booking_id" in row else None
    return _Place(row["pool"]["S"], int(row["number"]["N"]), row["state"]["S"], booking_id)


def _name_of(place: Place) -> str:
    return _Place(place.pool, place.number, "", None).name


def _guarded(booking: Booking) -> tuple[str, str]:
    """Of what a child can have one live booking: an event, a session of it, or a desk of an evening."""
    pool = booking.place.pool.removeprefix("extra-")
    if pool == "slots":
        return booking.pupil_id, f"desk{booking.place.number // _A_DESK}"
    return booking.pupil_id, pool.removeprefix("session-") if pool.startswith("session-") else ""


def _capacity_faults(
    event: SchoolEvent, places: Sequence[_Place], live: Iterable[Booking], now: datetime | None
) -> list[str]:
    """No pool has fewer places than the event's capacity now, nor more but for those that somebody has.

    A pool of a session that was cancelled, or has begun, stays as it was; nobody has one beyond the capacity after
    whom it was made for.
    """
    capacity, still = _capacity_now(event), _followed(event, now)
    bookings = Counter(one.place.pool for one in live)
    faults = []
    for pool in {TERM if event.places == "series" else "", *(one.pool for one in places), *bookings} - {"", "slots"}:
        there = [one for one in places if one.pool == pool and one.is_there]
        nobodys = [one for one in there if one.booking_id is None and one.state == "free"]
        if bookings[pool] > len(there):
            faults.append(f"{bookings[pool]} live bookings for {len(there)} places")
        if pool.startswith("extra-"):
            faults += [f"place {one.name} is free beyond the capacity" for one in nobodys]
        elif pool in still and (len(there) < capacity or (len(there) > capacity and nobodys)):
            faults.append(f"{len(there)} places instead of {capacity}")
    return faults


def _capacity_now(event: SchoolEvent) -> int:
    for row in rows("Events"):
        if row["kind"]["S"] == "event" and row["pk"]["S"].endswith(f"#{event.id}"):
            return EventDetails.model_validate_json(row["record"]["S"]).capacity
    return event.capacity


def _followed(event: SchoolEvent, now: datetime | None) -> set[str]:
    """The pools whose places follow the capacity."""
    if event.places == "series":
        return {TERM}
    kept = [row for row in rows("Events") if row["kind"]["S"] == "session" and row["pk"]["S"].endswith(f"#{event.id}")]
    sessions = [Session.model_validate_json(row["record"]["S"]) for row in kept]
    return {f"session-{one.id}" for one in sessions if not one.cancelled and (now is None or now < one.starts_at)}


def _repeated[T](things: Iterable[T]) -> list[tuple[T, int]]:
    return [(thing, times) for thing, times in Counter(things).items() if times > 1]


def _place_faults(places: Iterable[_Place], bookings: Mapping[str, Booking]) -> list[str]:
    faults = []
    for place in places:
        holders = [
            one
            for one in bookings.values()
            if one.state in LIVE and _name_of(one.place) == place.name and one.id == place.booking_id
        ]
        allowed = _HOLDERS.get(place.state, set())
        if allowed and not any(one.state in allowed for one in holders):
            faults.append(f"place {place.name} is {place.state} by nobody")
        if not allowed and place.booking_id is not None:
            faults.append(f"place {place.name} is {place.state} and still somebody's")
    had = {place.booking_id for place in places}
    return faults + [f"{one.id} has no place" for one in bookings.values() if one.state in LIVE and one.id not in had]


def _guard_faults(event: SchoolEvent, found: Iterable[Row], live: Mapping[tuple[str, str], str]) -> list[str]:
    guards = {
        (row["pk"]["S"].rsplit("#", 1)[1], row["sk"]["S"].removeprefix(f"GUARD#{event.id}").lstrip("#")): row[
            "booking_id"
        ]["S"]
        for row in found
        if row["kind"]["S"] == "guard" and f"{row['sk']['S']}#".startswith(f"GUARD#{event.id}#")
    }
    return [] if guards == live else [f"guards {guards} are not the live bookings {live}"]


def _money_faults(bookings: Iterable[Booking]) -> list[str]:
    """Money taken for a place means the place or its refund, never both, never neither; nobody owes for what ended."""
    bookings = list(bookings)
    found = rows("Payments") if any(one.payment_id or one.further_payments for one in bookings) else []
    payments = {
        payment.id: payment
        for row in found
        if row["kind"]["S"] == "payment"
        for payment in [Payment.model_validate_json(row["record"]["S"])]
    }
    refunds: dict[str, list[Refund]] = {}
    for row in found:
        if row["kind"]["S"] == "refund":
            refund = Refund.model_validate_json(row["record"]["S"])
            refunds.setdefault(refund.line.partition("#")[0], []).append(refund)
    faults = []
    for booking in bookings:
        faults += _faults_of_ending(booking, payments, refunds.get(booking.id, []))
        payment = payments.get(booking.payment_id or "")
        if payment is not None:
            faults += _faults_of_paying(booking, payment, refunds.get(booking.id, []))
        elif booking.payment_id is not None:
            faults.append(f"{booking.id} has no payment")
    return faults


def _faults_of_ending(booking: Booking, payments: Mapping[str, Payment], refunds: Sequence[Refund]) -> list[str]:
    """What a cancellation decided goes back, over all payments, and what was due later is owed no more."""
    if booking.state in LIVE:
        return []
    owed = NOTHING if booking.cancellation is None else booking.cancellation.refund
    back = sum((one.amount for one in refunds if one.why in _OF_AN_END), NOTHING)
    later = [payments[one] for one in booking.further_payments if one in payments]
    lines = [line for one in later if one.state in _PAYABLE for line in one.lines if line.reference == booking.id]
    faults = [f"{booking.id} has ended and {line.key} is still to be paid" for line in lines if not line.over]
    if owed != back:
        faults.append(f"{booking.id} is cancelled for {owed.amount} pence that did not go back")
    return faults


def _faults_of_paying(booking: Booking, payment: Payment, refunds: Sequence[Refund]) -> list[str]:
    of_place = [one for one in refunds if one.line == booking.id]
    has_place, has_refund = booking.state is BookingState.CONFIRMED, bool(of_place)
    is_paid = payment.state in _HAD_MONEY
    if is_paid and booking.cancellation is None and has_place == has_refund:
        return [f"{booking.id} is paid and has {'place and refund' if has_place else 'neither place nor refund'}"]
    if not is_paid and (has_place or has_refund):
        return [f"{booking.id} is not paid and has a place or a refund"]
    if any(one.state is not RefundState.MADE for one in refunds):
        return [f"{booking.id} has a refund that was never made"]
    return []
