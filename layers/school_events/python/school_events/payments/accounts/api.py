"""Response models of a school's connection to Stripe."""

from school_events.core.http import ApiModel
from school_events.payments.accounts.model import StripeAccount


class StripeAccountView(ApiModel):
    """A school's connection to Stripe."""

    account_id: str
    ready: bool
    onboarding_url: str | None = None


def account_view(account: StripeAccount, onboarding_url: str | None = None) -> StripeAccountView:
    """A school's Stripe account as the API shows it."""
    return StripeAccountView(
        account_id=account.account_id, ready=account.charges_enabled, onboarding_url=onboarding_url
    )
