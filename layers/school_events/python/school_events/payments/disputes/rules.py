"""What a dispute does to its payment and the ledger: pure.

Money a bank takes back is neither income nor gone until it is decided: it stands on an account of its own. Lost, it is
taken from the income of what was paid for, in proportion to what is left of each line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from school_events.core.money import NOTHING, pounds
from school_events.payments import rules
from school_events.payments.disputes.model import Dispute, DisputeMovement, DisputeSnapshot, DisputeState
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind
from school_events.payments.model import Payment, PaymentLine
from school_events.payments.sharing import pro_rata

NEWS = {
    DisputeState.INQUIRY: "dispute.inquired",
    DisputeState.OPEN: "dispute.opened",
    DisputeState.WON: "dispute.won",
    DisputeState.LOST: "dispute.lost",
    DisputeState.CLOSED: "dispute.closed",
}
"""The actions by which others hear of a dispute: it has come to a state."""

UNDECIDED = frozenset({DisputeState.INQUIRY, DisputeState.OPEN})
"""The states in which somebody still has to answer the bank, or wait for it."""


def brought_up_to_date(
    before: Dispute | None, snapshot: DisputeSnapshot, payment: Payment, account_id: str, now: datetime
) -> Dispute:
    """The dispute as Stripe shows it; the same as before if nothing moved.

    Args:
        before: as we knew it, if we did.
        snapshot: what Stripe says now.
        payment: what is disputed.
        account_id: the school's account it is on.
        now: the present instant, UTC.
    """
    known = before or _new(snapshot, payment, account_id, now)
    is_decided = snapshot.state not in UNDECIDED
    return known.model_copy(
        update={
            "amount": snapshot.amount,
            "state": snapshot.state,
            "respond_by": None if is_decided else snapshot.respond_by,
            "entered": tuple(moved.id for moved in snapshot.movements),
            "lost": snapshot.amount if snapshot.state is DisputeState.LOST else NOTHING,
            "decided_at": (known.decided_at or now) if is_decided else None,
        }
    )


def _new(snapshot: DisputeSnapshot, payment: Payment, account_id: str, now: datetime) -> Dispute:
    return Dispute(
        id=snapshot.id,
        account_id=account_id,
        charge_id=snapshot.charge_id,
        payment_id=payment.id,
        amount=snapshot.amount,
        reason=snapshot.reason,
        state=snapshot.state,
        respond_by=None,
        opened_at=now,
    )


def is_of_its_charge(dispute: Dispute, payment: Payment) -> bool:
    """Whether what is disputed is what paid the payment, and not money that came twice and is on its way back."""
    return payment.charge_id == dispute.charge_id


def payment_after(payment: Payment, before: Dispute | None, after: Dispute) -> Payment:
    """The payment while its bank keeps the money, once it was lost, and when it is back."""
    if not is_of_its_charge(after, payment):
        return payment
    others = tuple(one for one in payment.disputes if one != after.id)
    lost = payment.lost - (before.lost if before else NOTHING) + after.lost
    disputes = (*others, after.id) if after.state is DisputeState.OPEN else others
    moved = payment.model_copy(update={"disputes": disputes, "lost": lost})
    return moved.model_copy(update={"state": rules.state_with_money(moved)})


def entries_of(
    payment: Payment, before: Dispute | None, after: Dispute, snapshot: DisputeSnapshot, now: datetime
) -> tuple[LedgerEntry, ...]:
    """What is new of a dispute in the ledger: money that moved at Stripe, and what was lost or is lost no more.

    Args:
        payment: what is disputed.
        before: the dispute as we knew it, if we did.
        after: as it is now.
        snapshot: with what it moved.
        now: the present instant, UTC.
    """
    page = _Page(payment, after, now)
    known = before.entered if before else ()
    moved = [entry for one in snapshot.movements if one.id not in known for entry in page.moved(one)]
    return (*moved, *page.decided(before))


@dataclass(frozen=True)
class _Page:
    """Where the entries of one dispute are written."""

    payment: Payment
    dispute: Dispute
    now: datetime

    def moved(self, moved: DisputeMovement) -> Iterator[LedgerEntry]:
        """A movement of Stripe's balance, its fee on its own."""
        stripe, kept, fees = LedgerAccount.STRIPE_BALANCE, LedgerAccount.DISPUTED, LedgerAccount.STRIPE_FEES
        if moved.amount < 0:
            yield self._entry(LedgerKind.DISPUTE, moved.id, (kept, stripe), -moved.amount)
        elif moved.amount > 0:
            yield self._entry(LedgerKind.DISPUTE_WON, moved.id, (stripe, kept), moved.amount)
        if moved.fee > 0:
            yield self._entry(LedgerKind.DISPUTE_FEE, moved.id, (fees, stripe), moved.fee)
        elif moved.fee < 0:
            yield self._entry(LedgerKind.DISPUTE_FEE_BACK, moved.id, (stripe, fees), -moved.fee)

    def decided(self, before: Dispute | None) -> Iterator[LedgerEntry]:
        """What was lost leaves the income it was; what turned out not to be lost comes back to it."""
        lost = self.dispute.lost.amount - (before.lost.amount if before else 0)
        # A bank may think again, and again: the version tells the times apart.
        key = f"{self.dispute.id}:{before.version if before else 0}"
        if not lost:
            return
        if not is_of_its_charge(self.dispute, self.payment):
            yield self._entry(LedgerKind.DISPUTE_LOST, key, _from(LedgerAccount.SUSPENSE, lost), abs(lost))
            return
        borne = shares(self.payment.lines, abs(lost))
        for line in self.payment.lines:
            if borne[line.key]:
                sides = _from(LedgerAccount.EVENT_INCOME, lost)
                entry = self._entry(LedgerKind.DISPUTE_LOST, f"{key}:{line.key}", sides, borne[line.key])
                yield entry.model_copy(update={"event_id": line.event_id, "reference": line.reference})

    def _entry(self, kind: LedgerKind, key: str, sides: tuple[LedgerAccount, LedgerAccount], pence: int) -> LedgerEntry:
        debit, credit = sides
        return LedgerEntry(
            key=f"{kind}:{key}",
            at=self.now,
            kind=kind,
            debit=debit,
            credit=credit,
            amount=pounds(pence),
            payment_id=self.payment.id,
            payer=self.payment.payer_alias,
            stripe_id=self.dispute.id,
            stripe_account=self.dispute.account_id,
        )


def _from(account: LedgerAccount, lost: int) -> tuple[LedgerAccount, LedgerAccount]:
    """Debit and credit of what is lost from an account; the other way round if it is lost no more."""
    return (account, LedgerAccount.DISPUTED) if lost > 0 else (LedgerAccount.DISPUTED, account)


def shares(lines: Sequence[PaymentLine], pence: int) -> dict[str, int]:
    """How much of a loss each line bears, by its key: in proportion to what is left of it, or to its amount.

    Of what went back already a line bears nothing, unless too little is left of all.

    Args:
        lines: of the payment.
        pence: what was lost.
    """
    amounts = {line.key: line.amount.amount for line in lines}
    left = {line.key: line.amount.amount - line.back.amount for line in lines}
    return pro_rata(pence, left if sum(left.values()) >= pence else amounts)
