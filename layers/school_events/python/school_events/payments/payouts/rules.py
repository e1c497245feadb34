"""What becomes of a payout, and what it is made of: pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from school_events.payments.ledger import account_rules
from school_events.payments.ledger.mirroring import Mirror, Movement, Subject, on_balance
from school_events.payments.ledger.model import LedgerEntry
from school_events.payments.payouts.model import Payout, PayoutLine, PayoutShare, PayoutSnapshot, PayoutState

RETURNED = frozenset({PayoutState.FAILED, PayoutState.CANCELED})
"""The states of a payout whose money is in the balance again."""


_FOLLOWED_FOR = timedelta(days=40)
"""A payout that was not itemised by then was made by hand, and never is."""


def is_over(payout: Payout, now: datetime) -> bool:
    """Whether nothing more is to be learnt of a payout: it arrived or came back, and is itemised or never will be."""
    if payout.created_at + _FOLLOWED_FOR < now:
        return True
    return payout.itemised and payout.state in {PayoutState.PAID, *RETURNED}


def brought_up_to_date(before: Payout | None, snapshot: PayoutSnapshot, account_id: str) -> Payout:
    """The payout as Stripe shows it; the same as before if nothing moved.

    Args:
        before: as we knew it, if we did.
        snapshot: what Stripe says now.
        account_id: the school's account it left.
    """
    told = {
        "amount": snapshot.amount,
        "state": snapshot.state,
        "arrives_on": snapshot.arrives_on,
        "failure": snapshot.failure,
    }
    if before is not None:
        return before.model_copy(update=told)
    return Payout(id=snapshot.id, account_id=account_id, created_at=snapshot.created_at, **told)


def entries_of(before: Payout | None, after: Payout, now: datetime) -> tuple[LedgerEntry, ...]:
    """What is new of a payout in the ledger: that it left, and that it came back."""
    pence = after.amount.amount
    found = []
    if before is None:
        found.append(account_rules.payout_entry(after.account_id, after.id, pence, now))
    if after.state in RETURNED and (before is None or before.state not in RETURNED):
        found.append(account_rules.payout_failed_entry(after.account_id, after.id, pence, now))
    return tuple(found)


def line_of(moved: Movement, by_subject: Mapping[Subject, Sequence[LedgerEntry]]) -> PayoutLine:
    """What the ledger knows of one movement that was paid out.

    Args:
        moved: Stripe's.
        by_subject: the entries that touch the balance.
    """
    entries = _entries_of(moved, by_subject)
    parts = tuple(PayoutShare(event_id=one.event_id, kind=one.kind, pence=on_balance(one)) for one in entries)
    missing = moved.net - sum(part.pence for part in parts)
    if missing:
        parts = (*parts, PayoutShare(pence=missing))
    return PayoutLine(
        transaction_id=moved.id,
        source=moved.source,
        moved_at=moved.at,
        payment_id=next((one.payment_id for one in entries if one.payment_id), None),
        pence=moved.net,
        parts=parts,
    )


def _entries_of(moved: Movement, by_subject: Mapping[Subject, Sequence[LedgerEntry]]) -> Sequence[LedgerEntry]:
    """The entries of one movement; where an object moved twice for one reason, those that name the movement."""
    itself = by_subject.get((moved.id, Mirror.OTHER))
    if itself:
        return itself
    found = by_subject.get((moved.source, moved.mirror), ())
    if sum(on_balance(one) for one in found) == moved.net:
        return found
    return [one for one in found if moved.id in one.key]


def shares_of(lines: Iterable[PayoutLine]) -> tuple[PayoutShare, ...]:
    """What lines come to by event and kind, in an order of its own; what comes to nothing is left out."""
    sums: Counter[tuple[str, str]] = Counter()
    kinds = {}
    for line in lines:
        for part in line.parts:
            key = (part.event_id or "", part.kind or "")
            kinds[key] = part
            sums[key] += part.pence
    return tuple(kinds[key].model_copy(update={"pence": sums[key]}) for key in sorted(sums) if sums[key])


def is_explained(shares: Iterable[PayoutShare]) -> bool:
    """Whether the ledger can say of every penny what it was for."""
    return all(share.kind is not None for share in shares)
