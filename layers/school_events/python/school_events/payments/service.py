"""Use cases of money that know nothing of what is bought."""

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion, TryAgain, WrongState
from school_events.core.money import NOTHING, Money
from school_events.payments import gateway, rules, store
from school_events.payments.model import (
    Checkout,
    CheckoutSnapshot,
    CheckoutStatus,
    Payment,
    PaymentLine,
    PaymentState,
)
from school_events.payments.stripe_client import AccountLeft


class PaidMeanwhile(WrongState):
    """A payment that was to be changed was paid meanwhile, or its bank is about to pay."""

    slug = "paid-meanwhile"
    title = "This was paid meanwhile"


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


def begin_checkout(
    ctx: Context, payment: Payment, account_id: str, return_url: str, *, direct_debit: bool = False
) -> Payment:
    """The payment with a further attempt at paying it begun; nothing is written here.

    Of each account it remembers no more than the last few attempts before that: an older one is forgotten once Stripe
    says that its page has expired unpaid. Of an account that has left nobody knows, so those are kept, and not counted.

    Args:
        ctx: the moment.
        payment: payable.
        account_id: the school's account at Stripe.
        return_url: where Stripe sends the payer back to.
        direct_debit: whether it may be paid by Bacs Direct Debit.

    Raises:
        WrongState: it was tried too often since yesterday.
        TryAgain: Stripe did not answer.
    """
    # Not the last one: the next has the number after its own, and a number used twice is refused by Stripe for good.
    for attempt in rules.earlier_on(account_id, payment)[:-1]:
        if len(rules.earlier_on(account_id, payment)) < rules.MOST_EARLIER:
            break
        if _came_to_nothing(ctx, attempt):
            payment = rules.without_attempt(payment, attempt)
    if len(rules.earlier_on(account_id, payment)) >= rules.MOST_EARLIER:
        raise WrongState("This was begun to be paid too often today: try again tomorrow, or pay at the school")
    return rules.begin_checkout(payment, account_id, ctx.now, return_url, direct_debit=direct_debit)


def _came_to_nothing(ctx: Context, attempt: Checkout) -> bool:
    """Whether no money can come through an attempt; of one on an account that has left nobody knows."""
    if attempt.session_id is None:
        return True
    if not rules.may_be_forgotten(attempt, ctx.now):
        return False
    try:
        snapshot = look_at(ctx, attempt)
    except AccountLeft:
        return False
    return snapshot.status is CheckoutStatus.EXPIRED and not snapshot.paid


def ensure_session(ctx: Context, payment: Payment) -> Payment:
    """The begun payment with Stripe's page known, asking Stripe for it if need be.

    A crash between Stripe's answer and our write is harmless: the idempotency key gives the same page again.

    Raises:
        gateway.NotOpened: Stripe has no such page and opens none.
        TryAgain: Stripe did not answer.
    """
    if payment.checkout is None or payment.checkout.session_id is not None:
        return payment
    snapshot = gateway.create_session(ctx, payment)
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


def look_at(ctx: Context, attempt: Checkout) -> CheckoutSnapshot:
    """What Stripe says of an attempt now.

    Raises:
        ValueError: it never got a page.
        TryAgain: Stripe did not answer, or there is no time left for it to.
    """
    if attempt.session_id is None:
        raise ValueError("this attempt has no page")
    return gateway.find_session(ctx, attempt.account_id, attempt.session_id)


def is_closed_at_stripe(ctx: Context, payment: Payment) -> bool:
    """Whether a payment's page is closed and unpaid, closing it if need be; also one whose address we never got.

    On an account the school has disconnected nobody can close a page or see whether it was paid: there it is closed
    once its time is over. Money that came nevertheless is found when the account is back, and is late then.

    Raises:
        AccountLeft: the school has disconnected the account, and the page may still be open.
        TryAgain: Stripe did not answer.
    """
    try:
        return _is_closed(ctx, payment)
    except gateway.NotOpened:
        return True
    except AccountLeft:
        if payment.checkout is None or payment.checkout.expires_at + rules.GRACE > ctx.now:
            raise
        return True


def _is_closed(ctx: Context, payment: Payment) -> bool:
    payment = ensure_session(ctx, payment)
    if payment.checkout is None or payment.checkout.session_id is None:
        raise TryAgain
    try:
        gateway.expire_session(ctx, payment.checkout.account_id, payment.checkout.session_id)
    except gateway.NotExpirable:
        return look_at(ctx, payment.checkout).status is CheckoutStatus.EXPIRED
    return True


def close_page(ctx: Context, payment: Payment) -> Payment:
    """The payment without an open page, so that it can be changed, and paid by a further attempt (scenario 15).

    What waits for the payment goes on waiting. A payment that has no page is answered as it is.

    Raises:
        PaidMeanwhile: it was paid, or its bank is about to pay.
        StaleVersion: it changed meanwhile.
        TryAgain: Stripe did not answer.
    """
    if payment.checkout is None:
        return payment
    if not is_closed_at_stripe(ctx, payment):
        raise PaidMeanwhile
    attempt = payment.checkout.attempt
    payment = store.find_payment(ctx.school_id, payment.id)
    if payment.state is not PaymentState.OPEN or payment.checkout is None or payment.checkout.attempt != attempt:
        raise StaleVersion
    transaction = Transaction(ctx)
    closed = store.replace(transaction, ctx, payment, rules.page_closed(payment), stamp(ctx, "payment.page_closed"))
    transaction.commit()
    return closed
