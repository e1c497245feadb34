"""Which way money goes back: by card what came by card, from the school's own hands what it received itself (0042)."""

from collections.abc import Iterable
from dataclasses import dataclass

from school_events.core.money import pounds
from school_events.payments.model import PaymentLine
from school_events.payments.refunds.model import Refund, RefundState, RefundTrouble, RefundWay


def left_by_card(line: PaymentLine, rows: Iterable[Refund]) -> int:
    """How much of what came by card for a line nobody has asked back, nor its payer's bank taken, in pence.

    Args:
        line: of a payment whose money came.
        rows: the payment's refunds.
    """
    asked = (row for row in rows if row.line == line.key and row.through is RefundWay.STRIPE)
    claimed = sum(row.amount.amount for row in asked if row.state is not RefundState.FAILED)
    return max((line.amount - line.received - line.lost).amount - claimed, 0)


def split(refund: Refund, line: PaymentLine, rows: Iterable[Refund]) -> list[Refund]:
    """A refund of a line as one for each way its money goes back, first by card.

    Args:
        refund: new.
        line: what it gives back of.
        rows: the payment's other refunds.
    """
    by_card = min(refund.amount.amount, left_by_card(line, rows))
    by_school = refund.amount.amount - by_card
    if not by_school:
        return [refund]
    way = {"through": RefundWay.SCHOOL, "amount": pounds(by_school)}
    if not by_card:
        return [refund.model_copy(update=way)]
    other = refund.model_copy(update=way | {"id": f"{refund.id}-hand"})
    return [refund.model_copy(update={"amount": pounds(by_card)}), other]


@dataclass(frozen=True)
class Fit:
    """What becomes of a refund that was asked for before its payer's bank took money back for good, in pence.

    Args:
        by_card: what can still go back through Stripe.
        by_school: what can go back, and is not at Stripe.
        never: what the payer's bank has given them already.
    """

    by_card: int
    by_school: int
    never: int


def fit(refund: Refund, line: PaymentLine, rows: Iterable[Refund]) -> Fit:
    """How much of a refund is still there, now that a part of its line is lost.

    Args:
        refund: written down and not made.
        line: what it gives back of.
        rows: all refunds of the payment.
    """
    amount = refund.amount.amount
    never = min(max((line.back + line.lost - line.amount).amount, 0), amount)
    by_card = min(amount - never, left_by_card(line, (row for row in rows if row.id != refund.id)))
    return Fit(by_card, amount - never - by_card, never)


def fitted(refund: Refund, parts: Fit) -> list[tuple[Refund | None, Refund]]:
    """A refund cut down to what is there, and new ones beside it for what it cannot give back itself.

    What its bank gave the payer is a refund that has failed: if the bank thinks again, it can be asked for anew. A
    further loss may cut the same refund down once more: what is cut off is named by the time.
    """
    time = refund.refusals + 1
    card = {"refusals": time, "trouble": None}
    ends = (
        ("", parts.by_card, card),
        (f"-hand-over-{time}", parts.by_school, {"through": RefundWay.SCHOOL, "trouble": None}),
        (f"-lost-{time}", parts.never, {"state": RefundState.FAILED, "trouble": RefundTrouble.TAKEN}),
    )
    found: list[tuple[Refund | None, Refund]] = []
    for name, pence, end in ends:
        if pence:
            own = {} if not found else {"id": refund.id + name, "idempotency_key": refund.idempotency_key + name}
            after = refund.model_copy(update=own | end | {"amount": pounds(pence)})
            found.append((None if found else refund, after))
    return found
