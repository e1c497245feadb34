"""What follows from a mark: families are told that an expected child is absent, and that it came after all (F1).

Of that, and of somebody who may not collect a child, whoever works at the event learns at their next refresh (F3).
"""

from school_events.bookings.registers.store import RegisterEntryItem
from school_events.core.consequences import Consequences, Subject, TellingKind, ToShow, ToTell
from school_events.core.dynamodb import Item

_TOLD: dict[str, TellingKind] = {"register.absent": "register_absence", "register.arrived": "register_absence_over"}
_SHOWN = frozenset({*_TOLD, "register.collection_refused"})


def of(item: Item) -> Consequences | None:
    """The consequences of an item's latest change; None if it is no entry of a register."""
    if not isinstance(item, RegisterEntryItem):
        return None
    entry, action = item.record, item.change.action
    kind = _TOLD.get(action)
    return Consequences(
        Subject("booking", entry.booking_id),
        tellings=() if kind is None else (_telling(item, kind),),
        to_show=ToShow(entry.event_id, "changed") if action in _SHOWN else None,
    )


def _telling(item: RegisterEntryItem, kind: TellingKind) -> ToTell:
    entry = item.record
    return ToTell(
        kind=kind,
        pupil_id=entry.pupil_id,
        event_id=entry.event_id,
        thing="booking",
        thing_id=entry.booking_id,
    )
