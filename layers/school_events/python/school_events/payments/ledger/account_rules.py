"""What a school's account at Stripe enters in the ledger besides payments: payouts, and what is not School Events'."""

from collections.abc import Iterable
from datetime import datetime

from school_events.core.money import pounds
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind

_BALANCE = LedgerAccount.STRIPE_BALANCE


def keys_of(stripe_ids: Iterable[str]) -> list[str]:
    """The keys of the entries below that things at Stripe can have."""
    return [f"{kind}:{one}" for one in sorted(stripe_ids) for kind in ("payout", "payout_failed", "elsewhere")]


def payout_entry(account_id: str, payout_id: str, pence: int, now: datetime) -> LedgerEntry:
    """What a payout enters: it left Stripe for the school's bank.

    Args:
        account_id: the school's account at Stripe.
        payout_id: Stripe's ``po_…``.
        pence: above zero.
        now: the present instant, UTC.
    """
    return LedgerEntry(
        key=f"payout:{payout_id}",
        at=now,
        kind=LedgerKind.PAYOUT,
        debit=LedgerAccount.BANK,
        credit=_BALANCE,
        amount=pounds(pence),
        stripe_id=payout_id,
        stripe_account=account_id,
    )


def payout_failed_entry(account_id: str, payout_id: str, pence: int, now: datetime) -> LedgerEntry:
    """What a payout enters that the bank sent back: it is at Stripe again; the arguments as above."""
    return LedgerEntry(
        key=f"payout_failed:{payout_id}",
        at=now,
        kind=LedgerKind.PAYOUT_FAILED,
        debit=_BALANCE,
        credit=LedgerAccount.BANK,
        amount=pounds(pence),
        stripe_id=payout_id,
        stripe_account=account_id,
    )


def elsewhere_entry(account_id: str, transaction_id: str, net: int, now: datetime) -> LedgerEntry:
    """What a movement enters that School Events has no part in, so that the balance stays Stripe's.

    Args:
        account_id: the school's account at Stripe.
        transaction_id: Stripe's balance transaction ``txn_…``.
        net: what it did to the balance, in pence, fees taken off; not zero.
        now: the present instant, UTC.
    """
    came = net > 0
    return LedgerEntry(
        key=f"elsewhere:{transaction_id}",
        at=now,
        kind=LedgerKind.ELSEWHERE,
        debit=_BALANCE if came else LedgerAccount.ELSEWHERE,
        credit=LedgerAccount.ELSEWHERE if came else _BALANCE,
        amount=pounds(abs(net)),
        stripe_id=transaction_id,
        stripe_account=account_id,
    )
