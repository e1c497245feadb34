"""Payments in the table of that name."""

from collections.abc import Iterator
from typing import Annotated

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from school_events.core import clock, settings
from school_events.core.attributes import ThingKey, VersionAttribute
from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Item, Key, Transaction, school_key
from school_events.core.errors import NotFound, StaleVersion
from school_events.core.indexes import Listing
from school_events.payments.model import MONEY, Payment

MoneyState = Annotated[UnicodeAttribute, MONEY]


class PaymentsTableItem(Item):
    """An item of the Payments table."""

    class Meta:
        table_name = settings.table_name("PAYMENTS")


class PaymentItem(PaymentsTableItem, discriminator="payment"):
    """A payment; ``state`` and ``version`` stand beside the record, since conditions ask for them."""

    listing = Listing()
    listing_pk: ThingKey = UnicodeAttribute()
    listing_sk: ThingKey = UnicodeAttribute()
    state: MoneyState = UnicodeAttribute()
    version: VersionAttribute = NumberAttribute()
    record = Document(Payment)
    change = Document(Change)


def payment_key(school_id: str, payment_id: str) -> Key[PaymentItem]:
    """Names a payment."""
    return Key(PaymentItem, school_key(school_id, "PAYMENT", payment_id), "PAYMENT")


def payment_item(ctx: Context, payment: Payment, change: Change) -> PaymentItem:
    """A payment as it is kept."""
    key = payment_key(ctx.school_id, payment.id)
    return PaymentItem(
        key.pk,
        key.sk,
        listing_pk=school_key(ctx.school_id, "PAYMENTS"),
        listing_sk=f"{clock.to_text(payment.created_at)}#{payment.id}",
        state=payment.state.value,
        version=payment.version,
        record=payment,
        change=change,
    )


def replace(transaction: Transaction, ctx: Context, before: Payment, after: Payment, change: Change) -> Payment:
    """Put a payment in place of the one that was read, in a transaction.

    The commit raises :class:`StaleVersion` if it changed meanwhile. Returns it with its new version.
    """
    after = after.model_copy(update={"version": before.version + 1})
    transaction.put(payment_item(ctx, after, change), PaymentItem.version == before.version, refusal=StaleVersion())
    return after


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
