"""The Payments table: payments with their ledger entries and refunds, Stripe accounts, Stripe events done."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from school_events.core import clock, due, settings
from school_events.core.attributes import TECHNICAL, IdAttribute, ThingKey, VersionAttribute
from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Item, Key, Transaction, put_if_absent, school_key, update_if
from school_events.core.errors import NotFound, StaleVersion
from school_events.core.indexes import Due, Listing
from school_events.core.inventory import Category, Kept, Purpose, Retention
from school_events.payments.model import MONEY, LedgerEntry, Payment, Refund, RefundState, StripeAccount

REFUND = "REFUND"
"""The kind of due thing a refund is that Stripe has not made yet."""

_MADE_BY = timedelta(minutes=1)
"""Housekeeping looks after a refund that who asked for it has not made by then."""

_EVENTS_REMEMBERED = timedelta(days=40)
"""Stripe retries for three days and lists events for thirty; ours outlive both."""

_STRIPE_EVENT = Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.STRIPE)
_State = Annotated[UnicodeAttribute, MONEY]


class PaymentsTableItem(Item):
    """An item of the Payments table."""

    class Meta:
        table_name = settings.table_name("PAYMENTS")


class _Ledger(GlobalSecondaryIndex[Any]):
    class Meta:
        index_name = "ledger"
        projection = AllProjection()

    ledger_pk = UnicodeAttribute(hash_key=True)
    ledger_sk = UnicodeAttribute(range_key=True)


class PaymentItem(PaymentsTableItem, discriminator="payment"):
    """A payment; ``state`` and ``version`` stand beside the record, since conditions ask for them."""

    listing = Listing()
    listing_pk: ThingKey = UnicodeAttribute()
    listing_sk: ThingKey = UnicodeAttribute()
    state: _State = UnicodeAttribute()
    version: VersionAttribute = NumberAttribute()
    record = Document(Payment)
    change = Document(Change)


class LedgerItem(PaymentsTableItem, discriminator="ledger_entry"):
    """An entry of the ledger."""

    ledger = _Ledger()
    ledger_pk: ThingKey = UnicodeAttribute()
    ledger_sk: ThingKey = UnicodeAttribute()
    record = Document(LedgerEntry)


class RefundItem(PaymentsTableItem, discriminator="refund"):
    """A refund, beside its payment; due until it is made."""

    due = Due()
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    state: _State = UnicodeAttribute()
    record = Document(Refund)
    change = Document(Change)


class StripeAccountItem(PaymentsTableItem, discriminator="stripe_account"):
    """A school's account at Stripe."""

    charges_enabled: Annotated[BooleanAttribute, TECHNICAL] = BooleanAttribute()
    record = Document(StripeAccount)


class AccountOwnerItem(PaymentsTableItem, discriminator="account_owner"):
    """Which school owns a Stripe account."""

    school_id: IdAttribute = UnicodeAttribute()


class StripeEventItem(PaymentsTableItem, discriminator="stripe_event"):
    """A Stripe event that was applied."""

    pk: Annotated[UnicodeAttribute, _STRIPE_EVENT]


def payment_key(school_id: str, payment_id: str) -> Key[PaymentItem]:
    """Names a payment."""
    return Key(PaymentItem, school_key(school_id, "PAYMENT", payment_id), "PAYMENT")


def account_key(school_id: str) -> Key[StripeAccountItem]:
    """Names a school's Stripe account."""
    return Key(StripeAccountItem, school_key(school_id), "STRIPE_ACCOUNT")


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


def enter(transaction: Transaction, ctx: Context, entry: LedgerEntry) -> None:
    """Add an entry to the ledger, in a transaction; it must be new."""
    transaction.create(ledger_item(ctx, entry), refusal=StaleVersion())


def enter_once(ctx: Context, entry: LedgerEntry) -> None:
    """Add an entry to the ledger unless it is there."""
    put_if_absent(ledger_item(ctx, entry))


def ledger_item(ctx: Context, entry: LedgerEntry) -> LedgerItem:
    """An entry as it is kept."""
    return LedgerItem(
        school_key(ctx.school_id, "PAYMENT", entry.payment_id),
        f"LEDGER#{entry.key}",
        ledger_pk=school_key(ctx.school_id, "LEDGER"),
        ledger_sk=f"{clock.to_text(entry.at)}#{entry.key}",
        record=entry,
    )


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


def refund_item(ctx: Context, refund: Refund, change: Change, *, by_housekeeping: bool = False) -> RefundItem:
    """A refund as it is kept; who asked makes it at once, or leaves it to housekeeping."""
    key = refund_key(ctx.school_id, refund.payment_id, refund.id)
    item = RefundItem(key.pk, key.sk, state=refund.state.value, record=refund, change=change)
    if refund.state is RefundState.ASKED:
        due_at = refund.asked_at if by_housekeeping else refund.asked_at + _MADE_BY
        item.due_pk, item.due_sk = due.due_key(REFUND, due_at, _due_id(ctx.school_id, refund))
    return item


def due_refunds(now: datetime) -> Iterator[tuple[str, Refund]]:
    """Refunds that should have been made by now, as (school, refund), oldest hour first.

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(REFUND, now, lambda pk, end: RefundItem.due.query(pk, RefundItem.due_sk <= end)):
        yield item.pk.split("#")[1], item.record


def put_refund_off(school_id: str, refund: Refund, until: datetime) -> None:
    """Make a refund that could not be made due again later (UTC), if it is still to be made."""
    due_pk, due_sk = due.due_key(REFUND, until, _due_id(school_id, refund))
    actions = [RefundItem.due_pk.set(due_pk), RefundItem.due_sk.set(due_sk)]
    key = refund_key(school_id, refund.payment_id, refund.id)
    update_if(key, actions, RefundItem.state == RefundState.ASKED.value)


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


def find_account(school_id: str) -> StripeAccount | None:
    """A school's Stripe account, if it has one."""
    key = account_key(school_id)
    try:
        item = StripeAccountItem.get(key.pk, key.sk, consistent_read=True)
    except StripeAccountItem.DoesNotExist:
        return None
    return item.record.model_copy(update={"charges_enabled": item.charges_enabled})


def connect_account(ctx: Context, account: StripeAccount) -> None:
    """Keep a school's new Stripe account and who owns it, together.

    Raises:
        StaleVersion: the school was connected meanwhile, or the account is another school's.
    """
    key = account_key(ctx.school_id)
    item = StripeAccountItem(key.pk, key.sk, charges_enabled=account.charges_enabled, record=account)
    owner = AccountOwnerItem(f"ACCT#{account.account_id}", "SCHOOL", school_id=ctx.school_id)
    transaction = Transaction(ctx)
    transaction.create(item, refusal=StaleVersion())
    transaction.create(owner, refusal=StaleVersion())
    transaction.commit()


def set_readiness(school_id: str, account_id: str, *, charges_enabled: bool) -> None:
    """Note what Stripe says of an account now."""
    key = account_key(school_id)
    account = find_account(school_id)
    if account is None or account.account_id != account_id or account.charges_enabled == charges_enabled:
        return
    StripeAccountItem(key.pk, key.sk).update(
        actions=[StripeAccountItem.charges_enabled.set(charges_enabled)],
        condition=StripeAccountItem.pk.exists(),
    )


def school_of_account(account_id: str) -> str | None:
    """The school that owns a Stripe account, if any of ours does."""
    try:
        return AccountOwnerItem.get(f"ACCT#{account_id}", "SCHOOL", consistent_read=True).school_id
    except AccountOwnerItem.DoesNotExist:
        return None


def event_is_done(school_id: str, stripe_event_id: str) -> bool:
    """Whether a Stripe event was applied already."""
    return StripeEventItem.count(school_key(school_id, "STRIPE_EVENT", stripe_event_id), consistent_read=True) > 0


def mark_event_done(school_id: str, stripe_event_id: str, now: datetime) -> None:
    """Note that a Stripe event was applied; only ever after it was (PAYMENTS.md "Webhook")."""
    put_if_absent(
        StripeEventItem(
            school_key(school_id, "STRIPE_EVENT", stripe_event_id),
            "STRIPE_EVENT",
            expires_at=int((now + _EVENTS_REMEMBERED).timestamp()),
        )
    )
