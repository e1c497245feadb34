"""Why a family cannot have the appointments it asks for."""

from school_events.bookings.errors import LookAgain
from school_events.core.errors import Conflict


class SlotTaken(Conflict):
    """Somebody else has the slot, or it is offered no more; no other is given instead (D4)."""

    slug = "slot-taken"
    title = "This appointment is no longer free"


class AppointmentClash(Conflict):
    """The child or the parent has another appointment then; it is named, since it is the caller's own (D4)."""

    slug = "appointment-clash"
    title = "There is another appointment at that time"


class FamilyLimit(Conflict):
    """The family would have more appointments than the evening lets a family have (B7)."""

    slug = "family-limit"
    title = "A family cannot have so many appointments at this evening"


class DiaryChanged(LookAgain):
    """Somebody of the family was booked, or cancelled, just now; their diaries are looked at again."""

    slug = "diary-changed"
    title = "The family's appointments changed just now"
