"""What follows from a change of a booking."""

from school_events.bookings.store import BookingItem
from school_events.bookings.terms.rules import ACTIONS
from school_events.core import clock
from school_events.core.consequences import Consequences, Message, Subject, TellingKind, ToShow, ToTell
from school_events.core.dynamodb import Item


def of(item: Item) -> Consequences | None:
    """The consequences of an item's latest change; None if it is no booking."""
    if not isinstance(item, BookingItem):
        return None
    subject = Subject("booking", item.record.id)
    if item.change.action == "booking.confirmed":
        return Consequences(subject, (_confirmed(item),), (_telling(item, "booked"),))
    if item.change.action in ACTIONS.values():
        return Consequences(subject, (_cancelled(item),), (_telling(item, "cancelled"),))
    if item.change.action == "booking.released":
        return Consequences(subject, (), (_telling(item, "cancelled"),))
    if item.change.action == "booking.consent_withdrawn":
        # Whoever works at the event sees it in their next refresh: the child may have no place to go to on the day.
        return Consequences(subject, to_show=ToShow(item.record.event_id, "changed"))
    return Consequences(subject)


def _telling(item: BookingItem, kind: TellingKind) -> ToTell:
    booking = item.record
    return ToTell(
        kind=kind,
        pupil_id=booking.pupil_id,
        event_id=booking.event_id,
        thing="booking",
        thing_id=booking.id,
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
