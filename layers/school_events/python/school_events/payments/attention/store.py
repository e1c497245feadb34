"""What is to be looked at, in the Payments table: one item for each kind and thing, listed while it is open."""

from dataclasses import replace

from pynamodb.attributes import UnicodeAttribute

from school_events.core import clock
from school_events.core.attributes import ThingKey
from school_events.core.change import Change, stamp
from school_events.core.context import Actor, Context
from school_events.core.dynamodb import Document, Transaction, school_key
from school_events.core.errors import StaleVersion
from school_events.core.indexes import Listing
from school_events.payments.attention.model import Attention
from school_events.payments.store import PaymentsTableItem


class AttentionItem(PaymentsTableItem, discriminator="attention"):
    """Something to look at; in the list as long as it is open."""

    listing = Listing()
    listing_pk: ThingKey = UnicodeAttribute(null=True)
    listing_sk: ThingKey = UnicodeAttribute(null=True)
    record = Document(Attention)
    change = Document(Change)


def keep(transaction: Transaction, ctx: Context, attention: Attention) -> None:
    """Write down, in a transaction, that something is to be looked at, or that it is over."""
    transaction.put(_item(ctx, attention))


def keep_settled(transaction: Transaction, ctx: Context, before: Attention, after: Attention) -> None:
    """Write down that what was open is over; refused with :class:`StaleVersion` if it did since it was read."""
    transaction.put(_item(ctx, after), AttentionItem.listing_sk == _position(before), refusal=StaleVersion())


def _item(ctx: Context, attention: Attention) -> AttentionItem:
    partition = school_key(ctx.school_id, "ATTENTION")
    is_open = attention.settled_at is None
    return AttentionItem(
        partition,
        f"ATTENTION#{attention.kind}#{attention.thing_id}",
        listing_pk=partition if is_open else None,
        listing_sk=_position(attention) if is_open else None,
        record=attention,
        change=_stamp(ctx, "attention.raised" if is_open else "attention.settled"),
    )


def _position(attention: Attention) -> str:
    """Where something is in the list while it is open."""
    return f"{clock.to_text(attention.raised_at)}#{attention.kind}#{attention.thing_id}"


def _stamp(ctx: Context, action: str) -> Change:
    """The stamp; whose request found it stands at what it found, and is not kept here too if a family asked (H2)."""
    if ctx.actor.kind == "contact":
        ctx = replace(ctx, actor=Actor("system", "payments"), origin="payments")
    return stamp(ctx, action)


def find(school_id: str, kind: str, thing_id: str) -> Attention | None:
    """What was written down of a thing, open or over, read strongly."""
    try:
        return AttentionItem.get(
            school_key(school_id, "ATTENTION"), f"ATTENTION#{kind}#{thing_id}", consistent_read=True
        ).record
    except AttentionItem.DoesNotExist:
        return None


def open_ones(school_id: str, *, after: str | None = None, limit: int) -> list[tuple[Attention, str]]:
    """What a school has to look at, oldest first, each with its position in the list.

    Args:
        school_id: whose.
        after: the position of the last one seen.
        limit: at most this many.
    """
    later = AttentionItem.listing_sk > after if after else None
    items = AttentionItem.listing.query(school_key(school_id, "ATTENTION"), later, limit=limit)
    return [(item.record, item.listing_sk) for item in items]
