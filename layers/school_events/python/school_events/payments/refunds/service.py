"""Writing refunds down, and making them at Stripe."""

from typing import Literal

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion
from school_events.core.money import Money
from school_events.payments import rules
from school_events.payments import store as payments
from school_events.payments.ledger import rules as ledger_rules
from school_events.payments.ledger import store as ledger
from school_events.payments.refunds import gateway, store
from school_events.payments.refunds.model import Refund, RefundState

RefundReason = Literal["late", "called_off", "cancelled"]


def refund_id(why: RefundReason, line: str) -> str:
    """Names the one refund a line can have for a reason."""
    return f"{why}-{line}"


def ask_refund(
    transaction: Transaction, ctx: Context, payment_id: str, line: str, why: RefundReason, amount: Money
) -> Refund:
    """Write down that money of a line goes back, before Stripe hears of it (PAYMENTS.md 5, 6); until it has, it is due.

    The payment notes it too, under its version: of two who ask at once for the same money one is refused. The commit
    raises :class:`StaleVersion` if the payment changed meanwhile.

    Args:
        transaction: the caller's, with the conditions that make it right.
        ctx: the moment.
        payment_id: the payment.
        line: the key of the line to give back of.
        why: its money came ``late``, what it was for is ``called_off``, or was ``cancelled`` by who had it.
        amount: how much, above zero.

    Raises:
        WrongState: more than is still there.
        NotFound: there is no such payment.
    """
    payment = payments.find_payment(ctx.school_id, payment_id)
    change = stamp(ctx, "payment.refund_asked")
    payments.replace(transaction, ctx, payment, rules.to_go_back(payment, line, amount), change)
    refund = Refund(
        id=refund_id(why, line),
        idempotency_key=f"{why}:{line}",
        payment_id=payment_id,
        line=line,
        amount=amount,
        state=RefundState.ASKED,
        asked_at=ctx.now,
    )
    item = store.refund_item(ctx, refund, change, by_housekeeping=why != "late")
    transaction.create(item, refusal=StaleVersion())
    return refund


def make_refund(ctx: Context, payment_id: str, refund: Refund) -> None:
    """Make a refund that is written down; one at Stripe however often asked (PAYMENTS.md 6).

    A crash at any point is made good by calling it again.

    Args:
        ctx: the moment.
        payment_id: paid.
        refund: a part of it.

    Raises:
        StaleVersion: the payment changed meanwhile, perhaps because somebody else made it.
        TryAgain: Stripe did not answer.
    """
    # The payment is read first: a refund that is not made yet is then not counted in it either.
    payment = payments.find_payment(ctx.school_id, payment_id)
    asked = store.find_refund(ctx.school_id, payment_id, refund.id)
    if asked is None or asked.state is RefundState.MADE:
        return
    stripe_id = gateway.create_refund(ctx.school_id, payment, asked)
    made = asked.model_copy(update={"state": RefundState.MADE, "stripe_id": stripe_id})
    change = stamp(ctx, "payment.refunded")
    transaction = Transaction(ctx)
    transaction.put(
        store.refund_item(ctx, made, change),
        store.RefundItem.state == RefundState.ASKED.value,
        refusal=StaleVersion(),
    )
    payments.replace(transaction, ctx, payment, rules.refunded(payment, asked.amount), change)
    ledger.enter(transaction, ctx, ledger_rules.refund_entry(payment, asked, stripe_id, ctx.now))
    transaction.commit()
