"""Connected accounts at Stripe and their onboarding."""

from datetime import UTC, datetime

from school_events.core.context import Context
from school_events.payments.accounts.model import AccountSnapshot, StripeAccount
from school_events.payments.stripe_client import ask, stripe


def create_account(ctx: Context, instead_of: str | None = None) -> str:
    """A connected account for the school; asked again it is the same one.

    Args:
        ctx: the moment, of whose.
        instead_of: the account the school has disconnected, if it had one.
    """
    key = f"account:{ctx.school_id}" if instead_of is None else f"account:{ctx.school_id}:{instead_of}"
    account = ask(
        ctx,
        lambda: stripe().v1.accounts.create(
            params={"type": "standard", "country": "GB", "metadata": {"school_id": ctx.school_id}},
            options={"idempotency_key": key},
        ),
    )
    return account.id


def onboarding_url(ctx: Context, account: StripeAccount, return_url: str) -> str:
    """Where the school completes its account with Stripe; good for a few minutes."""
    link = ask(
        ctx,
        lambda: stripe().v1.account_links.create(
            params={
                "account": account.account_id,
                "type": "account_onboarding",
                "refresh_url": return_url,
                "return_url": return_url,
            }
        ),
    )
    return link.url


def find_account(ctx: Context, account_id: str) -> AccountSnapshot:
    """What an account can do now, and how much Stripe still wants to know; of whom is not looked at.

    Raises:
        AccountLeft: we may not act for it any more.
        TryAgain: Stripe did not answer.
    """
    account = ask(ctx, lambda: stripe().v1.accounts.retrieve(account_id)).to_dict()
    wanted = account.get("requirements") or {}
    by = wanted.get("current_deadline")
    return AccountSnapshot(
        charges_enabled=bool(account["charges_enabled"]),
        payouts_enabled=bool(account["payouts_enabled"]),
        missing=len({*(wanted.get("currently_due") or ()), *(wanted.get("past_due") or ())}),
        needed_by=datetime.fromtimestamp(by, UTC) if by else None,
    )
