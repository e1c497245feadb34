"""One checkout for several payments of a household: all of them are paid, or none (PAYMENTS.md "Checkout").

They become lines of one payment. Of places, for good: from then on they are held and let go together. Of instalments,
as long as its page is open: they come apart again if it closes unpaid.
"""

from collections.abc import Sequence
from functools import partial

from school_events.bookings import baskets, checkout, store
from school_events.bookings.errors import again_if_stale
from school_events.bookings.instalments import pages, rules
from school_events.bookings.model import Booking, BookingState
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import TooManyActions, Transaction
from school_events.core.errors import Invalid, WrongState
from school_events.payments import rules as payment_rules
from school_events.payments import service as payments
from school_events.payments import store as payment_store
from school_events.payments.accounts import service as accounts
from school_events.payments.model import Payment, PaymentPurpose, PaymentState

MOST_PAYMENTS = 12
"""So many payments can be paid in one go."""

_MOST_FURTHER = 60
"""A booking remembers so many payments at most; a family that tries more baskets than that pays one by one."""

_ROOM_FOR_AN_END = 6
"""So many writes the end of a place needs: places that are let go together have to fit into one transaction."""

_MOST_WRITES = 90


def open_page(ctx: Context, wanted: Sequence[Payment]) -> Payment:
    """Open one page for several payments of a payer; asked again, it is the same page.

    Args:
        ctx: the moment.
        wanted: as the caller saw them, all theirs.

    Raises:
        Invalid: they cannot be paid together; names the field.
        WrongState: one cannot be paid any more, or not yet.
        PaymentsNotReady: the school cannot take money yet.
        TryAgain: Stripe did not answer, or too busy.
    """
    if len({one.payer_id for one in wanted}) > 1:
        raise Invalid.of("payment_ids", "must be of one payer")
    purposes = {one.purpose for one in wanted}
    if purposes not in ({PaymentPurpose.PLACE}, {PaymentPurpose.INSTALMENT}):
        raise Invalid.of("payment_ids", "must all be places, or all be instalments: the rest is paid by itself")
    _require_whole(wanted)
    ids = [one.id for one in wanted]
    join = _open_places if purposes == {PaymentPurpose.PLACE} else _open_instalments
    try:
        return again_if_stale(partial(join, ctx, ids))
    except TooManyActions as error:
        raise _too_many() from error


def paid_with(ctx: Context, payment_id: str) -> Payment:
    """The payment that places are paid with by now: their own, or the one it was put into, be it several times."""
    payment = payment_store.find_payment(ctx.school_id, payment_id)
    while payment.state is PaymentState.MERGED and payment.merged_into is not None:
        payment = payment_store.find_payment(ctx.school_id, payment.merged_into)
    return payment


def _open_places(ctx: Context, ids: Sequence[str]) -> Payment:
    accounts.ready_account(ctx.school_id)
    standing = {one.id: one for one in (paid_with(ctx, one) for one in ids)}
    if len(standing) == 1:
        return checkout.open_page(ctx, *standing)
    payable = [checkout.still_payable(ctx, one) for one in standing.values()]
    found = [payments.close_page(ctx, one) for one in payable]
    _require_whole(found)
    bookings = [booking for one in found for booking in baskets.bookings_of(ctx, one)]
    if any(one.state is not BookingState.PENDING for one in bookings):
        raise WrongState("These places are no longer held")
    if sum(_ROOM_FOR_AN_END + len(one.further_payments) for one in bookings) > _MOST_WRITES:
        raise _too_many()
    basket = _basket(ctx, found)
    transaction = _joined(ctx, found, basket, "payment.created")
    for booking in bookings:
        _keep(transaction, ctx, booking, booking.payment_id, {"payment_id": basket.id})
    transaction.commit()
    return checkout.open_page(ctx, basket.id)


def _open_instalments(ctx: Context, ids: Sequence[str]) -> Payment:
    account = accounts.ready_account(ctx.school_id)
    found = list(payment_store.find_payments(ctx.school_id, _apart(ctx, ids)).values())
    wanted = {one.id for one in found}
    for basket_id in {one.merged_into for one in found if one.state is PaymentState.MERGED}:
        basket = payment_store.find_payment(ctx.school_id, basket_id or "")
        if set(basket.merges) == wanted and basket.state is PaymentState.OPEN and not pages.is_page_over(ctx, basket):
            return pages.show_page(ctx, basket)
        pages.close_page(ctx, basket.id)
    for one in found:
        pages.close_page(ctx, one.id)
    found = list(payment_store.find_payments(ctx.school_id, [one.id for one in found]).values())
    pages.require_payable(ctx, found)
    _require_whole(found)
    references = [line.reference for one in found for line in one.lines]
    bookings = list(store.find_bookings(ctx.school_id, references).values())
    before = _same_basket(ctx, bookings, wanted)
    basket = pages.begun(before or _basket(ctx, found), account.account_id, ctx)
    transaction = _joined(ctx, found, basket, "payment.opened", before)
    for booking in bookings:
        if basket.id not in booking.further_payments:
            _keep(transaction, ctx, booking, basket.id, {})
    transaction.commit()
    return pages.show_page(ctx, payment_store.find_payment(ctx.school_id, basket.id))


def _require_whole(found: Sequence[Payment]) -> None:
    """Of no payment a part was received, which would then be in two: looked at in what is written on top of."""
    if any(payment_rules.to_pay(one) != one.amount for one in found):
        raise Invalid.of("payment_ids", "must not be paid in part already: pay the rest of it by itself")


def _apart(ctx: Context, ids: Sequence[str]) -> list[str]:
    """The payments that were asked for one by one, of baskets what they are made of."""
    found = payment_store.find_payments(ctx.school_id, ids)
    return list(dict.fromkeys(part for one in ids for part in (found[one].merges or (one,))))


def _same_basket(ctx: Context, bookings: Sequence[Booking], wanted: set[str]) -> Payment | None:
    """The basket in which these very payments were to be paid before: it is taken up again."""
    known = [one for booking in bookings for one in booking.further_payments]
    found = payment_store.find_payments(ctx.school_id, known).values()
    return next((one for one in found if set(one.merges) == wanted and _is_as_new(one)), None)


def _is_as_new(basket: Payment) -> bool:
    """Whether a basket came apart unpaid, so that it can be paid as if it had just been put together."""
    is_unpaid = basket.state is PaymentState.EXPIRED and basket.payer_alias is None
    return is_unpaid and not any(line.over or line.back.amount for line in basket.lines)


def _basket(ctx: Context, found: Sequence[Payment]) -> Payment:
    lines = tuple(line for one in found for line in one.lines)
    days = [one.due_on for one in found if one.due_on is not None]
    asked = payments.ask_for(ctx, found[0].payer_id, lines)
    update = {"purpose": found[0].purpose, "merges": tuple(one.id for one in found), "due_on": min(days, default=None)}
    return asked.model_copy(update=update)


def _joined(
    ctx: Context, found: Sequence[Payment], basket: Payment, action: str, before: Payment | None = None
) -> Transaction:
    """Write a basket, and that its payments are in it, as they were read."""
    transaction = Transaction(ctx)
    for one in found:
        payment_store.replace(transaction, ctx, one, rules.joined(one, basket.id), stamp(ctx, "payment.merged"))
    if before is None:
        transaction.create(payment_store.payment_item(ctx, basket, stamp(ctx, action)))
    else:
        payment_store.replace(transaction, ctx, before, basket, stamp(ctx, action))
    for one in (basket, *found):
        transaction.put(baskets.tell_payer(ctx, one))
    return transaction


def _keep(
    transaction: Transaction, ctx: Context, booking: Booking, payment_id: str | None, update: dict[str, object]
) -> None:
    """Let a booking remember one more payment, with what else changes of it."""
    if payment_id is None or len(booking.further_payments) == _MOST_FURTHER:
        raise _too_many()
    further = (*booking.further_payments, payment_id)
    after = booking.model_copy(update={"further_payments": further, **update})
    store.replace(transaction, ctx.school_id, booking, after, stamp(ctx, "booking.paid_with_others"))


def _too_many() -> Invalid:
    return Invalid.of("payment_ids", "are too many to be paid at once: pay some, then the others")
