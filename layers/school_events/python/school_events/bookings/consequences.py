"""What follows from a change of a booking."""

from collections.abc import Mapping

from school_events.bookings.store import BookingItem
from school_events.bookings.terms.rules import ACTIONS
from school_events.core import clock
from school_events.core.consequences import Consequences, Message, Subject, TellingKind, ToShow, ToTell
from school_events.core.dynamodb import Item

_PLACED, _CONFIRMED = "booking.placed", "booking.confirmed"
_TOLD: Mapping[str, TellingKind] = {
    # Told of once it is paid for; until then the other parent's app shows that the place is held (C2, F3).
    _PLACED: "changed",
    _CONFIRMED: "booked",
    "booking.released": "cancelled",
    **dict.fromkeys(ACTIONS.values(), "cancelled"),
}
"""As what families are told of a change."""


def of(item: Item) -> Consequences | None:
    """The consequences of an item's latest change; None if it is no booking."""
    if not isinstance(item, BookingItem):
        return None
    subject = Subject("booking", item.record.id)
    action = item.change.action
    if action == "booking.consent_withdrawn":
        # Whoever works at the event sees it in their next refresh: the child may have no place to go to on the day.
        return Consequences(subject, to_show=ToShow(item.record.event_id, "changed"))
    kind = _TOLD.get(action)
    tellings = () if kind is None else (_telling(item, kind, quiet=action == _PLACED),)
    return Consequences(subject, _messages(item), tellings)


def _messages(item: BookingItem) -> tuple[Message, ...]:
    if item.change.action == _CONFIRMED:
        return (_confirmed(item),)
    return (_cancelled(item),) if item.change.action in ACTIONS.values() else ()


def _telling(item: BookingItem, kind: TellingKind, *, quiet: bool = False) -> ToTell:
    booking = item.record
    return ToTell(
        kind=kind,
        pupil_id=booking.pupil_id,
        event_id=booking.event_id,
        thing="booking",
        thing_id=booking.id,
        quiet=quiet,
    )


def _confirmed(item: BookingItem) -> Message:
    """Without a price: it would tell others which children's charges are remitted (B8)."""
    booking = item.record
    return Message(
        "BookingConfirmed.v2",
        {
            "version": booking.version,
            "booking_id": booking.id,
            "event_id": booking.event_id,
            "pupil_id": booking.pupil_id,
            "confirmed_at": clock.to_text(item.change.at),
        },
    )


def _cancelled(item: BookingItem) -> Message:
    booking = item.record
    return Message(
        "BookingCancelled",
        {
            "version": booking.version,
            "booking_id": booking.id,
            "event_id": booking.event_id,
            "pupil_id": booking.pupil_id,
            "cancelled_at": clock.to_text(item.change.at),
        },
    )
