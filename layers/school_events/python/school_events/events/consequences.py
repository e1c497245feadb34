"""What follows from a change of an event: its line in the audit log and the message that tells others (F2)."""

from typing import Any

from school_events.core.consequences import Consequences, Message, Subject, ToShow
from school_events.core.dynamodb import Item
from school_events.events.forms.store import TemplateItem
from school_events.events.model import SchoolEvent
from school_events.events.store import EventItem, to_event

_CHANGES = frozenset(
    {
        "event.changed",
        "event.closed",
        "event.completed",
        "session.added",
        "session.moved",
        "session.cancelled",
        "slots.planned",
    }
)


def of(item: Item) -> Consequences | None:
    """What follows from the change an item carries; nothing, if it is neither an event nor a form template."""
    if isinstance(item, TemplateItem):
        return Consequences(Subject("form_template", item.record.id))
    if not isinstance(item, EventItem):
        return None
    event = to_event(item)
    action = item.change.action
    return Consequences(Subject("event", event.id), messages=_messages(event, action), to_show=_to_show(event, action))


def _messages(event: SchoolEvent, action: str) -> tuple[Message, ...]:
    """A draft is the school's own business: others hear of an event once it is published."""
    if action == "event.published":
        return (Message("SchoolEventPublished", _detail(event)),)
    if action == "event.cancelled":
        return (Message("SchoolEventCancelled", _detail(event)),)
    if action in _CHANGES and event.status != "draft":
        return (Message("SchoolEventChanged", _detail(event) | {"state": event.status}),)
    return ()


def _to_show(event: SchoolEvent, action: str) -> ToShow | None:
    """Every change is its staff's to see, a draft's too, unless they see it already: it came with rows of its own."""
    if action in {"staff.allocated", "event.deleted"}:
        return None
    return ToShow(event.id, "created" if action == "event.created" else "changed")


def _detail(event: SchoolEvent) -> dict[str, Any]:
    return {
        "version": event.version,
        "event_id": event.id,
        "kind": event.kind,
        "starts_on": event.starts_on.isoformat(),
        "ends_on": event.ends_on.isoformat(),
    }
