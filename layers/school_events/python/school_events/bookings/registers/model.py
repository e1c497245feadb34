"""What a mark is, and what is kept of a child at a session: everything that anybody said (D7)."""

from datetime import datetime
from typing import Annotated, Literal

from school_events.core.ids import OpaqueId
from school_events.core.inventory import (
    Category,
    Count,
    Flag,
    Kept,
    PersonId,
    Purpose,
    Record,
    Retention,
    ThingId,
)

MarkState = Literal["present", "absent", "late", "collected"]

_SAID = Kept(Category.ACTIVITY, Purpose.RUNNING, Retention.LEAVER)
_MARK_ID = Kept(Category.IDENTIFIER, Purpose.RUNNING, Retention.LEAVER)


class Mark(Record):
    """What a member of staff said of a child, on a device that may have been offline.

    Args:
        id: given by the device, once for all; sent again it is the same mark.
        state: what they said.
        at: when, by the device's clock, UTC.
        minutes_late: how late the child came, if it did and somebody counted.
        collected_by: the contact who took the child away, as the device named them; nobody, if they may not and never
            had to do with the child: a stranger's name would not be found when they are forgotten.
        replaces: the mark that the device showed, and that this one knowingly puts right.
        marked_by: the member of staff.
        received_at: when it came in here, UTC.
        may_not_collect: whether the contact had no right to take the child away: such a mark is kept, and counts for
            nothing.
    """

    id: Annotated[OpaqueId, _MARK_ID]
    state: Annotated[MarkState, _SAID]
    at: Annotated[datetime, _SAID]
    minutes_late: Annotated[int | None, _SAID] = None
    collected_by: PersonId | None = None
    replaces: Annotated[OpaqueId | None, _MARK_ID] = None
    marked_by: PersonId
    received_at: Annotated[datetime, _SAID]
    may_not_collect: Flag = False


class RegisterEntry(Record):
    """Everything that was said of one booked child at one session, in the order it came in; nothing is taken back.

    What the register says follows from the set of marks alone, whatever their order (``rules``).

    Args:
        event_id: the event.
        session_id: the session.
        booking_id: the child's booking.
        pupil_id: the child.
        marks: what was said.
        family_alarmed: whether the last thing that the family was told is that the child is absent.
        version: rises with every change.
    """

    event_id: ThingId
    session_id: ThingId
    booking_id: ThingId
    pupil_id: PersonId
    marks: tuple[Mark, ...] = ()
    family_alarmed: Flag = False
    version: Count = 0
