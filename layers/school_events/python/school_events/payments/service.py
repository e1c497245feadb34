"""Use cases of money that know nothing of what is bought."""

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion
from school_events.core.money import NOTHING, Money
from school_events.payments import gateway, rules, store
from school_events.payments.model import CheckoutSnapshot, Payment, PaymentLine, PaymentState


def ask_for(ctx: Context, payer_id: str, lines: tuple[PaymentLine, ...]) -> Payment:
    """A payment to be written with what it pays for; nothing is written here.

    Args:
        ctx: the moment.
        payer_id: the contact who is to pay.
        lines: what for.
    """
    return Payment(
        id=ctx.new_id("payment"),
        payer_id=payer_id,
        lines=lines,
        amount=rules.total(lines),
        state=PaymentState.CREATED,
        refunded=NOTHING,
        created_at=ctx.now,
    )


def ensure_session(ctx: Context, payment: Payment) -> Payment:
    """The begun payment with Stripe's page known, asking Stripe for it if need be.

    A crash between Stripe's answer and our write is harmless: the idempotency key gives the same page again.

    Raises:
        gateway.NotOpened: Stripe has no such page and opens none.
        TryAgain: Stripe did not answer.
    """
    if payment.checkout is None or payment.checkout.session_id is not None:
        return payment
    snapshot = gateway.create_session(ctx.school_id, payment)
    transaction = Transaction(ctx)
    known = store.replace(
        transaction, ctx, payment, rules.with_session(payment, snapshot), stamp(ctx, "payment.session_opened")
    )
    try:
        transaction.commit()
    except StaleVersion:
        return store.find_payment(ctx.school_id, payment.id)
    return known


def still_paid(school_id: str, payment_id: str, line: str) -> Money:
    """What was paid for a line of a payment and has not gone back, nor is to (read strongly).

    Raises:
        NotFound: there is no such payment.
    """
    payment = store.find_payment(school_id, payment_id)
    return rules.still_paid(payment, rules.line_of(payment, line))


def look_at_stripe(payment: Payment) -> CheckoutSnapshot | None:
    """What Stripe says of a payment now; None if its page was never opened."""
    if payment.checkout is None or payment.checkout.session_id is None:
        return None
    return gateway.find_session(payment.checkout.account_id, payment.checkout.session_id)
