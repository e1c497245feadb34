"""How the ledger's entries and Stripe's balance transactions correspond: pure (PAYMENTS.md 8).

A balance transaction names the object it moved for and why; so does every entry that touches ``STRIPE_BALANCE``. What
both say of one object and one reason must be the same, to the penny, the fee beside the amount.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind


class Mirror(StrEnum):
    """Why money moved in a school's balance at Stripe."""

    CHARGE = "charge"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"
    PAYOUT = "payout"
    PAYOUT_FAILED = "payout_failed"
    OTHER = "other"


@dataclass(frozen=True)
class Movement:
    """One of Stripe's balance transactions.

    Args:
        id: Stripe's ``txn_…``.
        mirror: why it moved.
        source: the charge, refund, dispute or payout it moved for; the transaction itself if it names none.
        amount: in pence, below zero when it left the balance.
        fee: what Stripe kept of it, in pence; below zero when it gave a fee back.
        at: when, UTC.
        payment_id: the payment a charge names in its metadata; what moved for anything else names none itself.
    """

    id: str
    mirror: Mirror
    source: str
    amount: int
    fee: int
    at: datetime
    payment_id: str | None = None

    @property
    def net(self) -> int:
        """What it did to the balance, in pence."""
        return self.amount - self.fee


type Subject = tuple[str, Mirror]
"""What moved and why: a Stripe id with the reason."""


@dataclass(frozen=True)
class Effect:
    """What happened to the balance: the amount in pence, and what Stripe kept of it."""

    amount: int = 0
    fee: int = 0


@dataclass(frozen=True)
class Discrepancy:
    """What Stripe and the ledger say differently of one subject."""

    source: str
    mirror: Mirror
    stripe: Effect
    ledger: Effect


_BY_TYPE = {
    "charge": Mirror.CHARGE,
    "payment": Mirror.CHARGE,
    "refund": Mirror.REFUND,
    "payment_refund": Mirror.REFUND,
    "refund_failure": Mirror.REFUND_FAILED,
    "payout": Mirror.PAYOUT,
    "payout_failure": Mirror.PAYOUT_FAILED,
    "payout_cancel": Mirror.PAYOUT_FAILED,
}
_BY_CATEGORY = {"dispute": Mirror.DISPUTE, "dispute_reversal": Mirror.DISPUTE_WON}
_BY_KIND = {
    LedgerKind.CHARGE: Mirror.CHARGE,
    LedgerKind.FEE: Mirror.CHARGE,
    LedgerKind.REFUND: Mirror.REFUND,
    LedgerKind.REFUND_FAILED: Mirror.REFUND_FAILED,
    LedgerKind.DISPUTE: Mirror.DISPUTE,
    LedgerKind.DISPUTE_FEE: Mirror.DISPUTE,
    LedgerKind.DISPUTE_WON: Mirror.DISPUTE_WON,
    LedgerKind.DISPUTE_FEE_BACK: Mirror.DISPUTE_WON,
    LedgerKind.PAYOUT: Mirror.PAYOUT,
    LedgerKind.PAYOUT_FAILED: Mirror.PAYOUT_FAILED,
}
_FEES = frozenset({LedgerKind.FEE, LedgerKind.DISPUTE_FEE, LedgerKind.DISPUTE_FEE_BACK})


def mirror_of(kind: str, category: str) -> Mirror:
    """Why a balance transaction moved, from its type and its reporting category.

    https://docs.stripe.com/reports/balance-transaction-types
    """
    return _BY_TYPE.get(kind) or _BY_CATEGORY.get(category, Mirror.OTHER)


def on_balance(entry: LedgerEntry) -> int:
    """What an entry does to the school's balance at Stripe, in pence; nothing if the money was never there."""
    came = entry.amount.amount if entry.debit is LedgerAccount.STRIPE_BALANCE else 0
    return came - (entry.amount.amount if entry.credit is LedgerAccount.STRIPE_BALANCE else 0)


def subject_of(entry: LedgerEntry) -> Subject | None:
    """What at Stripe an entry corresponds to; none if it does not touch the balance there."""
    if entry.stripe_id is None or not on_balance(entry):
        return None
    return entry.stripe_id, _BY_KIND.get(entry.kind, Mirror.OTHER)


def entered(entries: Iterable[LedgerEntry]) -> dict[Subject, Effect]:
    """What entries say happened to the balance, by subject."""
    found: dict[Subject, Effect] = {}
    for entry in entries:
        subject = subject_of(entry)
        if subject is not None:
            before = found.get(subject, Effect())
            moved = on_balance(entry)
            found[subject] = (
                Effect(before.amount, before.fee - moved)
                if entry.kind in _FEES
                else Effect(before.amount + moved, before.fee)
            )
    return found


def told(movements: Iterable[Movement], known: dict[Subject, Effect]) -> dict[Subject, Effect]:
    """What Stripe says happened to the balance, by subject.

    Args:
        movements: Stripe's.
        known: what is in the ledger: a movement that is entered as none of ours stands for itself.
    """
    found: dict[Subject, Effect] = {}
    for moved in movements:
        itself = (moved.id, Mirror.OTHER)
        if itself in known:
            found[itself] = Effect(moved.net)
            continue
        subject = (moved.source, moved.mirror)
        before = found.get(subject, Effect())
        found[subject] = Effect(before.amount + moved.amount, before.fee + moved.fee)
    return found


def compare(movements: Iterable[Movement], entries: Iterable[LedgerEntry]) -> Iterator[Discrepancy]:
    """Where Stripe and the ledger differ, subject by subject, in an order of its own.

    Args:
        movements: all of Stripe's of the subjects that are compared.
        entries: all of the ledger's of them.
    """
    ours = entered(entries)
    theirs = told(movements, ours)
    for subject in sorted(ours.keys() | theirs.keys()):
        stripe, ledger = theirs.get(subject, Effect()), ours.get(subject, Effect())
        if stripe != ledger:
            yield Discrepancy(*subject, stripe, ledger)


def entries_by_subject(entries: Iterable[LedgerEntry]) -> dict[Subject, list[LedgerEntry]]:
    """The entries that touch the balance at Stripe, by subject."""
    found: dict[Subject, list[LedgerEntry]] = {}
    for entry in entries:
        subject = subject_of(entry)
        if subject is not None:
            found.setdefault(subject, []).append(entry)
    return found
