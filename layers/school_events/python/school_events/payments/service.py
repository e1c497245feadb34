"""Use cases of money that know nothing of what is bought."""

from typing import Literal

from school_events.core import settings
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import PaymentsNotReady, StaleVersion
from school_events.core.money import NOTHING, Money
from school_events.payments import gateway, rules, store
from school_events.payments.model import (
    CheckoutSnapshot,
    Payment,
    PaymentLine,
    PaymentState,
    Refund,
    RefundState,
    StripeAccount,
)

RefundReason = Literal["late", "called_off", "cancelled"]
"""Why money of a line goes back: it came late, what it was for does not take place, or who had it gave it up."""


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


def connected_account(school_id: str) -> StripeAccount:
    """The school's Stripe account, whatever its state.

    Raises:
        PaymentsNotReady: there is none.
    """
    account = store.find_account(school_id)
    if account is None:
        raise PaymentsNotReady
    return account


def ready_account(school_id: str) -> StripeAccount:
    """The school's Stripe account, able to take money.

    Raises:
        PaymentsNotReady: there is none, or it is not enabled.
    """
    account = connected_account(school_id)
    if not account.charges_enabled:
        raise PaymentsNotReady
    return account


def ensure_session(ctx: Context, payment: Payment) -> Payment:
    """The begun payment with Stripe's page known, asking Stripe for it if need be.

    A crash between Stripe's answer and our write is harmless: the idempotency key gives the same page again.

    Raises:
        gateway.NotOpened: Stripe has no such page and opens none.
        TryAgain: Stripe did not answer.
    """
    if payment.checkout is None or payment.checkout.session_id is not None:
        return payment
    account = connected_account(ctx.school_id)
    snapshot = gateway.create_session(account.account_id, ctx.school_id, payment)
    transaction = Transaction(ctx)
    known = store.replace(
        transaction, ctx, payment, rules.with_session(payment, snapshot), stamp(ctx, "payment.session_opened")
    )
    try:
        transaction.commit()
    except StaleVersion:
        return store.find_payment(ctx.school_id, payment.id)
    return known


def look_at_stripe(ctx: Context, payment: Payment) -> CheckoutSnapshot | None:
    """What Stripe says of a payment now; None if its page was never opened."""
    if payment.checkout is None or payment.checkout.session_id is None:
        return None
    account = connected_account(ctx.school_id)
    return gateway.find_session(account.account_id, payment.checkout.session_id)


def make_refund(ctx: Context, payment: Payment, refund: Refund) -> None:
    """Make a refund that is written down; one at Stripe however often asked (PAYMENTS.md 6).

    A crash at any point is made good by calling it again.

    Args:
        ctx: the moment.
        payment: paid.
        refund: a part of it, as last read.
    """
    if refund.state is RefundState.MADE:
        return
    account = connected_account(ctx.school_id)
    stripe_id = gateway.create_refund(account.account_id, ctx.school_id, payment, refund)
    made = refund.model_copy(update={"state": RefundState.MADE, "stripe_id": stripe_id})
    change = stamp(ctx, "payment.refunded")
    transaction = Transaction(ctx)
    transaction.put(
        store.refund_item(ctx, made, change),
        store.RefundItem.state == RefundState.ASKED.value,
        refusal=StaleVersion(),
    )
    store.replace(transaction, ctx, payment, rules.refunded(payment, refund.amount), change)
    store.enter(transaction, ctx, rules.refund_entry(payment, refund, stripe_id, ctx.now))
    transaction.commit()


def refund_id(why: RefundReason, reference: str) -> str:
    """Names the one refund a line can have for a reason."""
    return f"{why}-{reference}"


def still_paid(school_id: str, payment_id: str, reference: str) -> Money:
    """What was paid for a line of a payment and has not gone back (read strongly).

    What is only written down to go back counts as gone.

    Raises:
        NotFound: there is no such payment.
    """
    payment = store.find_payment(school_id, payment_id)
    line = next(line for line in payment.lines if line.reference == reference)
    return rules.still_paid(payment, line, [one.record for one in store.refunds_of_payment(school_id, payment_id)])


def ask_refund(
    transaction: Transaction,
    ctx: Context,
    payment_id: str,
    reference: str,
    why: RefundReason,
    amount: Money,
) -> Refund:
    """Write down that money of a line goes back, before Stripe hears of it (PAYMENTS.md 5, 6); until it has, it is due.

    The commit raises :class:`StaleVersion` if that was written down meanwhile.

    Args:
        transaction: the caller's, with the conditions that make it right.
        ctx: the moment.
        payment_id: the payment.
        reference: of the line to give back of.
        why: its money came ``late``, what it was for is ``called_off``, or was ``cancelled`` by who had it.
        amount: how much, above zero and at most what is still there (:func:`still_paid`).
    """
    refund = Refund(
        id=refund_id(why, reference),
        idempotency_key=f"{why}:{reference}",
        payment_id=payment_id,
        reference=reference,
        amount=amount,
        state=RefundState.ASKED,
        asked_at=ctx.now,
    )
    item = store.refund_item(ctx, refund, stamp(ctx, "payment.refund_asked"), by_housekeeping=why != "late")
    transaction.create(item, refusal=StaleVersion())
    return refund


def finish_refund(ctx: Context, refund: Refund) -> None:
    """Make a refund that was written down and not made, because of a crash or because Stripe did not answer.

    Raises:
        StaleVersion: the payment changed meanwhile, perhaps because somebody else made it.
        TryAgain: Stripe did not answer.
    """
    # Read before the refund, as everywhere: a refund not made yet is then not counted in it either.
    payment = store.find_payment(ctx.school_id, refund.payment_id)
    asked = store.find_refund(ctx.school_id, refund.payment_id, refund.id)
    if asked is not None:
        make_refund(ctx, payment, asked)


def connect_school(ctx: Context) -> tuple[StripeAccount, str]:
    """The school's Stripe account, made if there is none, and where the school completes it.

    Returns:
        The account and the address of Stripe's onboarding page.
    """
    account = store.find_account(ctx.school_id)
    if account is None:
        account_id = gateway.create_account(ctx.school_id)
        account = StripeAccount(
            school_id=ctx.school_id, account_id=account_id, charges_enabled=False, created_at=ctx.now
        )
        try:
            store.connect_account(ctx, account)
        except StaleVersion:
            account = store.find_account(ctx.school_id) or account
    return account, gateway.onboarding_url(account, settings.required("APP_URL"))


def refresh_readiness(school_id: str, account_id: str) -> None:
    """Ask Stripe whether a school's account can take money, and note the answer."""
    store.set_readiness(school_id, account_id, charges_enabled=gateway.charges_enabled(account_id))
