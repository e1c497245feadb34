"""What follows from a change of people: a line in the audit log (the families' feed rows are written with it)."""

from school_events.core.consequences import Consequences, Subject
from school_events.core.dynamodb import Item
from school_events.people.store import (
    CalendarItem,
    ContactItem,
    HeardItem,
    LinkItem,
    PupilItem,
    SchoolItem,
    StaffItem,
    id_of,
)

_KINDS: dict[type[HeardItem], str] = {
    SchoolItem: "school",
    CalendarItem: "calendar",
    PupilItem: "pupil",
    ContactItem: "contact",
    LinkItem: "contact",
    StaffItem: "staff",
}


def of(item: Item) -> Consequences | None:
    """What follows; nothing for an item that is no person, school or calendar.

    A link is told of as a change to its contact: whose access it opens or closes.
    """
    kind = _KINDS.get(type(item))  # type: ignore[arg-type]
    if kind is None:
        return None
    return Consequences(Subject(kind, id_of(item)))
