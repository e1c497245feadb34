"""Response models of a school's connection to Stripe."""

from datetime import datetime

from school_events.core.http import ApiModel
from school_events.payments.accounts.model import StripeAccount
from school_events.payments.accounts.rules import advice


class StripeAccountView(ApiModel):
    """A school's connection to Stripe; ``advice`` says in plain words what is to be done."""

    account_id: str
    state: str
    ready: bool
    can_pay_out: bool
    missing: int
    needed_by: datetime | None
    advice: str
    onboarding_url: str | None = None


def account_view(account: StripeAccount, onboarding_url: str | None = None) -> StripeAccountView:
    """A school's Stripe account as the API shows it."""
    return StripeAccountView(
        account_id=account.account_id,
        state=account.state.value,
        ready=account.charges_enabled,
        can_pay_out=account.payouts_enabled,
        missing=account.missing,
        needed_by=account.needed_by,
        advice=advice(account),
        onboarding_url=onboarding_url,
    )
