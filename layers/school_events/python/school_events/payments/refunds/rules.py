"""What Stripe's word on a refund does to our rows, to the payment and to the ledger: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from school_events.core.money import NOTHING, Money, pounds
from school_events.payments import rules as payment_rules
from school_events.payments.ledger import rules as ledger_rules
from school_events.payments.ledger.model import LedgerEntry
from school_events.payments.model import Payment, PaymentLine
from school_events.payments.refunds.model import Refund, RefundState, RefundTrouble, RefundWay, StripeRefund
from school_events.payments.refunds.ways import left_by_card
from school_events.payments.sharing import pro_rata

KEY_LIFE = timedelta(hours=23)
"""Stripe forgets idempotency keys after 24 hours (https://docs.stripe.com/api/idempotent_requests): then look first."""

ENDS_WITHIN = timedelta(days=46)
"""Stripe lets a refund fail that is under way for 45 days (https://support.stripe.com/questions/fix-your-pending-refund)."""

AFTER_THAT = timedelta(days=7)
"""How often a refund is looked at that waits for longer than that, perhaps for ever: its school has left Stripe."""

_STATES = {"succeeded": RefundState.MADE, "failed": RefundState.FAILED, "canceled": RefundState.FAILED}
"""Stripe's words; any other is a refund under way."""


_HAD_OTHERWISE = frozenset({RefundTrouble.GONE, RefundTrouble.TAKEN})
"""Why a refund failed whose money the payer has nevertheless: they are not told that it does not arrive."""


@dataclass(frozen=True)
class Moved:
    """What a word of Stripe's changes.

    Args:
        payment: afterwards.
        rows: the refunds that changed, as they were (None if new) and as they are.
    """

    payment: Payment
    rows: tuple[tuple[Refund | None, Refund], ...]

    @property
    def gone(self) -> int:
        """By how much the money with the payer has grown, in pence; below zero when some came back."""
        return sum(_gone(after) - _gone(before) for before, after in self.rows)


def is_overdue(refund: Refund, now: datetime) -> bool:
    """Whether a refund waits for longer than one may be under way at Stripe."""
    return now - refund.asked_at >= ENDS_WITHIN


def charged(payment: Payment, refund: Refund) -> tuple[str, str]:
    """The charge at Stripe a refund gives back of, and the account it is on.

    Raises:
        ValueError: nothing was charged.
    """
    charge_id = refund.charge_id or payment.charge_id
    account_id = refund.account_id or dict(charges_of(payment)).get(charge_id or "")
    if account_id is None and payment.checkout is not None:
        account_id = payment.checkout.account_id
    if charge_id is None or account_id is None:
        raise ValueError("nothing was charged")
    return charge_id, account_id


def charges_of(payment: Payment) -> list[tuple[str, str]]:
    """The charges at Stripe that were made for a payment, each with its account; also what is not to be kept."""
    strays = [(one.charge_id, one.account_id) for one in payment.strays]
    if payment.charge_id is None or payment.checkout is None:
        return strays
    return [(payment.charge_id, payment.checkout.account_id), *strays]


def action_of(moved: Moved) -> str:
    """What a change of refunds is called: in the audit log, and for telling who paid, of what does not arrive, too."""
    if moved.gone > 0:
        return "payment.refunded"
    failed_now = (after.trouble for _, after in moved.rows if after.state is RefundState.FAILED)
    if any(trouble not in _HAD_OTHERWISE for trouble in failed_now):
        return "payment.refund_failed"
    return "payment.refund_changed"


def settled(payment: Payment, rows: Sequence[Refund], found: StripeRefund, now: datetime) -> Moved | None:
    """What changes now that Stripe says this of a refund; None if it is no news.

    A refund of ours is known by Stripe's id or, before we have that, by ours in its metadata (scenario 9). One of
    nobody's was made in the dashboard (scenario 10).

    Args:
        payment: whose charge it gives back of.
        rows: all refunds of the payment.
        found: as Stripe has it.
        now: the present instant, UTC.
    """
    own = [row for row in rows if _is_of(row, found)]
    seen = _seen(own, found) if own else _from_dashboard(payment, rows, found, now)
    changed = [(before, after) for before, after in seen if before != after]
    return moved(payment, changed) if changed else None


def moved(payment: Payment, changed: Iterable[tuple[Refund | None, Refund]]) -> Moved:
    """The payment after refunds of it changed: what of its lines is to go back, and what went."""
    changed = tuple(changed)
    after = payment
    for before, now in changed:
        after = _with_line(after, now.line, _asked(now) - _asked(before))
    back = sum(_gone(now) - _gone(before) for before, now in changed if now.line)
    if back:
        after = after.model_copy(update={"refunded": after.refunded + pounds(back)})
        after = after.model_copy(update={"state": payment_rules.state_with_money(after)})
    return Moved(after, changed)


def entries_of(payment: Payment, changed: Iterable[tuple[Refund | None, Refund]], now: datetime) -> list[LedgerEntry]:
    """What changed refunds enter in the ledger: what Stripe's balance shows of them, and no more."""
    entries: list[LedgerEntry] = []
    for before, after in changed:
        if after.was_taken and not (before is not None and before.was_taken):
            entries += _entries(payment, after, now, failed=False)
        if after.was_taken and after.state is RefundState.FAILED:
            entries += _entries(payment, after, now, failed=True)
    return entries


def _entries(payment: Payment, refund: Refund, now: datetime, *, failed: bool) -> Iterable[LedgerEntry]:
    stripe_id = refund.stripe_id or refund.id
    if not refund.line:
        enter = ledger_rules.suspense_kept_entry if failed else ledger_rules.suspense_back_entry
        entry = enter(payment, stripe_id, refund.amount, now)
        return (entry.model_copy(update={"stripe_account": charged(payment, refund)[1]}),)
    enter_lines = ledger_rules.refund_failed_entries if failed else ledger_rules.refund_entries
    return enter_lines(payment, {refund.line: refund.amount}, stripe_id, now)


def failed(refund: Refund, trouble: str) -> Refund:
    """The refund that will never be made, and why."""
    return refund.model_copy(update={"state": RefundState.FAILED, "trouble": trouble})


def _is_of(row: Refund, found: StripeRefund) -> bool:
    if row.stripe_id is not None:
        return row.stripe_id == found.id
    return row.id == found.refund_id and row.amount == found.amount and row.through is RefundWay.STRIPE


def _seen(own: Iterable[Refund], found: StripeRefund) -> list[tuple[Refund | None, Refund]]:
    return [(row, _as_found(row, found)) for row in own]


def _as_found(row: Refund, found: StripeRefund) -> Refund:
    state = _STATES.get(found.status, RefundState.PENDING)
    if _is_older(row, state):
        return row
    trouble = row.trouble if row.state is state else None
    if state is RefundState.FAILED:
        trouble = found.failure or found.status
    return row.model_copy(
        update={
            "state": state,
            "stripe_id": found.id,
            "taken": row.was_taken or found.taken or state is RefundState.MADE,
            "trouble": trouble,
        }
    )


def _is_older(row: Refund, state: RefundState) -> bool:
    """Whether what we know can only have come after that: what failed at Stripe stays so, as does what arrived."""
    if row.state is RefundState.FAILED:
        return row.was_taken or row.stripe_id is not None
    return row.state is RefundState.MADE and state is RefundState.PENDING


def _from_dashboard(
    payment: Payment, rows: Sequence[Refund], found: StripeRefund, now: datetime
) -> list[tuple[Refund | None, Refund]]:
    """Rows for a refund that is none of ours, and refunds that cannot be made any more because of it."""
    shares = _shares(payment, rows, found.amount) if found.charge_id == payment.charge_id else {"": found.amount}
    made = [
        _as_found(_dashboard_row(payment, number, share, found, now), found)
        for number, share in enumerate(shares.items(), 1)
    ]
    new: list[tuple[Refund | None, Refund]] = [(None, row) for row in made]
    if all(row.state is RefundState.FAILED for row in made):
        return new
    return [*new, *_overtaken(payment, rows, shares)]


def _dashboard_row(
    payment: Payment, number: int, share: tuple[str, Money], found: StripeRefund, now: datetime
) -> Refund:
    return Refund(
        id=f"{found.id}-{number}",
        idempotency_key=found.id,
        payment_id=payment.id,
        line=share[0],
        event_id=payment_rules.line_of(payment, share[0]).event_id if share[0] else None,
        amount=share[1],
        state=RefundState.ASKED,
        why="dashboard",
        charge_id=found.charge_id,
        stripe_id=found.id,
        asked_at=now,
    )


def _shares(payment: Payment, rows: Sequence[Refund], amount: Money) -> dict[str, Money]:
    """How a refund of nobody's line is shared out: by what is left of each by card, first of what nobody asked for.

    What is more than the lines had is of none of them.
    """
    unasked = {
        line.key: max(min((line.amount - line.back - line.lost).amount, left_by_card(line, rows)), 0)
        for line in payment.lines
    }
    asked = {line.key: sum(row.amount.amount for row in _waiting(rows, line)) for line in payment.lines}
    first = min(amount.amount, sum(unasked.values()))
    then = min(amount.amount - first, sum(asked.values()))
    shares = {key: pounds(pence + pro_rata(then, asked)[key]) for key, pence in pro_rata(first, unasked).items()}
    rest = pounds(amount.amount - first - then)
    return {key: share for key, share in {**shares, "": rest}.items() if share.amount}


def _waiting(rows: Iterable[Refund], line: PaymentLine) -> list[Refund]:
    """The refunds of a line that Stripe has not made, the latest first."""
    found = [row for row in rows if row.line == line.key and row.state is RefundState.ASKED]
    return sorted((row for row in found if row.through is RefundWay.STRIPE), key=lambda row: row.asked_at, reverse=True)


def _overtaken(
    payment: Payment, rows: Sequence[Refund], shares: Mapping[str, Money]
) -> list[tuple[Refund | None, Refund]]:
    """Refunds whose money somebody gave back otherwise: they fail, the latest first, until the rest fits."""
    found: list[tuple[Refund | None, Refund]] = []
    for line in payment.lines:
        too_much = shares.get(line.key, NOTHING).amount - left_by_card(line, rows)
        for row in _waiting(rows, line):
            if too_much > 0:
                found.append((row, failed(row, RefundTrouble.GONE)))
                too_much -= row.amount.amount
    return found


def _with_line(payment: Payment, key: str, pence: int) -> Payment:
    if not pence or not key:
        return payment
    lines = tuple(
        line.model_copy(update={"back": line.back + pounds(pence)}) if line.key == key else line
        for line in payment.lines
    )
    return payment.model_copy(update={"lines": lines})


def _asked(refund: Refund | None) -> int:
    """What of its line it lays claim to, in pence."""
    return 0 if refund is None or refund.state is RefundState.FAILED else refund.amount.amount


def _gone(refund: Refund | None) -> int:
    return refund.amount.amount if refund is not None and refund.is_gone else 0
