"""Schools' Stripe accounts in the Payments table, and which school owns an account."""

from typing import Annotated

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from school_events.core.attributes import TECHNICAL, IdAttribute
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, school_key
from school_events.core.errors import StaleVersion
from school_events.payments.accounts.model import StripeAccount
from school_events.payments.events.store import sweep_item
from school_events.payments.reconciliation.store import check_item
from school_events.payments.store import PaymentsTableItem


class StripeAccountItem(PaymentsTableItem, discriminator="stripe_account"):
    """A school's account at Stripe."""

    charges_enabled: Annotated[BooleanAttribute, TECHNICAL] = BooleanAttribute()
    record = Document(StripeAccount)


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


def connect_account(ctx: Context, account: StripeAccount) -> None:
    """Keep a school's new Stripe account and who owns it, together.

    From now on its events are asked for, and its money is compared.

    Raises:
        StaleVersion: the school was connected meanwhile, or the account is another school's.
    """
    key = account_key(ctx.school_id)
    item = StripeAccountItem(key.pk, key.sk, charges_enabled=account.charges_enabled, record=account)
    owner = AccountOwnerItem(f"ACCT#{account.account_id}", "SCHOOL", school_id=ctx.school_id)
    transaction = Transaction(ctx)
    transaction.create(item, refusal=StaleVersion())
    transaction.create(owner, refusal=StaleVersion())
    transaction.put(sweep_item(ctx.school_id, account.account_id, ctx.now))
    transaction.put(check_item(ctx.school_id, account.account_id, ctx.now))
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
