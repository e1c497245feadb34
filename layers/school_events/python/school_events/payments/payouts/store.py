"""Payouts in the Payments table, each with its lines beside it."""

from collections.abc import Iterable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from school_events.core import clock
from school_events.core.attributes import ThingKey, VersionAttribute
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, school_key
from school_events.core.errors import NotFound, StaleVersion
from school_events.core.indexes import Listing
from school_events.payments.payouts.model import Payout, PayoutLine
from school_events.payments.store import PaymentsTableItem


class PayoutItem(PaymentsTableItem, discriminator="payout"):
    """A payout; ``version`` stands beside the record, since conditions ask for it."""

    listing = Listing()
    listing_pk: ThingKey = UnicodeAttribute()
    listing_sk: ThingKey = UnicodeAttribute()
    version: VersionAttribute = NumberAttribute()
    record = Document(Payout)


class PayoutLineItem(PaymentsTableItem, discriminator="payout_line"):
    """A movement that a payout paid out."""

    record = Document(PayoutLine)


def _key(school_id: str, payout_id: str) -> Key[PayoutItem]:
    return Key(PayoutItem, school_key(school_id, "PAYOUT", payout_id), "PAYOUT")


def find(school_id: str, payout_id: str) -> Payout | None:
    """A payout as we know it, read strongly."""
    key = _key(school_id, payout_id)
    try:
        return PayoutItem.get(key.pk, key.sk, consistent_read=True).record
    except PayoutItem.DoesNotExist:
        return None


def known(school_id: str, payout_id: str) -> Payout:
    """A payout of the school, read strongly.

    Raises:
        NotFound: the school has none of that id.
    """
    payout = find(school_id, payout_id)
    if payout is None:
        raise NotFound
    return payout


def keep(transaction: Transaction, ctx: Context, before: Payout | None, after: Payout) -> None:
    """Write a payout down in place of the one that was read; the commit raises ``StaleVersion`` if it changed since."""
    if before is None:
        transaction.create(_item(ctx, after), refusal=StaleVersion())
        return
    after = after.model_copy(update={"version": before.version + 1})
    transaction.put(_item(ctx, after), PayoutItem.version == before.version, refusal=StaleVersion())


def _item(ctx: Context, payout: Payout) -> PayoutItem:
    key = _key(ctx.school_id, payout.id)
    return PayoutItem(
        key.pk,
        key.sk,
        listing_pk=school_key(ctx.school_id, "PAYOUTS"),
        listing_sk=f"{clock.to_text(payout.created_at)}#{payout.id}",
        version=payout.version,
        record=payout,
    )


def keep_lines(ctx: Context, payout_id: str, lines: Iterable[PayoutLine]) -> None:
    """Write the lines of a payout down; written again they are the same."""
    partition = school_key(ctx.school_id, "PAYOUT", payout_id)
    with PayoutLineItem.batch_write() as batch:
        for line in lines:
            batch.save(PayoutLineItem(partition, f"LINE#{line.transaction_id}", record=line))


def lines_of(school_id: str, payout_id: str, *, after: str | None = None, limit: int | None = None) -> list[PayoutLine]:
    """What a payout is made of, in the order of Stripe's ids.

    Args:
        school_id: whose.
        payout_id: Stripe's.
        after: the transaction seen last.
        limit: at most this many.
    """
    partition = school_key(school_id, "PAYOUT", payout_id)
    first = f"LINE#{after}!" if after else "LINE#"
    items = PayoutLineItem.query(partition, PayoutLineItem.sk.between(first, "LINE#~"), limit=limit)
    return [item.record for item in items]


def payouts_of_school(school_id: str, *, after: str | None = None, limit: int) -> list[tuple[Payout, str]]:
    """A school's payouts, newest first, each with its position in the list.

    Args:
        school_id: whose.
        after: the position of the last one seen.
        limit: at most this many.
    """
    before = PayoutItem.listing_sk < after if after else None
    items = PayoutItem.listing.query(school_key(school_id, "PAYOUTS"), before, scan_index_forward=False, limit=limit)
    return [(item.record, item.listing_sk) for item in items]
