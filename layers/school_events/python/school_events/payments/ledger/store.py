"""The ledger in the Payments table: a payment's entries beside it, a school's by the order of entry."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from school_events.core import clock
from school_events.core.attributes import ThingKey
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, get_many, put_if_absent, school_key
from school_events.core.errors import StaleVersion
from school_events.core.indexes import Listing
from school_events.payments.ledger.model import LedgerEntry
from school_events.payments.store import PaymentsTableItem

_MOST_KEYS = 100
"""So many items are read at once."""


class _Ledger(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "ledger"
        projection = AllProjection()

    ledger_pk = UnicodeAttribute(hash_key=True)
    ledger_sk = UnicodeAttribute(range_key=True)


class LedgerItem(PaymentsTableItem, discriminator="ledger_entry"):
    """An entry of the ledger; listed with the event that its payment is of, if it is one's alone."""

    ledger = _Ledger()
    listing = Listing()
    listing_pk: ThingKey = UnicodeAttribute(null=True)
    listing_sk: ThingKey = UnicodeAttribute(null=True)
    ledger_pk: ThingKey = UnicodeAttribute()
    ledger_sk: ThingKey = UnicodeAttribute()
    record = Document(LedgerEntry)


def enter(transaction: Transaction, ctx: Context, entry: LedgerEntry) -> None:
    """Add an entry to the ledger, in a transaction; it must be new."""
    transaction.create(ledger_item(ctx, entry), refusal=StaleVersion())


def enter_once(ctx: Context, entry: LedgerEntry) -> None:
    """Add an entry to the ledger unless it is there."""
    put_if_absent(ledger_item(ctx, entry))


def ledger_item(ctx: Context, entry: LedgerEntry) -> LedgerItem:
    """An entry as it is kept."""
    position = f"{clock.to_text(entry.at)}#{entry.key}"
    item = LedgerItem(
        _partition(ctx.school_id, entry),
        f"LEDGER#{entry.key}",
        ledger_pk=school_key(ctx.school_id, "LEDGER"),
        ledger_sk=position,
        record=entry,
    )
    if entry.listed_with is not None:
        item.listing_pk, item.listing_sk = _of_event(ctx.school_id, entry.listed_with), position
    return item


def _of_event(school_id: str, event_id: str) -> str:
    return school_key(school_id, "EVENT", event_id, "LEDGER")


def _partition(school_id: str, entry: LedgerEntry) -> str:
    """A payment's entries are beside it; any other is alone."""
    if entry.payment_id is None:
        return school_key(school_id, "LEDGER", entry.key)
    return school_key(school_id, "PAYMENT", entry.payment_id)


def ledger_of_school(
    school_id: str, since: datetime | None = None, until: datetime | None = None
) -> Iterator[LedgerEntry]:
    """A school's ledger in the order of entry.

    Args:
        school_id: whose.
        since: entered at or after, UTC.
        until: entered before, UTC.
    """
    first = clock.to_text(since) if since else "0"
    last = clock.to_text(until) if until else "9"
    for item in LedgerItem.ledger.query(school_key(school_id, "LEDGER"), LedgerItem.ledger_sk.between(first, last)):
        yield item.record


def ledger_of_payment(school_id: str, payment_id: str) -> list[LedgerEntry]:
    """What a payment entered in the ledger, read strongly."""
    partition = school_key(school_id, "PAYMENT", payment_id)
    items = LedgerItem.query(partition, LedgerItem.sk.startswith("LEDGER#"), consistent_read=True)
    return [item.record for item in items]


def ledger_of_event(school_id: str, event_id: str) -> Iterator[LedgerEntry]:
    """What the payments of an event alone entered, in the order of entry; what was entered just now may be missing."""
    for item in LedgerItem.listing.query(_of_event(school_id, event_id)):
        yield item.record


def entries_alone(school_id: str, keys: Iterable[str]) -> list[LedgerEntry]:
    """The entries of no payment that exist among some keys, read strongly."""
    found = []
    for some in batched(keys, _MOST_KEYS, strict=False):
        names = [Key(LedgerItem, school_key(school_id, "LEDGER", key), f"LEDGER#{key}") for key in some]
        items = get_many(names)
        found += [item.record for item in (items.get(name) for name in names) if item is not None]
    return found
