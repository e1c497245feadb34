"""What money means for a place: holds that wait for it, places it confirms, places let go (PAYMENTS.md "Flow").

:func:`apply_payment` serves the return page's poll, the webhook and the sweep alike: it asks Stripe again and moves
the state forward. :func:`let_go` closes Stripe's page first and gives the place up only when that succeeded.
Each may be stopped at any point and called again.
"""

from collections.abc import Callable

from school_events.bookings import allocating, baskets, endings, late_money, places, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.model import BookingState
from school_events.bookings.service import tell_booker
from school_events.core import logs
from school_events.core.audit import UNKNOWN_ALIAS
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion, TryAgain, WrongState
from school_events.payments import gateway, rules
from school_events.payments import service as payments
from school_events.payments import store as payment_store
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.ledger import rules as ledger_rules
from school_events.payments.ledger import store as ledger
from school_events.payments.model import CheckoutSnapshot, CheckoutStatus, Payment, PaymentState
from school_events.people import aliases

type Also = Callable[[Transaction, BookingState], object]

_WAITS_FOR_MONEY = frozenset({BookingState.PENDING, BookingState.EXPIRING})


def apply_payment(ctx: Context, payment_id: str) -> Payment:
    """Bring a payment and what it pays for to where Stripe says they are.

    Raises:
        NotFound: the school has no such payment.
        TryAgain: Stripe did not answer, or too busy.
    """
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    snapshot = payments.look_at_stripe(payment)
    if snapshot is None:
        return payment
    if not snapshot.paid:
        return let_go(ctx, payment_id) if snapshot.status is CheckoutStatus.EXPIRED else payment
    if not rules.is_ours(payment, snapshot):
        return again_if_stale(lambda: _quarantine(ctx, payment_id))
    if rules.may_turn_paid(payment):
        payment = again_if_stale(lambda: _fulfil(ctx, payment_id, snapshot))
    if payment.state in rules.HAS_MONEY:
        fee = ledger_rules.fee_entry(payment, snapshot, ctx.now)
        if fee is not None:
            ledger.enter_once(ctx, fee)
        late_money.settle_lines(ctx, payment)
    return payment_store.find_payment(ctx.school_id, payment_id)


def _fulfil(ctx: Context, payment_id: str, snapshot: CheckoutSnapshot) -> Payment:
    """The money is there: enter it, and confirm every place that still waits for it."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if not rules.may_turn_paid(payment):
        return payment
    payer = aliases.alias_of(ctx.school_id, "contact", payment.payer_id) or UNKNOWN_ALIAS
    paid = rules.paid(payment, snapshot, payer, ctx.now)
    transaction = Transaction(ctx)
    for booking in baskets.bookings_of(ctx, payment):
        if booking.state in _WAITS_FOR_MONEY:
            confirmed = booking.model_copy(update={"state": BookingState.CONFIRMED, "hold_until": None})
            store.replace(transaction, ctx.school_id, booking, confirmed, stamp(ctx, "booking.confirmed"))
            places.take(transaction, ctx, booking)
            transaction.put(tell_booker(ctx, booking, "changed"))
    paid = payment_store.replace(transaction, ctx, payment, paid, stamp(ctx, "payment.paid"))
    for entry in ledger_rules.entries_of(paid, snapshot, ctx.now):
        ledger.enter(transaction, ctx, entry)
    transaction.put(baskets.tell_payer(ctx, paid))
    transaction.commit()
    return paid


def let_go(ctx: Context, payment_id: str) -> Payment:
    """Let the holds of a payment go: close Stripe's page first; if it was paid after all, fulfil instead.

    Raises:
        NotFound: the school has no such payment.
        TryAgain: Stripe did not answer, or too busy.
    """
    payment = again_if_stale(lambda: _begin_letting_go(ctx, payment_id))
    if payment.state not in {PaymentState.CREATED, PaymentState.OPEN}:
        return payment
    if payment.state is PaymentState.OPEN and not _closed_at_stripe(ctx, payment):
        return apply_payment(ctx, payment_id)
    return again_if_stale(lambda: _release(ctx, payment_store.find_payment(ctx.school_id, payment_id)))


def _begin_letting_go(ctx: Context, payment_id: str) -> Payment:
    """Mark the holds, so that no page is opened for them any more; from now on they are due."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state not in {PaymentState.CREATED, PaymentState.OPEN}:
        return payment
    transaction = _marked(ctx, payment)
    if len(transaction):
        transaction.commit()
    return payment


def _marked(ctx: Context, payment: Payment) -> Transaction:
    transaction = Transaction(ctx)
    for booking in baskets.bookings_of(ctx, payment):
        if booking.state is BookingState.PENDING:
            expiring = booking.model_copy(update={"state": BookingState.EXPIRING, "hold_until": ctx.now})
            store.replace(transaction, ctx.school_id, booking, expiring, stamp(ctx, "booking.expiring"))
    return transaction


def _closed_at_stripe(ctx: Context, payment: Payment) -> bool:
    """Whether Stripe's page is closed and unpaid, closing it if need be; also one whose address we never got."""
    try:
        payment = payments.ensure_session(ctx, payment)
    except gateway.NotOpened:
        return True
    if payment.checkout is None or payment.checkout.session_id is None:
        raise TryAgain
    try:
        gateway.expire_session(payment.checkout.account_id, payment.checkout.session_id)
    except gateway.NotExpirable:
        snapshot = payments.look_at_stripe(payment)
        return snapshot is not None and snapshot.status is CheckoutStatus.EXPIRED and not snapshot.paid
    return True


def _nothing_else(_transaction: Transaction, _state: BookingState) -> None:
    """There is nothing else to be written."""


def _release(ctx: Context, payment: Payment, also: Also = _nothing_else) -> Payment:
    """Give the holds of a payment up as it was read; refused if it has moved since."""
    if payment.state not in {PaymentState.CREATED, PaymentState.OPEN}:
        return payment
    transaction = Transaction(ctx)
    held = [booking for booking in baskets.bookings_of(ctx, payment) if booking.state in _WAITS_FOR_MONEY]
    for booking in held:
        released = booking.model_copy(update={"state": BookingState.RELEASED, "hold_until": None})
        endings.end(transaction, ctx, booking, released, "booking.released")
    expired = payment.model_copy(update={"state": PaymentState.EXPIRED})
    payment = payment_store.replace(transaction, ctx, payment, expired, stamp(ctx, "payment.expired"))
    transaction.put(baskets.tell_payer(ctx, payment))
    also(transaction, BookingState.RELEASED)
    transaction.commit()
    for booking in held:
        allocating.move_on(ctx, booking.place)
    return payment


def end_holds_now(ctx: Context, payment_id: str, also: Also) -> BookingState:
    """End the holds of a payment that has no page; of one that has, housekeeping closes the page first.

    Args:
        ctx: the moment.
        payment_id: of the holds.
        also: adds to the transaction what else is to be written with the state the holds come to.

    Returns:
        That state.

    Raises:
        WrongState: its money came and is not what was asked for: a person decides.
        StaleVersion: somebody else was faster.
    """
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state is PaymentState.CREATED:
        _release(ctx, payment, also)
        return BookingState.RELEASED
    if payment.state is PaymentState.QUARANTINED:
        raise WrongState("The school has to look at what was paid for this first")
    transaction = _marked(ctx, payment)
    if not len(transaction):
        raise StaleVersion
    also(transaction, BookingState.EXPIRING)
    transaction.commit()
    return BookingState.EXPIRING


def _quarantine(ctx: Context, payment_id: str) -> Payment:
    """Money that is not what we asked for: nothing is fulfilled, a person decides (scenario 22).

    Places that wait for it stay held for that person, and are no longer due to be let go.
    """
    logs.count("PaymentQuarantined")
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state is PaymentState.QUARANTINED:
        return payment
    transaction = Transaction(ctx)
    for booking in baskets.bookings_of(ctx, payment):
        if booking.state in _WAITS_FOR_MONEY:
            kept = booking.model_copy(update={"hold_until": None})
            store.replace(transaction, ctx.school_id, booking, kept, stamp(ctx, "booking.hold_kept"))
    aside = payment.model_copy(update={"state": PaymentState.QUARANTINED})
    payment = payment_store.replace(transaction, ctx, payment, aside, stamp(ctx, "payment.quarantined"))
    attention.raise_for(transaction, ctx, AttentionKind.QUARANTINED, "payment", payment.id, payment.id)
    transaction.commit()
    return payment
