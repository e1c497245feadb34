"""Writing receipts down, and what the school received when it is seen at its bank (decision 0042)."""

from collections.abc import Mapping
from functools import partial

from school_events.core.again import again_if_stale
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import WrongState
from school_events.core.money import Money
from school_events.core.requests import Request, answered_once, remember
from school_events.payments.ledger import rules as ledger_rules
from school_events.payments.ledger import store as ledger
from school_events.payments.listing import find_shown
from school_events.payments.model import Payment
from school_events.payments.receipts import rules, store
from school_events.payments.receipts.api import NewReceipt, ReceiptView, Recorded, Sighting, receipt_view
from school_events.payments.receipts.model import Receipt, ReceiptState
from school_events.people.readings import note_reading
from school_events.people.rules import today


def new_receipt(ctx: Context, payment: Payment, asked: NewReceipt) -> Receipt:
    """A receipt of what the school received, to be written with its payment; nothing is written here.

    Raises:
        Invalid: the day, or the amount.
        WrongState: the payment is not to be paid, or has too many receipts.
    """
    rules.require_day(asked.received_on, today(ctx.now), "received_on")
    rules.require_receivable(payment, asked.amount)
    if len(store.of_payment(ctx.school_id, payment.id)) >= rules.MOST_RECEIPTS:
        raise WrongState(f"A payment has at most {rules.MOST_RECEIPTS} receipts")
    return Receipt(
        id=ctx.new_id("receipt"),
        payment_id=payment.id,
        method=asked.method,
        amount=asked.amount,
        parts=rules.parts_of(payment, asked.amount),
        reference=asked.reference,
        received_on=asked.received_on,
        recorded_at=ctx.now,
    )


def write(transaction: Transaction, ctx: Context, payment: Payment, receipt: Receipt) -> None:
    """Write a new receipt and its entries, in the transaction that changes its payment.

    Args:
        transaction: the caller's.
        ctx: the moment.
        payment: as it is with the receipt.
        receipt: new.
    """
    store.create(transaction, ctx, receipt, stamp(ctx, "receipt.recorded"))
    account = rules.ACCOUNTS[receipt.method]
    for entry in ledger_rules.received_entries(payment, _parts(receipt), receipt.id, account, ctx.now):
        ledger.enter(transaction, ctx, entry)


def reverse(transaction: Transaction, ctx: Context, receipt: Receipt, reason: str) -> None:
    """Take a receipt back that was a mistake, in the transaction that changes its payment.

    The ledger forgets nothing: the opposite of each entry is entered beside it.
    """
    store.replace(transaction, ctx, receipt, receipt.taken_back(reason, ctx.now), stamp(ctx, "receipt.reversed"))
    named = {f"received:{receipt.id}:{part.line}" for part in receipt.parts} | {f"matched:{receipt.id}"}
    for entry in ledger.ledger_of_payment(ctx.school_id, receipt.payment_id):
        if entry.key in named:
            ledger.enter(transaction, ctx, ledger_rules.reversed_entry(entry, ctx.now))


def match(ctx: Context, payment_id: str, receipt_id: str, seen: Sighting, request: Request) -> Recorded:
    """Write down that the money of a receipt was seen on the bank's statement.

    Raises:
        NotFound: there is no such receipt.
        WrongState: it was seen already, or taken back.
        Invalid: the day.
        TryAgain: too busy.
    """
    attempt = partial(again_if_stale, partial(_match, ctx, payment_id, receipt_id, seen, request))
    return answered_once(ctx, request, Recorded, attempt)


def _match(ctx: Context, payment_id: str, receipt_id: str, seen: Sighting, request: Request) -> Recorded:
    payment = find_shown(ctx, payment_id)
    receipt = store.find(ctx.school_id, payment_id, receipt_id)
    rules.require_seen(receipt)
    rules.require_day(seen.seen_on, today(ctx.now), "seen_on")
    matched = receipt.seen(seen.reference, seen.seen_on, ctx.now)
    account = rules.ACCOUNTS[receipt.method]
    transaction = Transaction(ctx)
    store.replace(transaction, ctx, receipt, matched, stamp(ctx, "receipt.matched"))
    ledger.enter(transaction, ctx, ledger_rules.matched_entry(payment, receipt.id, account, receipt.amount, ctx.now))
    answer = Recorded(id=receipt.id, state=ReceiptState.MATCHED.value, payment_state=payment.state.value)
    remember(ctx, transaction, request, answer)
    transaction.commit()
    return answer


def receipts_of(ctx: Context, payment_id: str) -> list[ReceiptView]:
    """What the school received for a payment, in the order it was written down; in the audit log (H6).

    Raises:
        NotFound: there is no such payment.
    """
    find_shown(ctx, payment_id)
    note_reading(ctx, "receipts.read", "payment", payment_id)
    return [receipt_view(one) for one in store.of_payment(ctx.school_id, payment_id)]


def _parts(receipt: Receipt) -> Mapping[str, Money]:
    return {part.line: part.amount for part in receipt.parts}
