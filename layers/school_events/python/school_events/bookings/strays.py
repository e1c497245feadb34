"""Money that came for a payment and is not to be kept: paid twice, or not what was asked for (scenarios 11, 22).

What was paid twice goes back at once, and the booking stays. What is not what was asked for is looked at by a person of
the school, who has it given back as a whole; the places that waited for it go then. Until it is back, the ledger keeps
it apart from income.
"""

from collections.abc import Sequence
from typing import Literal

from school_events.bookings import baskets, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.instalments.settling import come_to_nothing
from school_events.bookings.model import BookingState
from school_events.bookings.releasing import release
from school_events.core import logs
from school_events.core.audit import UNKNOWN_ALIAS
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import TryAgain, WrongState
from school_events.core.money import pounds
from school_events.payments import rules
from school_events.payments import store as payment_store
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.ledger import rules as ledger_rules
from school_events.payments.ledger import store as ledger
from school_events.payments.listing import find_shown
from school_events.payments.model import Checkout, CheckoutSnapshot, Payment, PaymentPurpose, PaymentState, Stray
from school_events.payments.refunds import service as refunds
from school_events.payments.refunds import store as refund_store
from school_events.payments.refunds.model import Refund, RefundState
from school_events.people import aliases

type Why = Literal["dup", "return"]
_REASONS: tuple[Why, ...] = ("dup", "return")
_GIVEN_BACK = frozenset({PaymentState.FAILED, PaymentState.CREATED, PaymentState.EXPIRED})


def payer_alias(ctx: Context, payment: Payment) -> str:
    """The name of who pays in the ledger."""
    return aliases.alias_of(ctx.school_id, "contact", payment.payer_id) or UNKNOWN_ALIAS


def quarantine(ctx: Context, payment: Payment, attempt: Checkout, snapshot: CheckoutSnapshot) -> None:
    """Money that is not what was asked for: nothing is fulfilled, a person decides (scenario 22).

    Places that wait for it stay held for that person, and are no longer due to be let go.

    Raises:
        StaleVersion: somebody else was faster.
    """
    transaction = Transaction(ctx)
    for booking in baskets.waiting_for(ctx, payment):
        kept = booking.model_copy(update={"hold_until": None})
        store.replace(transaction, ctx.school_id, booking, kept, stamp(ctx, "booking.hold_kept"))
    stray = rules.stray_of(attempt, snapshot)
    aside = payment.model_copy(update={"state": PaymentState.QUARANTINED})
    if stray is not None:
        aside = _note(transaction, ctx, aside, stray, attempt)
    payment_store.replace(transaction, ctx, payment, aside, stamp(ctx, "payment.quarantined"))
    attention.raise_for(transaction, ctx, AttentionKind.QUARANTINED, "payment", payment.id, payment.id)
    transaction.put(baskets.tell_payer(ctx, aside))
    transaction.commit()


def set_aside(ctx: Context, payment: Payment, attempt: Checkout, snapshot: CheckoutSnapshot) -> None:
    """Money that came although the payment has its own: it goes back, and what was booked stays (scenario 11).

    Of a payment in quarantine this may be the money itself, of which Stripe has only now said how much it is.

    Raises:
        StaleVersion: somebody else was faster.
    """
    stray = rules.stray_of(attempt, snapshot)
    if stray is None:
        return
    transaction = Transaction(ctx)
    is_known = payment.state is not PaymentState.QUARANTINED or bool(payment.strays)
    after = _note(transaction, ctx, payment, stray, attempt)
    change = stamp(ctx, "payment.paid_twice" if is_known else "payment.quarantined")
    payment_store.replace(transaction, ctx, payment, after, change)
    if is_known:
        logs.count("PaidTwice")
        refund = _refund(ctx, payment, stray, "dup")
        refund_store.keep(transaction, ctx, None, refund, change)
    transaction.commit()


def make_refunds(ctx: Context, payment_id: str) -> None:
    """Make the refunds of what is not to be kept, as far as they were decided; doing it again changes nothing.

    Raises:
        TryAgain: too busy, or Stripe did not answer: housekeeping makes them then.
    """
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    for stray in payment.strays:
        for why in _REASONS:
            _make(ctx, payment_id, _refund_id(why, stray))


def give_back(ctx: Context, payment_id: str) -> Payment:
    """Give back, as a whole, what came for a payment and was not what was asked for; the places it was for go.

    Asked again it is the same refund.

    Raises:
        NotFound: there is no such payment.
        WrongState: it is not in quarantine, or its money is of another currency: that goes back in Stripe's dashboard.
        TryAgain: too busy, or Stripe has not said yet what came.
    """
    return again_if_stale(lambda: _give_back(ctx, payment_id))


def _give_back(ctx: Context, payment_id: str) -> Payment:
    payment = find_shown(ctx, payment_id)
    if payment.state in _GIVEN_BACK and attention.was_raised(ctx, AttentionKind.QUARANTINED, payment.id):
        return payment
    if payment.state is not PaymentState.QUARANTINED:
        raise WrongState(f"This payment is {rules.state_for_payer(payment)}")
    rest = _rest(ctx, payment)
    change = stamp(ctx, "payment.given_back")

    def also(transaction: Transaction, _state: BookingState) -> None:
        for refund in rest:
            refund_store.keep(transaction, ctx, None, refund, change)
        attention.settle(transaction, ctx, AttentionKind.QUARANTINED, payment.id)

    if payment.purpose is PaymentPurpose.PLACE:
        return release(ctx, payment, PaymentState.FAILED, change, also)[0]
    # No place waits for it: it is owed as before.
    transaction = Transaction(ctx)
    after = come_to_nothing(transaction, ctx, payment, change.action, had_money=True)
    also(transaction, BookingState.RELEASED)
    transaction.commit()
    return after


def _rest(ctx: Context, payment: Payment) -> list[Refund]:
    """The refunds of what came, is not on its way back and did not go back in Stripe's dashboard already."""
    if not payment.strays:
        raise TryAgain("Stripe has not said yet what came")
    rows = [item.record for item in refund_store.refunds_of_payment(ctx.school_id, payment.id)]
    decided = {row.id for row in rows}
    strays = [one for one in payment.strays if not decided & {_refund_id(why, one) for why in _REASONS}]
    found = [_rest_of(ctx, payment, rows, one) for one in strays]
    return [one for one in found if one is not None]


def _rest_of(ctx: Context, payment: Payment, rows: Sequence[Refund], stray: Stray) -> Refund | None:
    gone = [one.amount.amount for one in rows if one.charge_id == stray.charge_id and one.is_gone]
    if sum(gone) >= stray.amount.amount:
        return None
    if not stray.is_foreign:
        left = stray.model_copy(update={"amount": pounds(stray.amount.amount - sum(gone))})
        return _refund(ctx, payment, left, "return")
    if not gone:
        raise WrongState("This came in another currency: give it back in Stripe's dashboard first")
    return None


def _note(transaction: Transaction, ctx: Context, payment: Payment, stray: Stray, attempt: Checkout) -> Payment:
    """The payment knowing of money that is kept apart, which is entered so in the ledger."""
    noted = rules.with_stray(payment, stray, payer_alias(ctx, payment))
    through = noted.model_copy(update={"checkout": attempt})
    ledger.enter(transaction, ctx, ledger_rules.suspense_entry(through, stray.charge_id, stray.amount, ctx.now))
    return noted


def _make(ctx: Context, payment_id: str, refund_id: str) -> None:
    refund = refund_store.find_refund(ctx.school_id, payment_id, refund_id)
    if refund is not None and refund.state is RefundState.ASKED:
        refunds.make_refund(ctx, payment_id, refund)


def _refund_id(why: Why, stray: Stray) -> str:
    return f"{why}-{stray.charge_id}"


def _refund(ctx: Context, payment: Payment, stray: Stray, why: Why) -> Refund:
    return Refund(
        id=_refund_id(why, stray),
        idempotency_key=f"{why}:{stray.session_id}",
        payment_id=payment.id,
        line="",
        amount=stray.amount,
        state=RefundState.ASKED,
        why="paid_twice" if why == "dup" else "quarantined",
        charge_id=stray.charge_id,
        account_id=stray.account_id,
        asked_at=ctx.now,
    )
