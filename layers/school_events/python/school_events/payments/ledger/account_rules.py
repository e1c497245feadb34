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

    One below zero came the other way: from the bank, for a balance that was overdrawn by refunds or disputes
    (https://support.stripe.com/questions/what-happens-when-i-have-a-negative-balance).

    Args:
        account_id: the school's account at Stripe.
        payout_id: Stripe's ``po_…``.
        pence: as Stripe says; not zero.
        now: the present instant, UTC.
    """
    left = pence > 0
    return LedgerEntry(
        key=f"payout:{payout_id}",
        at=now,
        kind=LedgerKind.PAYOUT,
        debit=LedgerAccount.BANK if left else _BALANCE,
        credit=_BALANCE if left else LedgerAccount.BANK,
        amount=pounds(abs(pence)),
        stripe_id=payout_id,
        stripe_account=account_id,
    )


def payout_failed_entry(account_id: str, payout_id: str, pence: int, now: datetime) -> LedgerEntry:
    """What a payout enters that the bank sent back: all is as before it; the arguments as above."""
    left = pence > 0
    return LedgerEntry(
        key=f"payout_failed:{payout_id}",
        at=now,
        kind=LedgerKind.PAYOUT_FAILED,
        debit=_BALANCE if left else LedgerAccount.BANK,
        credit=LedgerAccount.BANK if left else _BALANCE,
        amount=pounds(abs(pence)),
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
