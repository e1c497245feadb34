"""Writing refunds down, making them at Stripe, and bringing them to where Stripe says they are."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Literal

from school_events.core import feed, logs
from school_events.core.again import again_if_stale
from school_events.core.change import Change, stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion
from school_events.core.money import Money
from school_events.payments import rules as payment_rules
from school_events.payments import store as payments
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.disputes.model import DisputeState
from school_events.payments.disputes.store import disputes_of_payment
from school_events.payments.ledger import store as ledger
from school_events.payments.model import Payment, PaymentLine, PaymentState
from school_events.payments.refunds import gateway, rules, store, ways
from school_events.payments.refunds.model import Refund, RefundState, RefundTrouble, RefundWay, StripeRefund
from school_events.payments.stripe_client import AccountLeft

RefundReason = Literal["late", "called_off", "cancelled", "unpaid"]

LOOK_AGAIN = timedelta(hours=1)
"""How often a refund is tried that waits for a dispute to be decided, or for an account to be connected again."""


def refund_id(why: RefundReason, line: str) -> str:
    """Names the one refund a line can have for a reason."""
    return f"{why}-{line}".replace("#", "-")


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
        why: its money came ``late``, what it was for is ``called_off``, was ``cancelled`` by who had it, or was let go
            ``unpaid``.
        amount: how much, above zero.

    Raises:
        WrongState: more than is still there.
        NotFound: there is no such payment.
    """
    refund, *_ = ask_refunds(transaction, ctx, payment_id, {line: amount}, why)
    return refund


def ask_refunds(
    transaction: Transaction, ctx: Context, payment_id: str, amounts: Mapping[str, Money], why: RefundReason
) -> list[Refund]:
    """As :func:`ask_refund`, for several lines of a payment at once: how much of each, by its key."""
    before = payment = payments.find_payment(ctx.school_id, payment_id)
    change = stamp(ctx, "payment.refund_asked")
    asked: list[Refund] = []
    for line, amount in amounts.items():
        payment = payment_rules.to_go_back(payment, line, amount)
        refund = Refund(
            id=refund_id(why, line),
            idempotency_key=f"{why}:{line}",
            payment_id=payment_id,
            line=line,
            event_id=payment_rules.line_of(payment, line).event_id,
            amount=amount,
            state=RefundState.ASKED,
            why=why,
            asked_at=ctx.now,
        )
        asked += write_new(transaction, ctx, before, refund, change, by_housekeeping=why != "late")
    if why == "late":
        payment = payment_rules.late_refunding(payment)
    payments.replace(transaction, ctx, before, payment, change)
    return asked


def write_new(
    transaction: Transaction,
    ctx: Context,
    payment: Payment,
    refund: Refund,
    change: Change,
    *,
    by_housekeeping: bool = False,
) -> list[Refund]:
    """Write a new refund of a line down, in the transaction that notes it in its payment.

    What the school received itself it gives back itself: finance staff are shown that it is to be handed over.

    Args:
        transaction: the caller's.
        ctx: the moment.
        payment: as it was read.
        refund: of one of its lines.
        change: what is done.
        by_housekeeping: whether making it is left to housekeeping.

    Returns:
        The refund, first what goes back by card.
    """
    line = payment_rules.line_of(payment, refund.line)
    written = [refund]
    if line.received.amount:
        rows = [item.record for item in store.refunds_of_payment(ctx.school_id, payment.id)]
        written = ways.split(refund, line, rows)
    for one in written:
        item = store.refund_item(ctx, one, change, by_housekeeping=by_housekeeping)
        transaction.create(item, refusal=StaleVersion())
        if one.through is RefundWay.SCHOOL:
            attention.raise_for(transaction, ctx, AttentionKind.TO_PAY_OUT, "refund", one.id, payment.id)
    return written


def give_back_received(transaction: Transaction, ctx: Context, payment: Payment, *, of: str | None = None) -> Payment:
    """What the school received for a payment that ends unpaid is to go back, in the transaction that ends it.

    Args:
        transaction: the caller's.
        ctx: the moment.
        payment: as it is to be; the caller writes it.
        of: only what it received for this thing.

    Returns:
        The payment with that noted.
    """
    for line in payment.lines:
        left = line.received - line.back
        if left.amount > 0 and of in {None, line.reference}:
            payment = _handed_back(transaction, ctx, payment, line, left)
    return payment


def _handed_back(transaction: Transaction, ctx: Context, payment: Payment, line: PaymentLine, left: Money) -> Payment:
    refund_id = ctx.new_id("refund")
    refund = Refund(
        id=refund_id,
        idempotency_key=f"rf:{refund_id}",
        payment_id=payment.id,
        line=line.key,
        event_id=line.event_id,
        amount=left,
        state=RefundState.ASKED,
        through=RefundWay.SCHOOL,
        why="unpaid",
        asked_at=ctx.now,
    )
    item = store.refund_item(ctx, refund, stamp(ctx, "payment.refund_asked"))
    transaction.create(item, refusal=StaleVersion())
    attention.raise_for(transaction, ctx, AttentionKind.TO_PAY_OUT, "refund", refund.id, payment.id)
    return rules.moved(payment, [(None, refund)]).payment


def make_refund(ctx: Context, payment_id: str, refund: Refund) -> None:
    """Make a refund that is written down; one at Stripe however often asked (PAYMENTS.md 6).

    A crash at any point is made good by calling it again. What Stripe refuses for good has failed, and finance staff
    are shown it; what it refuses for now waits.

    Args:
        ctx: the moment.
        payment_id: paid.
        refund: a part of it.

    Raises:
        TryAgain: Stripe did not answer, or too busy.
    """
    asked = store.find_refund(ctx.school_id, payment_id, refund.id)
    if asked is None or asked.state is not RefundState.ASKED or asked.through is not RefundWay.STRIPE:
        return
    payment = payments.find_payment(ctx.school_id, payment_id)
    try:
        if asked.line and payment.state is PaymentState.LOST:
            payment, asked = _as_it_fits(ctx, payment, asked)
        if asked.state is not RefundState.ASKED or asked.through is not RefundWay.STRIPE:
            return
        found = _at_stripe(ctx, payment, asked)
    except AccountLeft:
        _wait(ctx, asked, RefundTrouble.ACCOUNT_LEFT)
    except gateway.Refused as refusal:
        _refused(ctx, payment, asked, refusal.code)
    else:
        again_if_stale(partial(_settle, ctx, payment_id, found))


def _as_it_fits(ctx: Context, payment: Payment, asked: Refund) -> tuple[Payment, Refund]:
    """A refund that was asked for before a part of its line was lost, as far as there is still money for it.

    Stripe is looked at first: what it made and we did not hear of is not cut down, and not made once more.
    """
    if _fit(ctx, payment, asked).by_card < asked.amount.amount:
        catch_up(ctx, payment.id)
        again_if_stale(partial(_cut_down, ctx, asked))
        payment = payments.find_payment(ctx.school_id, payment.id)
        asked = store.find_refund(ctx.school_id, payment.id, asked.id) or asked
    return payment, asked


def _fit(ctx: Context, payment: Payment, asked: Refund) -> ways.Fit:
    rows = [item.record for item in store.refunds_of_payment(ctx.school_id, payment.id)]
    return ways.fit(asked, payment_rules.line_of(payment, asked.line), rows)


def _cut_down(ctx: Context, asked: Refund) -> None:
    payment = payments.find_payment(ctx.school_id, asked.payment_id)
    now = store.find_refund(ctx.school_id, asked.payment_id, asked.id)
    if now is None or now.state is not RefundState.ASKED or payment.state is not PaymentState.LOST:
        return
    parts = _fit(ctx, payment, now)
    if parts.by_card < now.amount.amount:
        _write(ctx, payment, rules.moved(payment, ways.fitted(now, parts)))


def look_at_pending(ctx: Context, pending: Refund) -> None:
    """See what became of a refund that is under way, of which every word may be lost; if it still is, again in a day.

    One that is under way for longer than Stripe lets it be is shown to finance staff, and looked at once a week.

    Raises:
        TryAgain: Stripe did not answer, or too busy.
    """
    trouble = RefundTrouble.UNDER_WAY
    _, account_id = rules.charged(payments.find_payment(ctx.school_id, pending.payment_id), pending)
    try:
        catch_up(ctx, pending.payment_id, account_id)
    except AccountLeft:
        trouble = RefundTrouble.ACCOUNT_LEFT
    now = store.find_refund(ctx.school_id, pending.payment_id, pending.id)
    if now is None or now.state is not RefundState.PENDING:
        return
    is_overdue = rules.is_overdue(now, ctx.now)
    due_in = rules.AFTER_THAT if is_overdue else store.ASKED_FOR_EVERY
    if is_overdue and now.trouble != trouble:
        _note(ctx, now, now.model_copy(update={"trouble": trouble}), due_in)
    else:
        store.put_refund_off(ctx.school_id, now, ctx.now + due_in)


def _at_stripe(ctx: Context, payment: Payment, asked: Refund) -> StripeRefund:
    """The refund at Stripe, made now unless it was.

    A key that Stripe has forgotten would make it once more, and so would another key after a refusal, if what somebody
    else asked at that moment was not refused.
    """
    charge_id, account_id = rules.charged(payment, asked)
    if asked.refusals or ctx.now - asked.asked_at >= rules.KEY_LIFE:
        for found in gateway.refunds_of_charge(ctx, account_id, charge_id):
            if found.refund_id == asked.id:
                return found
    return gateway.create_refund(ctx, asked, charge_id, account_id)


def _refused(ctx: Context, payment: Payment, asked: Refund, code: str) -> None:
    """Stripe will not make it: it waits for a bank's decision; or its money went back otherwise; or it failed."""
    if code == RefundTrouble.DISPUTED and not _is_lost(ctx, payment, asked):
        _wait(ctx, asked, RefundTrouble.DISPUTED)
        return
    catch_up(ctx, payment.id)
    again_if_stale(partial(_fail, ctx, asked, code))


def _is_lost(ctx: Context, payment: Payment, asked: Refund) -> bool:
    """Whether the payer's bank took the money back for good; what is not to be kept has a charge of its own."""
    if asked.line:
        return payment.state is PaymentState.LOST
    disputes = [one for one in disputes_of_payment(ctx.school_id, payment.id) if one.charge_id == asked.charge_id]
    return bool(disputes) and all(one.state is DisputeState.LOST for one in disputes)


def _wait(ctx: Context, asked: Refund, trouble: RefundTrouble) -> None:
    """Put a refund off that Stripe refused for now; it is asked with another key then, since Stripe keeps refusals."""
    waiting = asked.model_copy(update={"trouble": trouble, "refusals": asked.refusals + 1})
    _note(ctx, asked, waiting, rules.AFTER_THAT if rules.is_overdue(asked, ctx.now) else LOOK_AGAIN)


def note_stuck(ctx: Context, refund: Refund, due_in: timedelta) -> None:
    """Show finance staff a refund that could not be made for long, and look at it again later."""
    if refund.trouble is None:
        stuck = refund.model_copy(update={"trouble": RefundTrouble.NO_ANSWER})
        _note(ctx, refund, stuck, due_in)
    else:
        store.put_refund_off(ctx.school_id, refund, ctx.now + due_in)


def _note(ctx: Context, before: Refund, after: Refund, due_in: timedelta) -> None:
    """Write down what keeps a refund waiting; nothing if it moved meanwhile."""
    if store.find_refund(ctx.school_id, before.payment_id, before.id) != before:
        # It may wait still and be another: less of it, as its bank has decided. Who did that has written it down.
        logs.count("RefundOvertaken")
        return
    transaction = Transaction(ctx)
    item = store.refund_item(ctx, after, stamp(ctx, "refund.waiting"), due_at=ctx.now + due_in)
    transaction.put(item, store.as_it_was(before), refusal=StaleVersion())
    if before.trouble != after.trouble:
        attention.raise_for(transaction, ctx, AttentionKind.REFUND_STUCK, "refund", after.id, after.payment_id)
    try:
        transaction.commit()
    except StaleVersion:
        logs.count("RefundOvertaken")


def _fail(ctx: Context, asked: Refund, code: str) -> None:
    payment = payments.find_payment(ctx.school_id, asked.payment_id)
    now = store.find_refund(ctx.school_id, asked.payment_id, asked.id)
    if now is not None and now.state is RefundState.ASKED:
        _write(ctx, payment, rules.moved(payment, [(now, rules.failed(now, code))]))


def catch_up(ctx: Context, payment_id: str, account_id: str | None = None) -> None:
    """Bring the refunds of a payment, ours and the dashboard's, and the ledger to where Stripe says they are.

    Calling it again changes nothing; the order in which things are heard of makes no difference (scenarios 9, 10, 12).
    A payment whose money we have not heard of has no charge to ask for: apply it first.

    Args:
        ctx: the moment.
        payment_id: which.
        account_id: only what was paid to this account of the school; to any unless told.

    Raises:
        NotFound: there is no such payment.
        AccountLeft: the school has disconnected the account that was paid.
        TryAgain: Stripe did not answer, or too busy.
    """
    payment = payments.find_payment(ctx.school_id, payment_id)
    for charge_id, paid_to in rules.charges_of(payment):
        if account_id in {None, paid_to}:
            for found in gateway.refunds_of_charge(ctx, paid_to, charge_id):
                again_if_stale(partial(_settle, ctx, payment_id, found))


def _settle(ctx: Context, payment_id: str, found: StripeRefund) -> None:
    """Write what is new of a refund.

    The payment is read first: a refund that is not made yet is then not counted in it either.
    """
    payment = payments.find_payment(ctx.school_id, payment_id)
    rows = [item.record for item in store.refunds_of_payment(ctx.school_id, payment_id)]
    change = rules.settled(payment, rows, found, ctx.now)
    if change is not None:
        _write(ctx, payment, change)


def _write(ctx: Context, payment: Payment, moved: rules.Moved) -> None:
    """Refunds, payment, ledger and what finance staff are shown, together."""
    change = stamp(ctx, rules.action_of(moved))
    transaction = Transaction(ctx)
    for before, after in moved.rows:
        store.keep(transaction, ctx, before, after, change)
        _tell_finance(transaction, ctx, before, after)
    if moved.payment != payment or change.action == "payment.refund_failed":
        # Also of what came twice, which is no line's: who pays hears of it by this change of the payment.
        payments.replace(transaction, ctx, payment, moved.payment, change)
        transaction.put(
            feed.row(ctx, "contact", payment.payer_id, thing="payment", thing_id=payment.id, what="changed")
        )
    for entry in rules.entries_of(payment, moved.rows, ctx.now):
        ledger.enter(transaction, ctx, entry)
    transaction.commit()


def _tell_finance(transaction: Transaction, ctx: Context, before: Refund | None, after: Refund) -> None:
    if _was_stuck(before) and (after.trouble is None or after.state is RefundState.FAILED):
        attention.settle(transaction, ctx, AttentionKind.REFUND_STUCK, after.id)
    if after.state is RefundState.ASKED and after.through is RefundWay.SCHOOL:
        attention.raise_for(transaction, ctx, AttentionKind.TO_PAY_OUT, "refund", after.id, after.payment_id)
    had_failed = before is not None and before.state is RefundState.FAILED
    if after.state is RefundState.FAILED:
        if not had_failed:
            attention.raise_for(transaction, ctx, AttentionKind.REFUND_FAILED, "refund", after.id, after.payment_id)
        logs.count("RefundFailed")
    elif had_failed:
        attention.settle(transaction, ctx, AttentionKind.REFUND_FAILED, after.id)


def _was_stuck(refund: Refund | None) -> bool:
    return refund is not None and refund.trouble is not None and refund.state is not RefundState.FAILED
