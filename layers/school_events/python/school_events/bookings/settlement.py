"""What money means for a place: holds that wait for it, places it confirms, places let go (PAYMENTS.md "Flow").

:func:`apply_payment` serves the return page's poll, the webhook and the sweep alike: it asks Stripe again and moves
the state forward. :func:`let_go` closes Stripe's page first and gives the place up only when that succeeded.
Each may be stopped at any point and called again.
"""

import contextlib
from collections.abc import Callable, Sequence

from school_events.bookings import allocating, places, store
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.service import tell_booker
from school_events.core import feed, logs, settings
from school_events.core.audit import UNKNOWN_ALIAS
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import AlreadyBooked, PaymentsNotReady, StaleVersion, TryAgain, WrongState
from school_events.payments import gateway, rules
from school_events.payments import service as payments
from school_events.payments import store as payment_store
from school_events.payments.model import CheckoutSnapshot, CheckoutStatus, Payment, PaymentLine, PaymentState, Refund
from school_events.people import aliases

_TRIES = 5
_WAITS_FOR_MONEY = frozenset({BookingState.PENDING, BookingState.EXPIRING})
_HAD_MONEY = frozenset({PaymentState.PAID, PaymentState.PART_REFUNDED, PaymentState.REFUNDED})


def open_checkout(ctx: Context, payment_id: str) -> Payment:
    """Open Stripe's payment page for a payment, or give the one that is open.

    The holds wait at least as long as the page is open.

    Raises:
        PaymentsNotReady: the school cannot take money yet.
        WrongState: it is paid or let go, or the time to pay is over.
        TryAgain: Stripe did not answer.
    """
    payments.ready_account(ctx.school_id)
    return _again_if_stale(lambda: _open_checkout(ctx, payment_id))


def _open_checkout(ctx: Context, payment_id: str) -> Payment:
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    rules.require_payable(payment, ctx.now)
    bookings = _bookings(ctx, payment)
    if any(booking.state is not BookingState.PENDING for booking in bookings):
        raise WrongState("These places are no longer held")
    if payment.checkout is not None:
        with contextlib.suppress(gateway.NotOpened):
            return payments.ensure_session(ctx, payment)
    begun = _begin_checkout(ctx, payment, bookings)
    try:
        return payments.ensure_session(ctx, begun)
    except gateway.NotOpened as error:
        raise PaymentsNotReady from error


def _begin_checkout(ctx: Context, payment: Payment, bookings: Sequence[Booking]) -> Payment:
    """Write down a further attempt at paying, and let the places wait for it, before Stripe hears of it."""
    begun = rules.begin_checkout(payment, ctx.now, settings.required("APP_URL"))
    transaction = Transaction(ctx)
    for booking in bookings:
        after = booking.model_copy(update={"hold_until": rules.held_until(begun)})
        store.replace(transaction, ctx.school_id, booking, after, stamp(ctx, "booking.hold_extended"))
    begun = payment_store.replace(transaction, ctx, payment, begun, stamp(ctx, "payment.opened"))
    transaction.put(_tell_payer(ctx, begun))
    transaction.commit()
    return begun


def apply_payment(ctx: Context, payment_id: str) -> Payment:
    """Bring a payment and what it pays for to where Stripe says they are.

    Raises:
        NotFound: the school has no such payment.
        TryAgain: Stripe did not answer, or too busy.
    """
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    snapshot = payments.look_at_stripe(ctx, payment)
    if snapshot is None:
        return payment
    if not snapshot.paid:
        return let_go(ctx, payment_id) if snapshot.status is CheckoutStatus.EXPIRED else payment
    if not rules.is_ours(payment, snapshot):
        return _again_if_stale(lambda: _quarantine(ctx, payment_id))
    if rules.may_turn_paid(payment):
        payment = _again_if_stale(lambda: _fulfil(ctx, payment_id, snapshot))
    if payment.state in _HAD_MONEY:
        fee = rules.fee_entry(payment, snapshot, ctx.now)
        if fee is not None:
            payment_store.enter_once(ctx, fee)
        _settle_late_lines(ctx, payment)
    return payment_store.find_payment(ctx.school_id, payment_id)


def _fulfil(ctx: Context, payment_id: str, snapshot: CheckoutSnapshot) -> Payment:
    """The money is there: enter it, and confirm every place that still waits for it."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if not rules.may_turn_paid(payment):
        return payment
    payer = aliases.alias_of(ctx.school_id, "contact", payment.payer_id) or UNKNOWN_ALIAS
    paid = rules.paid(payment, snapshot, payer, ctx.now)
    transaction = Transaction(ctx)
    for booking in _bookings(ctx, payment):
        if booking.state in _WAITS_FOR_MONEY:
            confirmed = booking.model_copy(update={"state": BookingState.CONFIRMED, "hold_until": None})
            store.replace(transaction, ctx.school_id, booking, confirmed, stamp(ctx, "booking.confirmed"))
            places.take(transaction, ctx, booking)
            transaction.put(tell_booker(ctx, booking, "changed"))
    paid = payment_store.replace(transaction, ctx, payment, paid, stamp(ctx, "payment.paid"))
    for entry in rules.entries_of(paid, snapshot, ctx.now):
        payment_store.enter(transaction, ctx, entry)
    transaction.put(_tell_payer(ctx, paid))
    transaction.commit()
    return paid


def _settle_late_lines(ctx: Context, payment: Payment) -> None:
    """Money for places already gone: a free place is given, otherwise that part goes back (PAYMENTS.md 5)."""
    lines = {line.reference: line for line in payment.lines}
    for booking in _bookings(ctx, payment):
        if booking.state is BookingState.RELEASED:
            line = lines[booking.id]
            _again_if_stale(lambda: _settle_late_line(ctx, payment.id, line))  # noqa: B023 - called at once


def _settle_late_line(ctx: Context, payment_id: str, line: PaymentLine) -> None:
    """Place or refund, never both: each is written on the condition that the other was not.

    The payment is read before the refund: one that is not made yet is then not counted in it either.
    """
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    booking = store.find_booking(ctx.school_id, line.reference)
    if booking.state is not BookingState.RELEASED:
        return
    refund = payment_store.find_refund(ctx.school_id, payment_id, payments.refund_id("late", line))
    if refund is None:
        if _regain(ctx, payment_id, line, booking):
            return
        refund = _decide_to_refund(ctx, payment_id, line, booking)
    payments.make_refund(ctx, payment, refund)


def _decide_to_refund(ctx: Context, payment_id: str, line: PaymentLine, booking: Booking) -> Refund:
    transaction = Transaction(ctx)
    store.require_unchanged(transaction, ctx.school_id, booking)
    refund = payments.ask_refund(transaction, ctx, payment_id, line, "late")
    transaction.commit()
    logs.count("LateRefund")
    return refund


def _regain(ctx: Context, payment_id: str, line: PaymentLine, booking: Booking) -> bool:
    """Give a booking that was let go a place that is still free; says whether there was one.

    Raises:
        StaleVersion: somebody else settled the line meanwhile, one way or the other.
    """
    for _ in range(_TRIES):
        free = places.free_places(ctx, booking.event_id, booking.place.pool)
        if not free:
            return False
        after = booking.model_copy(
            update={"state": BookingState.CONFIRMED, "place": ctx.random.choice(free), "hold_until": None}
        )
        transaction = Transaction(ctx)
        store.replace(transaction, ctx.school_id, booking, after, stamp(ctx, "booking.confirmed"))
        payment_store.require_no_refund(transaction, ctx.school_id, payment_id, payments.refund_id("late", line))
        store.guard(transaction, ctx.school_id, after)
        places.claim(transaction, ctx, after, held=False)
        transaction.put(tell_booker(ctx, after, "changed"))
        try:
            transaction.commit()
        except places.PlaceGone:
            continue
        except AlreadyBooked:
            return False
        return True
    return False


def let_go(ctx: Context, payment_id: str) -> Payment:
    """Let the holds of a payment go: close Stripe's page first; if it was paid after all, fulfil instead.

    Raises:
        NotFound: the school has no such payment.
        TryAgain: Stripe did not answer, or too busy.
    """
    payment = _again_if_stale(lambda: _begin_letting_go(ctx, payment_id))
    if payment.state not in {PaymentState.CREATED, PaymentState.OPEN}:
        return payment
    if payment.state is PaymentState.OPEN and not _closed_at_stripe(ctx, payment):
        return apply_payment(ctx, payment_id)
    return _again_if_stale(lambda: _release(ctx, payment_store.find_payment(ctx.school_id, payment_id)))


def _begin_letting_go(ctx: Context, payment_id: str) -> Payment:
    """Mark the holds, so that no page is opened for them any more; from now on they are due."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state not in {PaymentState.CREATED, PaymentState.OPEN}:
        return payment
    transaction = Transaction(ctx)
    for booking in _bookings(ctx, payment):
        if booking.state is BookingState.PENDING:
            expiring = booking.model_copy(update={"state": BookingState.EXPIRING, "hold_until": ctx.now})
            store.replace(transaction, ctx.school_id, booking, expiring, stamp(ctx, "booking.expiring"))
    if len(transaction):
        transaction.commit()
    return payment


def _closed_at_stripe(ctx: Context, payment: Payment) -> bool:
    """Whether Stripe's page is closed and unpaid, closing it if need be; also one whose address we never got."""
    account = payments.connected_account(ctx.school_id)
    try:
        payment = payments.ensure_session(ctx, payment)
    except gateway.NotOpened:
        return True
    if payment.checkout is None or payment.checkout.session_id is None:
        raise TryAgain
    try:
        gateway.expire_session(account.account_id, payment.checkout.session_id)
    except gateway.NotExpirable:
        snapshot = payments.look_at_stripe(ctx, payment)
        return snapshot is not None and snapshot.status is CheckoutStatus.EXPIRED and not snapshot.paid
    return True


def _release(ctx: Context, payment: Payment) -> Payment:
    """Give the holds of a payment up as it was read; refused if it has moved since."""
    if payment.state not in {PaymentState.CREATED, PaymentState.OPEN}:
        return payment
    transaction = Transaction(ctx)
    held = [booking for booking in _bookings(ctx, payment) if booking.state in _WAITS_FOR_MONEY]
    for booking in held:
        released = booking.model_copy(update={"state": BookingState.RELEASED, "hold_until": None})
        store.replace(transaction, ctx.school_id, booking, released, stamp(ctx, "booking.released"))
        store.unguard(transaction, ctx.school_id, booking)
        places.give_up(transaction, ctx, booking)
        transaction.put(tell_booker(ctx, booking, "changed"))
    expired = payment.model_copy(update={"state": PaymentState.EXPIRED})
    payment = payment_store.replace(transaction, ctx, payment, expired, stamp(ctx, "payment.expired"))
    transaction.put(_tell_payer(ctx, payment))
    transaction.commit()
    for booking in held:
        allocating.move_on(ctx, booking.place)
    return payment


def cancel(ctx: Context, booking: Booking) -> Booking:
    """Cancel a booking for the family: a place that cost nothing at once, a hold with all that is to be paid with it.

    A hold whose payment page is open ends within a minute, when Stripe's page has been closed.

    Raises:
        WrongState: it is cancelled or let go already, or it was paid for.
    """
    if booking.state is BookingState.CONFIRMED and booking.price.amount == 0:
        return _again_if_stale(lambda: _cancel_free(ctx, booking.id))
    if booking.state is BookingState.PENDING and booking.payment_id is not None:
        _again_if_stale(lambda: _end_hold_now(ctx, booking.payment_id or ""))
        return store.find_booking(ctx.school_id, booking.id)
    if booking.state is BookingState.CONFIRMED:
        raise WrongState("A paid booking is cancelled by the school")
    raise WrongState(f"This booking is {booking.state}")


def _cancel_free(ctx: Context, booking_id: str) -> Booking:
    booking = store.find_booking(ctx.school_id, booking_id)
    if booking.state is not BookingState.CONFIRMED:
        raise WrongState(f"This booking is {booking.state}")
    cancelled = booking.model_copy(update={"state": BookingState.CANCELLED})
    transaction = Transaction(ctx)
    after = store.replace(transaction, ctx.school_id, booking, cancelled, stamp(ctx, "booking.cancelled"))
    store.unguard(transaction, ctx.school_id, booking)
    places.give_up(transaction, ctx, booking)
    transaction.put(tell_booker(ctx, booking, "changed"))
    transaction.commit()
    allocating.move_on(ctx, booking.place)
    return after


def _end_hold_now(ctx: Context, payment_id: str) -> None:
    """End the holds of a payment that has no page; of one that has, housekeeping closes the page first."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state is PaymentState.CREATED:
        _release(ctx, payment)
    else:
        _begin_letting_go(ctx, payment_id)


def _quarantine(ctx: Context, payment_id: str) -> Payment:
    """Money that is not what we asked for: nothing is fulfilled, a person decides (scenario 22).

    Places that wait for it stay held for that person, and are no longer due to be let go.
    """
    logs.count("PaymentQuarantined")
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    if payment.state is PaymentState.QUARANTINED:
        return payment
    transaction = Transaction(ctx)
    for booking in _bookings(ctx, payment):
        if booking.state in _WAITS_FOR_MONEY:
            kept = booking.model_copy(update={"hold_until": None})
            store.replace(transaction, ctx.school_id, booking, kept, stamp(ctx, "booking.hold_kept"))
    aside = payment.model_copy(update={"state": PaymentState.QUARANTINED})
    payment = payment_store.replace(transaction, ctx, payment, aside, stamp(ctx, "payment.quarantined"))
    transaction.commit()
    return payment


def _bookings(ctx: Context, payment: Payment) -> Sequence[Booking]:
    found = store.find_bookings(ctx.school_id, [line.reference for line in payment.lines])
    return [found[line.reference] for line in payment.lines if line.reference in found]


def _tell_payer(ctx: Context, payment: Payment) -> feed.FeedRow:
    return feed.row(ctx, "contact", payment.payer_id, thing="payment", thing_id=payment.id, what="changed")


def _again_if_stale[R](attempt: Callable[[], R]) -> R:
    """Read, decide and write again when somebody else was faster; each attempt reads anew."""
    for _ in range(_TRIES):
        try:
            return attempt()
        except StaleVersion:
            continue
    raise TryAgain
