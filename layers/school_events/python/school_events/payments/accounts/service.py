"""Connecting a school to its account at Stripe, and whether that can take money."""

from school_events.core import settings
from school_events.core.context import Context
from school_events.core.errors import PaymentsNotReady, StaleVersion
from school_events.payments.accounts import gateway, store
from school_events.payments.accounts.model import StripeAccount


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
    """The school's Stripe account, made if there is none, and where the school completes it.

    Returns:
        The account and the address of Stripe's onboarding page.
    """
    account = store.find_account(ctx.school_id)
    if account is None:
        account_id = gateway.create_account(ctx.school_id)
        account = StripeAccount(
            school_id=ctx.school_id, account_id=account_id, charges_enabled=False, created_at=ctx.now
        )
        try:
            store.connect_account(ctx, account)
        except StaleVersion:
            account = store.find_account(ctx.school_id) or account
    return account, gateway.onboarding_url(account, settings.required("APP_URL"))


def refresh_readiness(school_id: str, account_id: str) -> None:
    """Ask Stripe whether a school's account can take money, and note the answer."""
    store.set_readiness(school_id, account_id, charges_enabled=gateway.charges_enabled(account_id))
