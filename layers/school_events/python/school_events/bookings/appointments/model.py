"""What somebody's appointments of a day are: a child's, or a parent's (D4)."""

from datetime import datetime
from typing import Annotated

from school_events.core.ids import OpaqueId
from school_events.core.inventory import Category, Kept, Purpose, Record, Retention
from school_events.events.evenings.model import Slot

_OF_WHAT = Annotated[OpaqueId, Kept(Category.IDENTIFIER, Purpose.BOOKING, Retention.AFTER_EVENT)]
_WHEN = Kept(Category.ACTIVITY, Purpose.BOOKING, Retention.AFTER_EVENT)


class Appointment(Record):
    """A slot that somebody has (UTC), and how many minutes its evening keeps between two of a family.

    ``slot`` is the number of the slot. Whose it is stands in its booking only.
    """

    booking_id: _OF_WHAT
    event_id: _OF_WHAT
    slot: Annotated[int, _WHEN]
    starts_at: Annotated[datetime, _WHEN]
    ends_at: Annotated[datetime, _WHEN]
    buffer_minutes: Annotated[int, _WHEN]

    @classmethod
    def at(cls, slot: Slot, event_id: str, booking_id: str, buffer_minutes: int) -> "Appointment":
        """The appointment that a booking of a slot is."""
        return cls(
            booking_id=booking_id,
            event_id=event_id,
            slot=slot.number,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            buffer_minutes=buffer_minutes,
        )


class Diary(Record):
    """The appointments of one person on one day."""

    appointments: tuple[Appointment, ...] = ()

    def with_these(self, *added: Appointment) -> "Diary":
        """The diary with more appointments, in the order of their times."""
        there = sorted((*self.appointments, *added), key=lambda one: (one.starts_at, one.slot, one.booking_id))
        return Diary(appointments=tuple(there))

    def without(self, booking_id: str) -> "Diary":
        """The diary without the appointment of a booking."""
        return Diary(appointments=tuple(one for one in self.appointments if one.booking_id != booking_id))

    def of(self, booking_id: str) -> Appointment | None:
        """The appointment of a booking, if it is here."""
        return next((one for one in self.appointments if one.booking_id == booking_id), None)
