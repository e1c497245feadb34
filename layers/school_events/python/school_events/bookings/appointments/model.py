"""What somebody's appointments of a day are: a child's, or a parent's (D4)."""

from school_events.core.inventory import Count, Instant, Record, ThingId
from school_events.events.evenings.model import Slot


class Appointment(Record):
    """A slot that somebody has (UTC), and how many minutes its evening keeps between two of a family.

    ``slot`` is the number of the slot. Whose it is stands in its booking only.
    """

    booking_id: ThingId
    event_id: ThingId
    slot: Count
    starts_at: Instant
    ends_at: Instant
    buffer_minutes: Count

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
