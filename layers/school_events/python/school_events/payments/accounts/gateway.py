"""Connected accounts at Stripe and their onboarding."""

from school_events.payments.accounts.model import StripeAccount
from school_events.payments.stripe_client import ask, stripe


def create_account(school_id: str) -> str:
    """A connected account for a school; asked again it is the same one."""
    account = ask(
        lambda: stripe().v1.accounts.create(
            params={"type": "standard", "country": "GB", "metadata": {"school_id": school_id}},
            options={"idempotency_key": f"account:{school_id}"},
        )
    )
    return account.id


def onboarding_url(account: StripeAccount, return_url: str) -> str:
    """Where the school completes its account with Stripe; good for a few minutes."""
    link = ask(
        lambda: stripe().v1.account_links.create(
            params={
                "account": account.account_id,
                "type": "account_onboarding",
                "refresh_url": return_url,
                "return_url": return_url,
            }
        )
    )
    return link.url


def charges_enabled(account_id: str) -> bool:
    """Whether an account can take money now."""
    account = ask(lambda: stripe().v1.accounts.retrieve(account_id))
    return bool(account.charges_enabled)
