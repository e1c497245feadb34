"""What a dispute does to its payment and the ledger: pure.

Money a bank takes back is neither income nor gone until it is decided: it stands on an account of its own. Lost, it is
taken from the income of what was paid for, in proportion to what is left of each line.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from school_events.core.money import pounds
from school_events.payments import rules
from school_events.payments.disputes.model import Dispute, DisputeMovement, DisputeSnapshot, DisputeState, LostPart
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind
from school_events.payments.ledger.rules import only_event_of
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
    lost = pounds(_lost(snapshot))
    return known.model_copy(
        update={
            "amount": snapshot.amount,
            "state": snapshot.state,
            "respond_by": None if is_decided else snapshot.respond_by,
            "entered": tuple(moved.id for moved in snapshot.movements),
            "lost": lost,
            "parts": known.parts if lost == known.lost else _parts(payment, known, lost.amount),
            "decided_at": (known.decided_at or now) if is_decided else None,
        }
    )


def _lost(snapshot: DisputeSnapshot) -> int:
    """What a lost dispute took and did not give back, in pence: Stripe calls one that is won in part lost, too.

    https://support.stripe.com/questions/dispute-for-full-charge-amount-after-a-partial-refund-was-issued
    """
    if snapshot.state is not DisputeState.LOST:
        return 0
    return max(-sum(moved.amount for moved in snapshot.movements), 0)


def _parts(payment: Payment, dispute: Dispute, pence: int) -> tuple[LostPart, ...]:
    """Who bears a loss: the lines; of what is more than they had, and of money that is not to be kept, none of them."""
    lines = _without(payment.lines, dispute.parts) if is_of_its_charge(dispute, payment) else ()
    borne = shares(lines, pence)
    found = {**borne, "": pence - sum(borne.values())}
    return tuple(LostPart(line=key, amount=pounds(share)) for key, share in found.items() if share)


def _without(lines: Sequence[PaymentLine], parts: Iterable[LostPart]) -> tuple[PaymentLine, ...]:
    return _bearing(lines, {part.line: -part.amount.amount for part in parts})


def _bearing(lines: Sequence[PaymentLine], more: Mapping[str, int]) -> tuple[PaymentLine, ...]:
    """Lines of which so much more was lost, in pence by their keys."""
    return tuple(line.model_copy(update={"lost": line.lost + pounds(more.get(line.key, 0))}) for line in lines)


def _change_of_parts(before: Dispute | None, after: Dispute) -> dict[str, int]:
    """By how much more each line bears than before, in pence by its key; below zero if it has money back."""
    change = Counter({part.line: part.amount.amount for part in after.parts})
    change.subtract({part.line: part.amount.amount for part in (before.parts if before else ())})
    return {key: pence for key, pence in change.items() if pence}


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
    more = _change_of_parts(before, after)
    moved = payment.model_copy(
        update={
            "disputes": (*others, after.id) if after.state is DisputeState.OPEN else others,
            "lost": payment.lost + pounds(sum(more.values())),
            "lines": _bearing(payment.lines, more),
        }
    )
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
        """What was lost leaves the income it was; what turned out not to be lost comes back to where it was."""
        # A bank may think again, and again: the version tells the times apart.
        key = f"{self.dispute.id}:{before.version if before else 0}"
        for line_key, pence in _change_of_parts(before, self.dispute).items():
            if not line_key:
                yield self._entry(LedgerKind.DISPUTE_LOST, key, _from(LedgerAccount.SUSPENSE, pence), abs(pence))
                continue
            line = rules.line_of(self.payment, line_key)
            sides = _from(LedgerAccount.EVENT_INCOME, pence)
            entry = self._entry(LedgerKind.DISPUTE_LOST, f"{key}:{line_key}", sides, abs(pence))
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
            listed_with=only_event_of(self.payment),
        )


def _from(account: LedgerAccount, lost: int) -> tuple[LedgerAccount, LedgerAccount]:
    """Debit and credit of what is lost from an account; the other way round if it is lost no more."""
    return (account, LedgerAccount.DISPUTED) if lost > 0 else (LedgerAccount.DISPUTED, account)


def shares(lines: Sequence[PaymentLine], pence: int) -> dict[str, int]:
    """How much of a loss each line bears, by its key, together no more than was paid for them by card.

    First in proportion to what is left of each of what came by card, which is what a bank takes back; what went back
    already bears only what is more than that.

    Args:
        lines: of the payment.
        pence: what was lost.
    """
    cards = {line.key: (line.amount - line.received - line.lost).amount for line in lines}
    left = {line.key: max(cards[line.key] - line.back.amount, 0) for line in lines}
    first = pro_rata(min(pence, sum(left.values())), left)
    gone = {key: max(cards[key] - first[key], 0) for key in cards}
    then = pro_rata(min(pence - sum(first.values()), sum(gone.values())), gone)
    return {key: first[key] + then[key] for key in cards}
