"""Schools' Stripe accounts in the Payments table, and which school owns an account."""

from typing import Annotated

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from school_events.core.attributes import TECHNICAL, IdAttribute
from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, school_key
from school_events.core.errors import StaleVersion
from school_events.payments.accounts.model import StripeAccount
from school_events.payments.events.store import sweep_item
from school_events.payments.reconciliation.store import check_item
from school_events.payments.store import PaymentsTableItem


class StripeAccountItem(PaymentsTableItem, discriminator="stripe_account"):
    """A school's account at Stripe; ``version`` stands beside the record, since conditions ask for it."""

    version: Annotated[NumberAttribute, TECHNICAL] = NumberAttribute(null=True)
    charges_enabled: Annotated[BooleanAttribute, TECHNICAL] = BooleanAttribute()
    record = Document(StripeAccount)
    change = Document(Change)


class AccountOwnerItem(PaymentsTableItem, discriminator="account_owner"):
    """Which school owns a Stripe account."""

    school_id: IdAttribute = UnicodeAttribute()


def account_key(school_id: str) -> Key[StripeAccountItem]:
    """Names a school's Stripe account."""
    return Key(StripeAccountItem, school_key(school_id), "STRIPE_ACCOUNT")


def find_account(school_id: str) -> StripeAccount | None:
    """A school's Stripe account, if it has one."""
    key = account_key(school_id)
    try:
        item = StripeAccountItem.get(key.pk, key.sk, consistent_read=True)
    except StripeAccountItem.DoesNotExist:
        return None
    return item.record.model_copy(update={"charges_enabled": item.charges_enabled})


def connect(
    transaction: Transaction, ctx: Context, former: StripeAccount | None, account: StripeAccount, change: Change
) -> StripeAccount:
    """Keep a school's new Stripe account and who owns it, in a transaction.

    From now on its events are asked for, and its money is compared. The commit raises :class:`StaleVersion` if the
    school was connected meanwhile, or the account is another school's. Returns it with its version.

    Args:
        transaction: the caller's.
        ctx: the moment.
        former: the account it had, as it was read, if it had one; who owned that stays known.
        account: the new one.
        change: the stamp.
    """
    kept = replace(transaction, ctx, former, account, change)
    owner = AccountOwnerItem(f"ACCT#{account.account_id}", "SCHOOL", school_id=ctx.school_id)
    transaction.create(owner, refusal=StaleVersion())
    transaction.put(sweep_item(ctx.school_id, account.account_id, ctx.now))
    transaction.put(check_item(ctx.school_id, account.account_id, ctx.now))
    return kept


def replace(
    transaction: Transaction, ctx: Context, before: StripeAccount | None, after: StripeAccount, change: Change
) -> StripeAccount:
    """Put a school's account in place of the one that was read, or of none, in a transaction.

    The commit raises :class:`StaleVersion` if it changed meanwhile. Returns it with its new version.
    """
    key = account_key(ctx.school_id)
    version = before.version + 1 if before else 1
    after = after.model_copy(update={"version": version})
    item = StripeAccountItem(
        key.pk, key.sk, version=version, charges_enabled=after.charges_enabled, record=after, change=change
    )
    if before is None:
        transaction.create(item, refusal=StaleVersion())
    else:
        transaction.put(item, _as_it_was(before), refusal=StaleVersion())
    return after


def _as_it_was(account: StripeAccount) -> Condition:
    """One that was kept before accounts had versions has none."""
    unversioned = StripeAccountItem.version.does_not_exist()
    as_read: Condition = (StripeAccountItem.version == account.version) | (
        unversioned & (StripeAccountItem.charges_enabled == account.charges_enabled)
    )
    return as_read


def school_of_account(account_id: str) -> str | None:
    """The school that owns a Stripe account, if any of ours does."""
    try:
        return AccountOwnerItem.get(f"ACCT#{account_id}", "SCHOOL", consistent_read=True).school_id
    except AccountOwnerItem.DoesNotExist:
        return None
