"""Payments in the table of that name."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Annotated

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from school_events.core import clock, due, settings
from school_events.core.attributes import ThingKey, VersionAttribute
from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Item, Key, Transaction, get_many, school_key, update_if
from school_events.core.errors import NotFound, StaleVersion
from school_events.core.indexes import Due, Listing
from school_events.payments.model import MONEY, Payment, PaymentState

MoneyState = Annotated[UnicodeAttribute, MONEY]

_MOST_KEYS = 100

UNPAID = "UNPAID"
"""The kind of due thing a payment is that is to be paid later: somebody is to be reminded, or its page looked at."""

_MAY_BE_DUE = frozenset({PaymentState.CREATED, PaymentState.OPEN, PaymentState.PROCESSING})


class PaymentsTableItem(Item):
    """An item of the Payments table."""

    class Meta:
        table_name = settings.table_name("PAYMENTS")


class PaymentItem(PaymentsTableItem, discriminator="payment"):
    """A payment; ``state`` and ``version`` stand beside the record, since conditions ask for them."""

    listing = Listing()
    due = Due()
    listing_pk: ThingKey = UnicodeAttribute()
    listing_sk: ThingKey = UnicodeAttribute()
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    state: MoneyState = UnicodeAttribute()
    version: VersionAttribute = NumberAttribute()
    record = Document(Payment)
    change = Document(Change)


def payment_key(school_id: str, payment_id: str) -> Key[PaymentItem]:
    """Names a payment."""
    return Key(PaymentItem, school_key(school_id, "PAYMENT", payment_id), "PAYMENT")


def payment_item(ctx: Context, payment: Payment, change: Change) -> PaymentItem:
    """A payment as it is kept; due as long as it is unpaid and somebody is to look at it."""
    key = payment_key(ctx.school_id, payment.id)
    item = PaymentItem(
        key.pk,
        key.sk,
        listing_pk=school_key(ctx.school_id, "PAYMENTS"),
        listing_sk=f"{clock.to_text(payment.created_at)}#{payment.id}",
        state=payment.state.value,
        version=payment.version,
        record=payment,
        change=change,
    )
    if payment.look_at is not None and payment.state in _MAY_BE_DUE:
        item.due_pk, item.due_sk = due.due_key(UNPAID, payment.look_at, f"{ctx.school_id}#{payment.id}")
    return item


def replace(transaction: Transaction, ctx: Context, before: Payment, after: Payment, change: Change) -> Payment:
    """Put a payment in place of the one that was read, in a transaction.

    The commit raises :class:`StaleVersion` if it changed meanwhile. Returns it with its new version.
    """
    after = after.model_copy(update={"version": before.version + 1})
    transaction.put(payment_item(ctx, after, change), PaymentItem.version == before.version, refusal=StaleVersion())
    return after


def require_unchanged(transaction: Transaction, school_id: str, payment: Payment) -> None:
    """Only go ahead, in a transaction, if a payment is as it was read; refused with :class:`StaleVersion`."""
    key = payment_key(school_id, payment.id)
    transaction.check(key, PaymentItem.version == payment.version, refusal=StaleVersion())


def find_payment(school_id: str, payment_id: str) -> Payment:
    """A payment, read strongly.

    Raises:
        NotFound: the school has none of that id.
    """
    key = payment_key(school_id, payment_id)
    try:
        return PaymentItem.get(key.pk, key.sk, consistent_read=True).record
    except PaymentItem.DoesNotExist:
        raise NotFound from None


def find_payments(school_id: str, payment_ids: Iterable[str]) -> dict[str, Payment]:
    """Payments by id, read strongly, a hundred in a round trip; who is not there is left out."""
    payments: dict[str, Payment] = {}
    for some in batched(dict.fromkeys(payment_ids), _MOST_KEYS, strict=False):
        keys = {one: payment_key(school_id, one) for one in some}
        found = get_many(keys.values())
        items = {one: found.get(key) for one, key in keys.items()}
        payments |= {one: item.record for one, item in items.items() if item is not None}
    return payments


def due_payments(now: datetime) -> Iterator[tuple[str, Payment]]:
    """Unpaid payments that somebody is to look at, as (school, payment), oldest hour first.

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(UNPAID, now, lambda pk, end: PaymentItem.due.query(pk, PaymentItem.due_sk <= end)):
        yield item.pk.split("#")[1], item.record


def put_payment_off(school_id: str, payment: Payment, until: datetime) -> None:
    """Make a payment that could not be looked after due again later (UTC), if it is as it was seen."""
    due_pk, due_sk = due.due_key(UNPAID, until, f"{school_id}#{payment.id}")
    actions = [PaymentItem.due_pk.set(due_pk), PaymentItem.due_sk.set(due_sk)]
    update_if(payment_key(school_id, payment.id), actions, PaymentItem.version == payment.version)


def payments_between(
    school_id: str, since: datetime | None, before: datetime | None, *, after: str | None = None, at_once: int
) -> Iterator[tuple[Payment, str]]:
    """A school's payments that were asked for in a span of time, newest first, each with its position in the list.

    Args:
        school_id: whose.
        since: the first instant, UTC; from the beginning if there is none.
        before: the instant after the last, UTC; to the end if there is none.
        after: the position of the last one seen, if any.
        at_once: how many are read together.
    """
    first = "0" if since is None else clock.to_text(since)
    last = after or ("9" if before is None else clock.to_text(before))
    found = PaymentItem.listing.query(
        school_key(school_id, "PAYMENTS"),
        PaymentItem.listing_sk.between(first, last),
        scan_index_forward=False,
        page_size=at_once,
    )
    return ((item.record, item.listing_sk) for item in found if item.listing_sk != after)


def payments_of_school(
    school_id: str, *, after: str | None = None, limit: int | None = None
) -> Iterator[tuple[Payment, str]]:
    """A school's payments, newest first, each with its position in the list.

    Args:
        school_id: whose.
        after: the position of the last one seen.
        limit: at most this many.
    """
    partition = school_key(school_id, "PAYMENTS")
    before = PaymentItem.listing_sk < after if after else None
    for item in PaymentItem.listing.query(partition, before, scan_index_forward=False, limit=limit):
        yield item.record, item.listing_sk
