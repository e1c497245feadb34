"""What finance staff do about refunds: ask for one, ask again when it failed, or hand the money over themselves.

Asking with the same ``Idempotency-Key`` is one refund; two deliberate equal ones are two (scenario 8).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from school_events.core import feed
from school_events.core.again import again_if_stale
from school_events.core.change import Change, stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Conflict, FieldError, Invalid, NotFound, TryAgain, WrongState
from school_events.core.http import ApiModel
from school_events.core.money import Money
from school_events.core.requests import AnsweredMeanwhile, Request, find_earlier_answer, remember
from school_events.payments import rules as payment_rules
from school_events.payments import store as payments
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.ledger import rules as ledger_rules
from school_events.payments.ledger import store as ledger
from school_events.payments.ledger.model import LedgerAccount
from school_events.payments.listing import find_shown
from school_events.payments.model import Payment
from school_events.payments.refunds import rules, store
from school_events.payments.refunds.api import NewRefund, PaidOut, RefundLine
from school_events.payments.refunds.model import Refund, RefundState, RefundTrouble, RefundWay
from school_events.payments.refunds.service import catch_up, make_refund, write_new
from school_events.payments.stripe_client import AccountLeft
from school_events.people.readings import note_reading

_FROM = {"cash": LedgerAccount.CASH, "bank": LedgerAccount.BANK}


class Asked(ApiModel):
    """What is remembered of a request for refunds, for the same request again."""

    refund_ids: list[str]


def of_payment(ctx: Context, payment_id: str) -> list[Refund]:
    """The refunds of a payment, in the order they were asked for; in the audit log (H6).

    Raises:
        NotFound: there is no such payment.
    """
    find_shown(ctx, payment_id)
    note_reading(ctx, "refunds.read", "payment", payment_id)
    found = [item.record for item in store.refunds_of_payment(ctx.school_id, payment_id)]
    return sorted(found, key=lambda refund: (refund.asked_at, refund.id))


def ask(ctx: Context, payment_id: str, wanted: NewRefund, request: Request) -> list[Refund]:
    """Give money of a payment back: each line's is a refund of its own, all of them or none are written down.

    They are made at once as far as Stripe answers, and otherwise within minutes.

    Args:
        ctx: the moment.
        payment_id: which.
        wanted: of which lines how much; of all what is there, unless told.
        request: what is asked, for answering the same request alike.

    Raises:
        NotFound: there is no such payment.
        WrongState: nothing was paid, nothing or not so much is left, or the payer's bank disputes the payment.
        Invalid: a line that is not the payment's, or twice, or no amount.
        KeyReused: the idempotency key belongs to another request.
        TryAgain: too busy.
    """
    return _once(ctx, payment_id, request, lambda: again_if_stale(partial(_ask, ctx, payment_id, wanted, request)))


def retry(ctx: Context, payment_id: str, refund_id: str) -> Refund:
    """Ask anew for a refund that failed; asked again it is the same new one.

    Raises:
        NotFound: there is no such refund.
        WrongState: it has not failed, its money is not there any more, or the payer's bank disputes the payment.
        TryAgain: too busy.
    """
    again = again_if_stale(partial(_in_its_place, ctx, payment_id, refund_id, RefundWay.STRIPE, None))
    _make(ctx, [again])
    return _found(ctx, payment_id, again.id)


def pay_out(ctx: Context, payment_id: str, refund_id: str, paid: PaidOut) -> Refund:
    """Note that the school itself gave the money of a refund back.

    Of one that failed, was its own to hand over, or waits for an account that it has disconnected: that may be for
    ever, and should it be connected again the refund is not made once more. Asked again it is the same.

    Raises:
        NotFound: there is no such refund.
        WrongState: it is Stripe's to make or was made, or its money is not there any more.
        TryAgain: too busy.
    """
    return again_if_stale(partial(_pay_out, ctx, payment_id, refund_id, paid))


def _once(ctx: Context, payment_id: str, request: Request, ask_now: Callable[[], Asked]) -> list[Refund]:
    """The refunds that were asked for, now or by the same request before; made as far as Stripe answers."""
    earlier = find_earlier_answer(ctx, request, Asked)
    if earlier is None:
        try:
            earlier = ask_now()
        except Conflict as refusal:
            # What is in the way may be what the very same request did, sent twice.
            earlier = find_earlier_answer(ctx, request, Asked)
            if earlier is None:
                raise TryAgain if isinstance(refusal, AnsweredMeanwhile) else refusal from None
    _make(ctx, [_found(ctx, payment_id, refund_id) for refund_id in earlier.refund_ids])
    return [_found(ctx, payment_id, refund_id) for refund_id in earlier.refund_ids]


def _ask(ctx: Context, payment_id: str, wanted: NewRefund, request: Request) -> Asked:
    payment = find_shown(ctx, payment_id)
    payment_rules.require_undisputed(payment)
    parts = _parts(payment, wanted.lines)
    after, change = payment, stamp(ctx, "payment.refund_asked")
    transaction = Transaction(ctx)
    asked: list[Refund] = []
    for line, amount in parts:
        after = payment_rules.to_go_back(after, line, amount)
        refund = _refund(ctx, after, line, amount, wanted.reason)
        asked += write_new(transaction, ctx, payment, refund, change)
    payments.replace(transaction, ctx, payment, after, change)
    answer = Asked(refund_ids=[one.id for one in asked])
    remember(ctx, transaction, request, answer)
    transaction.commit()
    return answer


def _parts(payment: Payment, wanted: Sequence[RefundLine] | None) -> list[tuple[str, Money]]:
    """How much is to go back of which line."""
    if payment.state not in payment_rules.HAS_MONEY:
        raise WrongState(f"This payment is {payment_rules.state_for_payer(payment)}: there is nothing to refund")
    left = {line.key: payment_rules.still_paid(payment, line) for line in payment.lines}
    if wanted is None:
        parts = list(left.items())
    else:
        keys = [f"{line.booking_id}#{line.part}" if line.part else line.booking_id for line in wanted]
        _require_lines(keys, left)
        parts = [(key, line.amount or left[key]) for key, line in zip(keys, wanted, strict=True)]
        _require_amounts(wanted, [left[key] for key in keys])
    found = [(key, amount) for key, amount in parts if amount.amount > 0]
    if not found:
        raise WrongState("All of it went back already, or is about to")
    return found


def _require_lines(keys: Sequence[str], left: Iterable[str]) -> None:
    for position, key in enumerate(keys):
        if key not in left:
            raise Invalid.of(f"lines.{position}.booking_id", "is not paid with this payment")
        if key in keys[:position]:
            raise Invalid.of(f"lines.{position}", "is there twice")


def _require_amounts(wanted: Sequence[RefundLine], left: Sequence[Money]) -> None:
    for position, (line, there) in enumerate(zip(wanted, left, strict=True)):
        if line.amount is not None and line.amount.amount <= 0:
            raise Invalid.of(f"lines.{position}.amount", "must be more than nothing")
        if line.amount is not None and line.amount.amount > there.amount:
            blamed = FieldError(f"lines.{position}.amount", f"is more than is left: {there.amount} pence")
            raise WrongState("More than was paid cannot be refunded", fields=[blamed])


def _refund(ctx: Context, payment: Payment, line: str, amount: Money, why: str) -> Refund:
    refund_id = ctx.new_id("refund")
    return Refund(
        id=refund_id,
        idempotency_key=f"rf:{refund_id}",
        payment_id=payment.id,
        line=line,
        event_id=payment_rules.line_of(payment, line).event_id if line else None,
        amount=amount,
        state=RefundState.ASKED,
        why=why,
        asked_at=ctx.now,
    )


def _make(ctx: Context, asked: Iterable[Refund]) -> None:
    """Make them as far as Stripe answers; what it does not is housekeeping's, a minute later."""
    for refund in asked:
        try:
            make_refund(ctx, refund.payment_id, refund)
        except TryAgain:
            return


def _in_its_place(
    ctx: Context, payment_id: str, refund_id: str, through: RefundWay, account: LedgerAccount | None
) -> Refund:
    """A refund in place of one that failed, or that nobody can make, written with what becomes of that."""
    payment = find_shown(ctx, payment_id)
    old = _found(ctx, payment_id, refund_id)
    if old.replaced_by is not None:
        return _as_asked(_found(ctx, payment_id, old.replaced_by), through)
    is_over = old.state is RefundState.FAILED or (through is RefundWay.SCHOOL and _is_out_of_reach(ctx, payment, old))
    if not is_over:
        raise WrongState(f"This refund is {old.state}")
    if through is RefundWay.STRIPE:
        payment_rules.require_undisputed(payment)
    return _replace(ctx, payment, old, through, account)


def _as_asked(replacement: Refund, through: RefundWay) -> Refund:
    """What is in a refund's place, if it is what is asked for again; else who asks would take it for done."""
    if replacement.through is through:
        return replacement
    if through is RefundWay.SCHOOL:
        raise WrongState("This refund was asked for anew: hand the new one over, should it fail as well")
    raise WrongState("The school has handed this over itself")


def _is_out_of_reach(ctx: Context, payment: Payment, refund: Refund) -> bool:
    """Whether a refund waits for an account that the school has disconnected, and Stripe says now that it still has."""
    if refund.state is not RefundState.ASKED or refund.trouble != RefundTrouble.ACCOUNT_LEFT:
        return False
    try:
        catch_up(ctx, payment.id, rules.charged(payment, refund)[1])
    except AccountLeft:
        return True
    return False


def _replace(ctx: Context, payment: Payment, old: Refund, through: RefundWay, account: LedgerAccount | None) -> Refund:
    new = _refund(ctx, payment, old.line, old.amount, old.why).model_copy(
        update={"through": through, "charge_id": old.charge_id, "account_id": old.account_id}
    )
    ended = old.model_copy(update={"state": RefundState.FAILED, "replaced_by": new.id})
    payment = rules.moved(payment, [(old, ended)]).payment
    asked = payment_rules.to_go_back(payment, old.line, old.amount) if old.line else payment
    change = stamp(ctx, "payment.refund_asked")
    transaction = Transaction(ctx)
    store.keep(transaction, ctx, old, ended, change)
    for kind in (AttentionKind.REFUND_FAILED, AttentionKind.REFUND_STUCK):
        attention.settle(transaction, ctx, kind, old.id)
    if account is None:
        store.keep(transaction, ctx, None, new, change)
        payments.replace(transaction, ctx, payment, asked, change)
    else:
        new = _handed_over(transaction, ctx, payment, (None, new), account)
    transaction.commit()
    return new


def _pay_out(ctx: Context, payment_id: str, refund_id: str, paid: PaidOut) -> Refund:
    payment = find_shown(ctx, payment_id)
    refund = _found(ctx, payment_id, refund_id)
    if refund.through is RefundWay.STRIPE:
        if refund.replaced_by is None and not refund.line:
            raise WrongState("This was for nothing the school sells: give it back in Stripe's dashboard")
        return _in_its_place(ctx, payment_id, refund_id, RefundWay.SCHOOL, _FROM[paid.taken_from])
    if refund.state is RefundState.MADE:
        return refund
    transaction = Transaction(ctx)
    made = _handed_over(transaction, ctx, payment, (refund, refund), _FROM[paid.taken_from])
    transaction.commit()
    return made


def _handed_over(
    transaction: Transaction,
    ctx: Context,
    payment: Payment,
    refund: tuple[Refund | None, Refund],
    account: LedgerAccount,
) -> Refund:
    """Write down that the school gave a refund's money back itself, with the payment and the ledger."""
    before, now = refund
    made = now.model_copy(update={"state": RefundState.MADE})
    moved = rules.moved(payment, [(before, made)])
    change: Change = stamp(ctx, "payment.refunded")
    store.keep(transaction, ctx, before, made, change)
    attention.settle(transaction, ctx, AttentionKind.TO_PAY_OUT, made.id)
    payments.replace(transaction, ctx, payment, moved.payment, change)
    transaction.put(feed.row(ctx, "contact", payment.payer_id, thing="payment", thing_id=payment.id, what="changed"))
    for entry in ledger_rules.paid_out_entries(payment, {made.line: made.amount}, made.id, account, ctx.now):
        ledger.enter(transaction, ctx, entry)
    return made


def _found(ctx: Context, payment_id: str, refund_id: str) -> Refund:
    found = store.find_refund(ctx.school_id, payment_id, refund_id)
    if found is None:
        raise NotFound
    return found
