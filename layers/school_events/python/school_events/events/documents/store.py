"""The Events table's documents: beside their event, due as long as something is left to do about them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, ClassVar, cast

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.update import Action

from school_events.core import due
from school_events.core.attributes import ThingKey
from school_events.core.change import Change, stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, delete_if, school_key, update_if
from school_events.core.errors import NotFound
from school_events.core.indexes import Due
from school_events.events.documents.model import OF_A_DOCUMENT, DocumentDetails, DocumentState, EventDocument
from school_events.events.documents.rules import CLEARED_AFTER, GIVEN_UP_AFTER
from school_events.events.store import EventsTableItem, school_of

DOCUMENTS = "DOCUMENT"
"""What is due on a document whose file is awaited, or is to be deleted."""

_REMOVED = "document.removed"

_PREFIX = "DOCUMENT#"


class DocumentItem(EventsTableItem, discriminator="document"):
    """A document; ``state`` is what writes depend on."""

    state: Annotated[UnicodeAttribute, OF_A_DOCUMENT] = UnicodeAttribute()
    record = Document(DocumentDetails)
    change = Document(Change)
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    due: ClassVar[Due] = Due()


def create(transaction: Transaction, school_id: str, details: DocumentDetails, change: Change) -> None:
    """Write a document that waits for its file, in a transaction; after an hour it is given up."""
    due_pk, due_sk = due.due_key(DOCUMENTS, details.asked_at + GIVEN_UP_AFTER, details.id)
    key = _key(school_id, details)
    transaction.create(
        DocumentItem(key.pk, key.sk, state="waiting", record=details, change=change, due_pk=due_pk, due_sk=due_sk)
    )


def find_document(school_id: str, event_id: str, document_id: str) -> EventDocument:
    """A document as it is now (strongly consistent), also one that is removed.

    Raises:
        NotFound: the event has no such document.
    """
    try:
        item = DocumentItem.get(_partition(school_id, event_id), f"{_PREFIX}{document_id}", consistent_read=True)
    except DocumentItem.DoesNotExist:
        raise NotFound from None
    return to_document(item)


def documents_of(school_id: str, event_id: str) -> tuple[EventDocument, ...]:
    """An event's documents that are not removed, oldest first (strongly consistent)."""
    items = DocumentItem.query(
        _partition(school_id, event_id), DocumentItem.sk.startswith(_PREFIX), consistent_read=True
    )
    found = (to_document(item) for item in items)
    return tuple(sorted((one for one in found if one.state != "removed"), key=lambda one: (one.asked_at, one.id)))


def make_ready(school_id: str, document: EventDocument, change: Change) -> bool:
    """Let a document be seen whose file is kept; says whether it was still waiting."""
    actions: list[Action] = [
        DocumentItem.state.set("ready"),
        DocumentItem.change.set(change),
        DocumentItem.due_pk.remove(),
        DocumentItem.due_sk.remove(),
    ]
    return update_if(_key(school_id, document), actions, DocumentItem.state == "waiting")


def remove(ctx: Context, document: EventDocument) -> bool:
    """Take a document away; says whether it was still there. Housekeeping deletes its file."""
    return update_if(_key(ctx.school_id, document), _removal(document, stamp(ctx, _REMOVED)), _IS_THERE)


def remove_all(transaction: Transaction, ctx: Context, event_id: str) -> None:
    """Take all documents of an event away, in the transaction that is its end."""
    for document in documents_of(ctx.school_id, event_id):
        transaction.update(_key(ctx.school_id, document), _removal(document, stamp(ctx, _REMOVED)))


def give_up(school_id: str, document: EventDocument) -> bool:
    """Take away a document nobody confirmed; says whether it is to be deleted: not if it is ready by now."""
    key = _key(school_id, document)
    return update_if(key, [DocumentItem.state.set("removed")], DocumentItem.state.is_in("waiting", "removed"))


def forget(school_id: str, document: EventDocument) -> None:
    """Delete a removed document's item, once its file is gone; doing it again changes nothing."""
    delete_if(_key(school_id, document), DocumentItem.state == "removed")


def due_documents(now: datetime) -> Iterator[tuple[str, EventDocument]]:
    """Documents to be cleared away now, with their school, oldest first.

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(DOCUMENTS, now, lambda pk, end: DocumentItem.due.query(pk, Due.due_sk <= end)):
        yield school_of(item), to_document(item)


def put_off(school_id: str, document: EventDocument, until: datetime) -> None:
    """Make a document that could not be cleared away due again later (UTC), if it still is to be."""
    due_pk, due_sk = due.due_key(DOCUMENTS, until, document.id)
    actions: list[Action] = [DocumentItem.due_pk.set(due_pk), DocumentItem.due_sk.set(due_sk)]
    update_if(_key(school_id, document), actions, DocumentItem.state.is_in("waiting", "removed"))


def to_document(item: DocumentItem) -> EventDocument:
    """The document an item keeps."""
    return EventDocument.of(item.record, cast(DocumentState, item.state))


_IS_THERE = DocumentItem.state.is_in("ready", "waiting")


def _removal(document: DocumentDetails, change: Change) -> list[Action]:
    due_pk, due_sk = due.due_key(DOCUMENTS, change.at + CLEARED_AFTER, document.id)
    return [
        DocumentItem.state.set("removed"),
        DocumentItem.change.set(change),
        DocumentItem.due_pk.set(due_pk),
        DocumentItem.due_sk.set(due_sk),
    ]


def _key(school_id: str, details: DocumentDetails) -> Key[DocumentItem]:
    return Key(DocumentItem, _partition(school_id, details.event_id), f"{_PREFIX}{details.id}")


def _partition(school_id: str, event_id: str) -> str:
    return school_key(school_id, "EVENT", event_id)
