"""What of a payment tells who paid, taken out of it; the money, its lines and its numbers at Stripe stay (H2)."""

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Key, Transaction
from school_events.core.errors import StaleVersion
from school_events.payments import store
from school_events.payments.model import Payment
from school_events.payments.receipts import store as receipts
from school_events.payments.refunds.store import RefundItem, refunds_of_payment

_ACTION = "payment.anonymised"


def replace_payer(ctx: Context, payment: Payment, payer_id: str, *, taken_over: bool = False) -> None:
    """Let somebody else stand for who pays; broken off anywhere, doing it again goes on.

    The stamps of the payment and its refunds, which may name who did something, are made anew, and what staff wrote
    on receipts goes, which may name somebody. Each is written by itself, since together they may be more than a
    transaction takes; the payment last, since it says that it is done. The ledger names the payer by alias, whose
    mapping goes with the person.

    Args:
        ctx: the moment; its actor is who the new stamps name.
        payment: as it was read.
        payer_id: a random id, or the contact who takes over.
        taken_over: whether it is a contact: the same person, of whom what staff wrote is still to be matched.

    Raises:
        StaleVersion: the payment, a refund or a receipt of it has changed meanwhile.
    """
    for refund in refunds_of_payment(ctx.school_id, payment.id):
        if refund.change.actor_kind == "contact":
            transaction = Transaction(ctx)
            transaction.update(
                Key(RefundItem, refund.pk, refund.sk),
                [RefundItem.change.set(stamp(ctx, _ACTION))],
                RefundItem.state == refund.state,
                refusal=StaleVersion(),
            )
            transaction.commit()
    for receipt in () if taken_over else receipts.of_payment(ctx.school_id, payment.id):
        if receipt != receipt.without_words():
            transaction = Transaction(ctx)
            receipts.replace(transaction, ctx, receipt, receipt.without_words(), stamp(ctx, _ACTION))
            transaction.commit()
    transaction = Transaction(ctx)
    store.replace(transaction, ctx, payment, payment.model_copy(update={"payer_id": payer_id}), stamp(ctx, _ACTION))
    transaction.commit()
