"""What follows from a change of people: a line in the audit log, and a message when a pupil was anonymised.

The families' feed rows are written with the change itself.
"""

from school_events.core import clock
from school_events.core.consequences import Consequences, Joined, Message, Subject
from school_events.core.dynamodb import Item
from school_events.people.store import (
    CalendarItem,
    ContactItem,
    GroupItem,
    HeardItem,
    LinkItem,
    PupilItem,
    SchoolItem,
    StaffItem,
    id_of,
    to_group,
    to_link,
)

_KINDS: dict[type[HeardItem], str] = {
    SchoolItem: "school",
    CalendarItem: "calendar",
    PupilItem: "pupil",
    ContactItem: "contact",
    LinkItem: "contact",
    StaffItem: "staff",
    GroupItem: "teaching_group",
}


def of(item: Item) -> Consequences | None:
    """What follows; nothing for an item that is no person, group, school or calendar.

    A link is told of as a change to its contact: whose access it opens or closes.
    """
    kind = _KINDS.get(type(item))  # type: ignore[arg-type]
    if kind is None:
        return None
    subject = Subject(kind, id_of(item))
    if isinstance(item, PupilItem) and item.change.action == "pupil.anonymised":
        detail = {"version": int(item.revision), "pupil_id": subject.id, "anonymised_at": clock.to_text(item.change.at)}
        return Consequences(subject, messages=(Message("PupilAnonymised", detail),))
    return Consequences(subject, joined=_joined(item))


def _joined(item: Item) -> Joined | None:
    """Who may belong to an audience, or see a child, as they did not before this change (C3)."""
    if isinstance(item, PupilItem) and item.record is not None:
        return Joined(pupil_ids=(id_of(item),))
    if isinstance(item, GroupItem):
        group = to_group(item)
        return Joined(pupil_ids=() if group is None else group.pupil_ids)
    if isinstance(item, LinkItem) and item.change.action == "link.opened" and (link := to_link(item)):
        return Joined(links=((link.contact_id, link.pupil_id),))
    return None
