"""The Bookings table's receipts of consents: items beside their booking that are added and never changed."""

from collections.abc import Iterator
from datetime import datetime

from school_events.bookings.consents.model import Receipt
from school_events.bookings.store import BookingsTableItem, booking_key
from school_events.core.dynamodb import Document, Item, Key, delete_if, save_if


class ReceiptItem(BookingsTableItem, discriminator="consent_receipt"):
    """What a parent said to the consents of a form at one time."""

    record = Document(Receipt)


def receipt_item(school_id: str, booking_id: str, receipt: Receipt) -> ReceiptItem:
    """A receipt as it is kept."""
    key = _key(school_id, booking_id, receipt.id)
    return ReceiptItem(key.pk, key.sk, record=receipt)


def receipts_of(school_id: str, booking_id: str) -> list[Receipt]:
    """Every receipt of a booking, oldest first, read strongly."""
    return [item.record for item in _items(school_id, booking_id)]


def forget_all(school_id: str, booking_id: str) -> None:
    """Delete the receipts of a booking whose child is anonymised; doing it again changes nothing (H2)."""
    for item in _items(school_id, booking_id):
        delete_if(Key(ReceiptItem, item.pk, item.sk), Item.pk.exists())


def replace_contact(school_id: str, booking_id: str, contact_id: str, before: datetime, instead: str) -> None:
    """Let the receipts of a contact who is anonymised name somebody else; doing it again changes nothing (H2).

    Args:
        school_id: whose.
        booking_id: of which booking.
        contact_id: who is forgotten.
        before: only what they said earlier (UTC).
        instead: who is named.
    """
    for item in _items(school_id, booking_id):
        if item.record.contact_id == contact_id and item.record.at < before:
            named = item.record.model_copy(update={"contact_id": instead})
            save_if(receipt_item(school_id, booking_id, named), Item.pk.exists())


def _items(school_id: str, booking_id: str) -> Iterator[ReceiptItem]:
    partition = booking_key(school_id, booking_id).pk
    yield from ReceiptItem.query(partition, ReceiptItem.sk.startswith("CONSENT#"), consistent_read=True)


def _key(school_id: str, booking_id: str, receipt_id: str) -> Key[ReceiptItem]:
    return Key(ReceiptItem, booking_key(school_id, booking_id).pk, f"CONSENT#{receipt_id}")
