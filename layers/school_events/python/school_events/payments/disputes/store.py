"""Disputes in the Payments table, beside their payment."""

from pynamodb.attributes import NumberAttribute

from school_events.core.attributes import VersionAttribute
from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, school_key
from school_events.core.errors import StaleVersion
from school_events.payments.disputes.model import Dispute
from school_events.payments.store import PaymentsTableItem


class DisputeItem(PaymentsTableItem, discriminator="dispute"):
    """A dispute; ``version`` stands beside the record, since conditions ask for it."""

    version: VersionAttribute = NumberAttribute()
    record = Document(Dispute)
    change = Document(Change)


def dispute_key(school_id: str, payment_id: str, dispute_id: str) -> Key[DisputeItem]:
    """Names a dispute."""
    return Key(DisputeItem, school_key(school_id, "PAYMENT", payment_id), f"DISPUTE#{dispute_id}")


def find_dispute(school_id: str, payment_id: str, dispute_id: str) -> Dispute | None:
    """A dispute, if we know it, read strongly."""
    key = dispute_key(school_id, payment_id, dispute_id)
    try:
        return DisputeItem.get(key.pk, key.sk, consistent_read=True).record
    except DisputeItem.DoesNotExist:
        return None


def disputes_of_payment(school_id: str, payment_id: str) -> list[Dispute]:
    """The disputes of a payment, read strongly."""
    partition = school_key(school_id, "PAYMENT", payment_id)
    items = DisputeItem.query(partition, DisputeItem.sk.startswith("DISPUTE#"), consistent_read=True)
    return [item.record for item in items]


def keep(transaction: Transaction, ctx: Context, before: Dispute | None, after: Dispute, change: Change) -> None:
    """Write a dispute in a transaction; refused with :class:`StaleVersion` if it changed since it was read."""
    version = before.version + 1 if before else 1
    key = dispute_key(ctx.school_id, after.payment_id, after.id)
    item = DisputeItem(
        key.pk, key.sk, version=version, record=after.model_copy(update={"version": version}), change=change
    )
    if before is None:
        transaction.create(item, refusal=StaleVersion())
    else:
        transaction.put(item, DisputeItem.version == before.version, refusal=StaleVersion())
