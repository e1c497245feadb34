"""Refunds in the Payments table: beside their payment, due until they are made."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition

from school_events.core import clock, due
from school_events.core.attributes import ThingKey
from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, school_key, update_if
from school_events.core.errors import StaleVersion
from school_events.core.indexes import Due, Listing
from school_events.payments.refunds.model import Refund, RefundState, RefundWay
from school_events.payments.store import MoneyState, PaymentsTableItem

REFUND = "REFUND"
"""The kind of due thing a refund is that is not at its end: to be made, or under way."""

ASKED_FOR_EVERY = timedelta(days=1)
"""How often Stripe is asked about a refund that is under way; mostly it tells us first."""

_MADE_BY = timedelta(minutes=1)
"""Housekeeping looks after a refund that who asked for it has not made by then."""


class RefundItem(PaymentsTableItem, discriminator="refund"):
    """A refund, beside its payment; due until it is at its end, and listed with its event's."""

    listing = Listing()
    due = Due()
    listing_pk: ThingKey = UnicodeAttribute(null=True)
    listing_sk: ThingKey = UnicodeAttribute(null=True)
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    state: MoneyState = UnicodeAttribute()
    record = Document(Refund)
    change = Document(Change)


def refund_item(
    ctx: Context, refund: Refund, change: Change, *, by_housekeeping: bool = False, due_at: datetime | None = None
) -> RefundItem:
    """A refund as it is kept.

    Args:
        ctx: the moment.
        refund: as it is to be.
        change: what is done.
        by_housekeeping: whether it is left to housekeeping, or made at once by who asked.
        due_at: when housekeeping makes it or asks for it, if neither says (UTC).
    """
    key = refund_key(ctx.school_id, refund.payment_id, refund.id)
    item = RefundItem(key.pk, key.sk, state=refund.state.value, record=refund, change=change)
    if refund.event_id is not None:
        item.listing_pk = _of_event(ctx.school_id, refund.event_id)
        item.listing_sk = f"{clock.to_text(refund.asked_at)}#{refund.id}"
    if refund.state is RefundState.ASKED and refund.through is RefundWay.STRIPE:
        at = due_at or (refund.asked_at if by_housekeeping else refund.asked_at + _MADE_BY)
        item.due_pk, item.due_sk = due.due_key(REFUND, at, _due_id(ctx.school_id, refund))
    elif refund.state is RefundState.PENDING:
        at = due_at or ctx.now + ASKED_FOR_EVERY
        item.due_pk, item.due_sk = due.due_key(REFUND, at, _due_id(ctx.school_id, refund))
    return item


def as_it_was(refund: Refund) -> Condition:
    """Whether a refund is where it was read."""
    return RefundItem.state == refund.state.value


def keep(transaction: Transaction, ctx: Context, before: Refund | None, after: Refund, change: Change) -> None:
    """Write a refund in a transaction; refused with :class:`StaleVersion` if it moved since it was read."""
    item = refund_item(ctx, after, change)
    if before is None:
        transaction.create(item, refusal=StaleVersion())
    else:
        transaction.put(item, as_it_was(before), refusal=StaleVersion())


def refunds_of_event(school_id: str, event_id: str) -> Iterator[Refund]:
    """The refunds of an event's income, in the order they were asked for; one asked for just now may be missing."""
    for item in RefundItem.listing.query(_of_event(school_id, event_id)):
        yield item.record


def _of_event(school_id: str, event_id: str) -> str:
    return school_key(school_id, "EVENT", event_id, "REFUNDS")


def due_refunds(now: datetime) -> Iterator[tuple[str, Refund]]:
    """Refunds to be made, or to be asked for, by now, as (school, refund), oldest hour first.

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(REFUND, now, lambda pk, end: RefundItem.due.query(pk, RefundItem.due_sk <= end)):
        yield item.pk.split("#")[1], item.record


def put_refund_off(school_id: str, refund: Refund, until: datetime) -> None:
    """Make a refund due again later (UTC), if it is still where it was read."""
    due_pk, due_sk = due.due_key(REFUND, until, _due_id(school_id, refund))
    actions = [RefundItem.due_pk.set(due_pk), RefundItem.due_sk.set(due_sk)]
    key = refund_key(school_id, refund.payment_id, refund.id)
    update_if(key, actions, as_it_was(refund))


def _due_id(school_id: str, refund: Refund) -> str:
    return f"{school_id}#{refund.payment_id}#{refund.id}"


def refund_key(school_id: str, payment_id: str, refund_id: str) -> Key[RefundItem]:
    """Names a refund."""
    return Key(RefundItem, school_key(school_id, "PAYMENT", payment_id), f"REFUND#{refund_id}")


def find_refund(school_id: str, payment_id: str, refund_id: str) -> Refund | None:
    """A refund, if it was written down."""
    key = refund_key(school_id, payment_id, refund_id)
    try:
        return RefundItem.get(key.pk, key.sk, consistent_read=True).record
    except RefundItem.DoesNotExist:
        return None


def refunds_of_payment(school_id: str, payment_id: str) -> Iterator[RefundItem]:
    """The refunds of a payment as they are kept, read strongly."""
    partition = school_key(school_id, "PAYMENT", payment_id)
    yield from RefundItem.query(partition, RefundItem.sk.startswith("REFUND#"), consistent_read=True)


def require_no_refund(transaction: Transaction, school_id: str, payment_id: str, refund_id: str) -> None:
    """Only go ahead, in a transaction, while a refund is not written down; refused with :class:`StaleVersion`."""
    key = refund_key(school_id, payment_id, refund_id)
    transaction.check(key, RefundItem.pk.does_not_exist(), refusal=StaleVersion())
