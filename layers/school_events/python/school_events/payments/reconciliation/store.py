"""In the Payments table: how far each account was compared, what differs, and what the accounts came to day by day."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated

from pynamodb.attributes import UnicodeAttribute

from school_events.core import clock, due
from school_events.core.attributes import ThingKey
from school_events.core.context import Context
from school_events.core.dynamodb import (
    Document,
    InstantAttribute,
    Key,
    Transaction,
    put_if_absent,
    school_key,
    update_if,
)
from school_events.core.indexes import Due, Listing
from school_events.core.inventory import Category, Kept, Purpose, Retention
from school_events.payments.reconciliation.model import Closing, Difference, MoneyCheck
from school_events.payments.store import PaymentsTableItem

MONEY_CHECK = "MONEY_CHECK"
"""The kind of due thing an account is that is to be compared."""

_CHECKED = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.CONTRACT)


class MoneyCheckItem(PaymentsTableItem, discriminator="money_check"):
    """Until when an account was compared; due when it is to be compared again."""

    due = Due()
    due_pk: ThingKey = UnicodeAttribute()
    due_sk: ThingKey = UnicodeAttribute()
    checked_until: Annotated[InstantAttribute, _CHECKED] = InstantAttribute()


class DifferenceItem(PaymentsTableItem, discriminator="difference"):
    """What Stripe and the ledger say differently; in the list as long as it is so."""

    listing = Listing()
    listing_pk: ThingKey = UnicodeAttribute(null=True)
    listing_sk: ThingKey = UnicodeAttribute(null=True)
    record = Document(Difference)


class ClosingItem(PaymentsTableItem, discriminator="closing"):
    """What the accounts of a school's ledger came to as a day began."""

    record = Document(Closing)


def check_item(school_id: str, account_id: str, at: datetime) -> MoneyCheckItem:
    """An account that is compared from an instant (UTC) on, as it is kept; first the morning after."""
    key = _check_key(school_id, account_id)
    due_pk, due_sk = due.due_key(MONEY_CHECK, at, _due_id(school_id, account_id))
    return MoneyCheckItem(key.pk, key.sk, due_pk=due_pk, due_sk=due_sk, checked_until=at)


def due_checks(now: datetime) -> Iterator[MoneyCheck]:
    """The accounts that are to be compared by now, oldest hour first.

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(MONEY_CHECK, now, lambda pk, end: MoneyCheckItem.due.query(pk, MoneyCheckItem.due_sk <= end)):
        yield _check(item)


def checks_of_school(school_id: str) -> list[MoneyCheck]:
    """A school's accounts at Stripe, and how far each was compared."""
    items = MoneyCheckItem.query(school_key(school_id), MoneyCheckItem.sk.startswith(f"{MONEY_CHECK}#"))
    return [_check(item) for item in items]


def _check(item: MoneyCheckItem) -> MoneyCheck:
    return MoneyCheck(item.pk.split("#")[1], item.sk.split("#")[1], item.checked_until)


def keep_checked(check: MoneyCheck, until: datetime, again_at: datetime) -> None:
    """Note until when an account was compared, and when it is to be next (both UTC)."""
    due_pk, due_sk = due.due_key(MONEY_CHECK, again_at, _due_id(check.school_id, check.account_id))
    actions = [
        MoneyCheckItem.checked_until.set(until),
        MoneyCheckItem.due_pk.set(due_pk),
        MoneyCheckItem.due_sk.set(due_sk),
    ]
    update_if(_check_key(check.school_id, check.account_id), actions, MoneyCheckItem.pk.exists())


def _check_key(school_id: str, account_id: str) -> Key[MoneyCheckItem]:
    return Key(MoneyCheckItem, school_key(school_id), f"{MONEY_CHECK}#{account_id}")


def _due_id(school_id: str, account_id: str) -> str:
    return f"{school_id}#{account_id}"


def keep_difference(transaction: Transaction, ctx: Context, difference: Difference) -> None:
    """Write down, in a transaction, what differs, or that it does no more."""
    partition = school_key(ctx.school_id, "DIFFERENCES")
    is_open = difference.settled_at is None
    item = DifferenceItem(
        partition,
        f"DIFFERENCE#{difference.id}",
        listing_pk=partition if is_open else None,
        listing_sk=f"{clock.to_text(difference.seen_at)}#{difference.id}" if is_open else None,
        record=difference,
    )
    transaction.put(item)


def open_differences(school_id: str, limit: int | None = None) -> list[Difference]:
    """What of a school differs, oldest first."""
    items = DifferenceItem.listing.query(school_key(school_id, "DIFFERENCES"), limit=limit)
    return [item.record for item in items]


def keep_closing(school_id: str, closing: Closing) -> None:
    """Write down what the accounts came to as a day began, unless it is written down."""
    partition = school_key(school_id, "CLOSINGS")
    put_if_absent(ClosingItem(partition, f"CLOSING#{closing.day.isoformat()}", record=closing))


def last_closing(school_id: str, day: date) -> Closing | None:
    """The last closing of a school that is of a day or earlier, read strongly."""
    upto = ClosingItem.sk.between("CLOSING#", f"CLOSING#{day.isoformat()}")
    partition = school_key(school_id, "CLOSINGS")
    for item in ClosingItem.query(partition, upto, scan_index_forward=False, limit=1, consistent_read=True):
        return item.record
    return None
