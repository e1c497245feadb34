"""Connecting a school to its account at Stripe, and whether that can take money."""

from functools import partial

from school_events.core import settings
from school_events.core.again import again_if_stale
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import PaymentsNotReady, StaleVersion
from school_events.payments.accounts import gateway, rules, store
from school_events.payments.accounts.model import AccountSnapshot, AccountState, StripeAccount
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.stripe_client import AccountLeft

_TO_LOOK_AT = {
    AccountState.RESTRICTED: AttentionKind.ACCOUNT_RESTRICTED,
    AccountState.DISCONNECTED: AttentionKind.ACCOUNT_DISCONNECTED,
}


def connected_account(school_id: str) -> StripeAccount:
    """The school's Stripe account, whatever its state.

    Raises:
        PaymentsNotReady: there is none.
    """
    account = store.find_account(school_id)
    if account is None:
        raise PaymentsNotReady
    return account


def ready_account(school_id: str) -> StripeAccount:
    """The school's Stripe account, able to take money.

    Raises:
        PaymentsNotReady: there is none, or it is not enabled.
    """
    account = connected_account(school_id)
    if not account.charges_enabled:
        raise PaymentsNotReady
    return account


def connect_school(ctx: Context) -> tuple[StripeAccount, str]:
    """The school's Stripe account, made if there is none or it has left, and where the school completes it.

    An account that was disconnected and is connected again goes on. Another one takes what is paid from now on; what
    was paid before stays with the account it was paid to (scenario 21).

    Returns:
        The account and the address of Stripe's onboarding page.
    """
    account = store.find_account(ctx.school_id)
    if account is not None:
        account = refresh(ctx, account.account_id)
    if account is None or account.state is AccountState.DISCONNECTED:
        made = _connect_another(ctx, account)
        # How much Stripe wants to know of a new one is asked too: we know nothing of it yet.
        account = refresh(ctx, made.account_id) or made
    return account, gateway.onboarding_url(ctx, account, settings.required("APP_URL"))


def _connect_another(ctx: Context, former: StripeAccount | None) -> StripeAccount:
    account = StripeAccount(
        school_id=ctx.school_id,
        account_id=gateway.create_account(ctx, former.account_id if former else None),
        charges_enabled=False,
        created_at=ctx.now,
        former=(*former.former, former.account_id) if former else (),
    )
    transaction = Transaction(ctx)
    account = store.connect(transaction, ctx, former, account, stamp(ctx, "stripe_account.connected"))
    if former is not None:
        attention.settle(transaction, ctx, AttentionKind.ACCOUNT_DISCONNECTED, former.account_id)
    try:
        transaction.commit()
    except StaleVersion:
        return connected_account(ctx.school_id)
    return account


def refresh(ctx: Context, account_id: str) -> StripeAccount | None:
    """Ask Stripe how the school's account stands, and note it; of an account it had before nothing is noted.

    Args:
        ctx: the moment.
        account_id: Stripe's.

    Returns:
        The school's account now, if it has one.

    Raises:
        TryAgain: Stripe did not answer, or too busy.
    """
    return again_if_stale(partial(_refresh, ctx, account_id))


def _refresh(ctx: Context, account_id: str) -> StripeAccount | None:
    """What we know is read before Stripe is asked, so that an older answer is never written over a newer one."""
    before = store.find_account(ctx.school_id)
    if before is None or before.account_id != account_id:
        return before
    after = rules.as_stripe_says(before, _seen(ctx, account_id), ctx.now)
    if after == before:
        return before
    is_news = after.state is not before.state
    transaction = Transaction(ctx)
    change = stamp(ctx, f"stripe_account.{after.state}" if is_news else "stripe_account.changed")
    after = store.replace(transaction, ctx, before, after, change)
    if is_news and before.state in _TO_LOOK_AT:
        attention.settle(transaction, ctx, _TO_LOOK_AT[before.state], account_id)
    if is_news and after.state in _TO_LOOK_AT:
        attention.raise_for(transaction, ctx, _TO_LOOK_AT[after.state], "account", account_id)
    transaction.commit()
    return after


def _seen(ctx: Context, account_id: str) -> AccountSnapshot | None:
    try:
        return gateway.find_account(ctx, account_id)
    except AccountLeft:
        return None
