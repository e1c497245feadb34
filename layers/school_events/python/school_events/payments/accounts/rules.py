"""What Stripe's word makes of a school's account, and what the school is told about it: pure."""

from datetime import datetime

from school_events.payments.accounts.model import AccountSnapshot, AccountState, StripeAccount

_OPENINGS = {
    AccountState.INCOMPLETE: "The school cannot take money yet.",
    AccountState.READY: "The school can take money.",
    AccountState.RESTRICTED: "Stripe lets the school take no money for now.",
    AccountState.DISCONNECTED: "The school has disconnected this Stripe account; connect it again, or another one.",
}


def as_stripe_says(account: StripeAccount, snapshot: AccountSnapshot | None, now: datetime) -> StripeAccount:
    """The account as Stripe shows it; the same as before if nothing moved.

    Args:
        account: as we knew it.
        snapshot: what Stripe says; None if we may not act for it any more.
        now: the present instant, UTC.
    """
    if snapshot is None:
        return account.model_copy(update={"charges_enabled": False, "left_at": account.left_at or now})
    return account.model_copy(
        update={
            **snapshot.model_dump(),
            "ready_at": account.ready_at or (now if snapshot.charges_enabled else None),
            "left_at": None,
        }
    )


def advice(account: StripeAccount) -> str:
    """How the connection stands, in plain words; what Stripe wants to know of whom is between it and the school."""
    said = [_OPENINGS[account.state]]
    if account.state is AccountState.DISCONNECTED:
        return said[0]
    if account.missing:
        details = "one more detail" if account.missing == 1 else f"{account.missing} more details"
        said.append(f"Stripe needs {details} of the school{_by(account.needed_by)}.")
    elif not account.charges_enabled:
        said.append("Stripe is looking at the school's details.")
    if account.charges_enabled and not account.payouts_enabled:
        said.append("Stripe pays nothing out to the school's bank for now.")
    return " ".join(said)


def _by(instant: datetime | None) -> str:
    return "" if instant is None else f" by {instant.day} {instant:%B %Y}"
