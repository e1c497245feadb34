"""What follows from a change of a document: its line in the audit log (H6)."""

from school_events.core.consequences import Consequences, Subject
from school_events.core.dynamodb import Item
from school_events.events.documents.store import DocumentItem


def of(item: Item) -> Consequences | None:
    """What follows from the change an item carries; nothing, if it is no document."""
    return Consequences(Subject("document", item.record.id)) if isinstance(item, DocumentItem) else None
