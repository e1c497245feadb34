"""Which way money goes back: by card what came by card, from the school's own hands what it received itself (0042)."""

from collections.abc import Iterable

from school_events.core.money import pounds
from school_events.payments.model import PaymentLine
from school_events.payments.refunds.model import Refund, RefundState, RefundWay


def left_by_card(line: PaymentLine, rows: Iterable[Refund]) -> int:
    """How much of what came by card for a line nobody has asked back, in pence.

    Args:
        line: of a payment whose money came.
        rows: the payment's refunds.
    """
    asked = (row for row in rows if row.line == line.key and row.through is RefundWay.STRIPE)
    claimed = sum(row.amount.amount for row in asked if row.state is not RefundState.FAILED)
    return max((line.amount - line.received).amount - claimed, 0)


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
