"""Receipts in the Payments table: beside their payment."""

from pynamodb.attributes import UnicodeAttribute

from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, school_key
from school_events.core.errors import NotFound, StaleVersion
from school_events.payments.receipts.model import Receipt
from school_events.payments.store import MoneyState, PaymentsTableItem


class ReceiptItem(PaymentsTableItem, discriminator="receipt"):
    """A receipt; ``state`` stands beside the record, since conditions ask for it."""

    state: MoneyState = UnicodeAttribute()
    record = Document(Receipt)
    change = Document(Change)


def create(transaction: Transaction, ctx: Context, receipt: Receipt, change: Change) -> None:
    """Write a new receipt, in a transaction."""
    transaction.create(_item(ctx, receipt, change))


def replace(transaction: Transaction, ctx: Context, before: Receipt, after: Receipt, change: Change) -> None:
    """Put a receipt in place of the one that was read; the commit raises :class:`StaleVersion` if it has moved on."""
    unchanged = ReceiptItem.state == before.state.value
    transaction.put(_item(ctx, after, change), unchanged, refusal=StaleVersion())


def _item(ctx: Context, receipt: Receipt, change: Change) -> ReceiptItem:
    key = _key(ctx.school_id, receipt.payment_id, receipt.id)
    return ReceiptItem(key.pk, key.sk, state=receipt.state.value, record=receipt, change=change)


def _key(school_id: str, payment_id: str, receipt_id: str) -> Key[ReceiptItem]:
    return Key(ReceiptItem, school_key(school_id, "PAYMENT", payment_id), f"RECEIPT#{receipt_id}")


def find(school_id: str, payment_id: str, receipt_id: str) -> Receipt:
    """A receipt of a payment, read strongly.

    Raises:
        NotFound: the payment has none of that id.
    """
    key = _key(school_id, payment_id, receipt_id)
    try:
        return ReceiptItem.get(key.pk, key.sk, consistent_read=True).record
    except ReceiptItem.DoesNotExist:
        raise NotFound from None


def of_payment(school_id: str, payment_id: str) -> list[Receipt]:
    """A payment's receipts, read strongly, in the order they were written down."""
    partition = school_key(school_id, "PAYMENT", payment_id)
    items = ReceiptItem.query(partition, ReceiptItem.sk.startswith("RECEIPT#"), consistent_read=True)
    return sorted((item.record for item in items), key=lambda one: (one.recorded_at, one.id))
