"""What follows from a mark: families are told that an expected child is absent, and that it came after all (F1)."""

from school_events.bookings.registers.store import RegisterEntryItem
from school_events.core.consequences import Consequences, Subject, TellingKind, ToTell
from school_events.core.dynamodb import Item

_TOLD: dict[str, TellingKind] = {"register.absent": "register_absence", "register.arrived": "register_absence_over"}


def of(item: Item) -> Consequences | None:
    """The consequences of an item's latest change; None if it is no entry of a register."""
    if not isinstance(item, RegisterEntryItem):
        return None
    entry = item.record
    subject = Subject("booking", entry.booking_id)
    kind = _TOLD.get(item.change.action)
    if kind is None:
        return Consequences(subject)
    told = ToTell(
        kind=kind,
        pupil_id=entry.pupil_id,
        event_id=entry.event_id,
        thing="booking",
        thing_id=entry.booking_id,
    )
    return Consequences(subject, (), (told,))
