"""What each movement of money enters in the ledger: pure, and every entry moves from one account to another.

What a payment's money does is entered here, what a dispute does in :mod:`..disputes.rules`; :mod:`.account_rules`
enters what a school's Stripe account does besides.
What is of several lines is given as parts: pence by the key of a line, of which those of nothing are left out.
"""

from collections.abc import Mapping
from datetime import datetime

from school_events.core.money import Money, pounds
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind
from school_events.payments.model import CheckoutSnapshot, Payment
from school_events.payments.refunds.model import Refund
from school_events.payments.rules import line_of

type Parts = Mapping[str, Money]
"""An amount by the key of the payment's line it is of."""

_BALANCE = LedgerAccount.STRIPE_BALANCE
_INCOME = LedgerAccount.EVENT_INCOME


def entries_of(payment: Payment, snapshot: CheckoutSnapshot, now: datetime) -> tuple[LedgerEntry, ...]:
    """What a paid payment enters in the ledger: the income of each line, and the fee if Stripe has said it.

    Raises:
        ValueError: nobody is known as its payer yet.
    """
    if payment.payer_alias is None:
        raise ValueError("only a paid payment is entered in the ledger")
    parts = {line.key: line.amount - line.received for line in payment.lines}
    income = of_lines(payment, parts, LedgerKind.CHARGE, (_BALANCE, _INCOME), _charge_id(snapshot), now)
    fee = fee_entry(payment, snapshot, now)
    return income if fee is None else (*income, fee)


def fee_entry(payment: Payment, snapshot: CheckoutSnapshot, now: datetime) -> LedgerEntry | None:
    """What Stripe keeps of what came; None while Stripe has not said (it books a charge a moment later)."""
    if not snapshot.fee or snapshot.balance_transaction_id is None:
        return None
    return of_payment(
        payment,
        f"fee:{snapshot.balance_transaction_id}",
        LedgerKind.FEE,
        (LedgerAccount.STRIPE_FEES, _BALANCE),
        pounds(snapshot.fee),
        _charge_id(snapshot),
        now,
    )


def suspense_entry(payment: Payment, charge_id: str, amount: Money, now: datetime) -> LedgerEntry:
    """What money enters that came for a payment and is not to be kept: of another amount, or paid twice (11, 22)."""
    key = f"charge:{charge_id}:suspense"
    return of_payment(payment, key, LedgerKind.CHARGE, (_BALANCE, LedgerAccount.SUSPENSE), amount, charge_id, now)


def suspense_back_entry(payment: Payment, stripe_id: str, amount: Money, now: datetime) -> LedgerEntry:
    """What a refund of such money enters."""
    key = f"refund:{stripe_id}:suspense"
    return of_payment(payment, key, LedgerKind.REFUND, (LedgerAccount.SUSPENSE, _BALANCE), amount, stripe_id, now)


def suspense_kept_entry(payment: Payment, stripe_id: str, amount: Money, now: datetime) -> LedgerEntry:
    """What it enters when a refund of such money failed: it is there again, and still not ours."""
    key = f"refund_failed:{stripe_id}:suspense"
    accounts = (_BALANCE, LedgerAccount.SUSPENSE)
    return of_payment(payment, key, LedgerKind.REFUND_FAILED, accounts, amount, stripe_id, now)


def refund_entry(payment: Payment, refund: Refund, stripe_id: str, now: datetime) -> LedgerEntry:
    """What a refund of one line enters in the ledger."""
    return refund_entries(payment, {refund.line: refund.amount}, stripe_id, now)[0]


def refund_entries(payment: Payment, parts: Parts, stripe_id: str, now: datetime) -> tuple[LedgerEntry, ...]:
    """What a refund enters that gives back of several lines, as one made in Stripe's dashboard does."""
    return of_lines(payment, parts, LedgerKind.REFUND, (_INCOME, _BALANCE), stripe_id, now)


def refund_failed_entries(payment: Payment, parts: Parts, stripe_id: str, now: datetime) -> tuple[LedgerEntry, ...]:
    """What a refund enters that failed, or was called off, after it was entered: the money is the school's again."""
    return of_lines(payment, parts, LedgerKind.REFUND_FAILED, (_BALANCE, _INCOME), stripe_id, now)


def received_entries(
    payment: Payment, parts: Parts, receipt_id: str, account: LedgerAccount, now: datetime
) -> tuple[LedgerEntry, ...]:
    """What money enters that the school received itself.

    Args:
        payment: what it was received for.
        parts: how much of each line.
        receipt_id: ours, of what was written down.
        account: ``CASH``, ``VOUCHERS`` or ``TAX_FREE_CHILDCARE``.
        now: the present instant, UTC.
    """
    return of_lines(payment, parts, LedgerKind.RECEIVED, (account, _INCOME), None, now, named=receipt_id)


def matched_entry(
    payment: Payment, receipt_id: str, account: LedgerAccount, amount: Money, now: datetime
) -> LedgerEntry:
    """What a voucher or Tax-Free Childcare enters once it was seen on the bank's statement."""
    accounts = (LedgerAccount.BANK, account)
    return of_payment(payment, f"matched:{receipt_id}", LedgerKind.MATCHED, accounts, amount, None, now)


def paid_out_entries(
    payment: Payment, parts: Parts, payout_id: str, account: LedgerAccount, now: datetime
) -> tuple[LedgerEntry, ...]:
    """What money enters that the school gave back itself, past Stripe.

    Args:
        payment: what it was received for.
        parts: how much of each line.
        payout_id: ours, of the refund that was paid out by hand.
        account: what it was taken from: ``CASH`` or ``BANK``.
        now: the present instant, UTC.
    """
    return of_lines(payment, parts, LedgerKind.PAID_OUT, (_INCOME, account), None, now, named=payout_id)


def reversed_entry(entry: LedgerEntry, now: datetime) -> LedgerEntry:
    """The opposite of an entry that was a mistake of ours; the ledger forgets nothing, so it is entered beside it."""
    update = {
        "key": f"reversed:{entry.key}",
        "at": now,
        "kind": LedgerKind.REVERSED,
        "debit": entry.credit,
        "credit": entry.debit,
    }
    return entry.model_copy(update=update)


def of_lines(
    payment: Payment,
    parts: Parts,
    kind: LedgerKind,
    accounts: tuple[LedgerAccount, LedgerAccount],
    stripe_id: str | None,
    now: datetime,
    named: str | None = None,
) -> tuple[LedgerEntry, ...]:
    """An entry for each line that has a part in a movement, as income of its event.

    Args:
        payment: whose lines.
        parts: how much of each.
        kind: why it moved.
        accounts: where it went to, and where it came from.
        stripe_id: Stripe's object it moved for, if it moved there.
        now: the present instant, UTC.
        named: our own object that names it, if Stripe's does not.
    """
    found = []
    for key, amount in parts.items():
        line = line_of(payment, key)
        name = f"{kind}:{stripe_id or named}:{key}"
        entry = of_payment(payment, name, kind, accounts, amount, stripe_id, now)
        found.append(entry.model_copy(update={"event_id": line.event_id, "reference": line.reference}))
    return _some(*found)


def of_payment(
    payment: Payment,
    key: str,
    kind: LedgerKind,
    accounts: tuple[LedgerAccount, LedgerAccount],
    amount: Money,
    stripe_id: str | None,
    now: datetime,
) -> LedgerEntry:
    """A movement of a payment's money.

    Args:
        payment: whose.
        key: names the movement.
        kind: why it moved.
        accounts: where it went to, and where it came from.
        amount: in pence.
        stripe_id: Stripe's object it moved for, if it moved there.
        now: the present instant, UTC.
    """
    at_stripe = _BALANCE in accounts and payment.checkout is not None
    return LedgerEntry(
        key=key,
        at=now,
        kind=kind,
        debit=accounts[0],
        credit=accounts[1],
        amount=amount,
        payment_id=payment.id,
        payer=payment.payer_alias,
        stripe_id=stripe_id,
        stripe_account=payment.checkout.account_id if at_stripe and payment.checkout else None,
        listed_with=only_event_of(payment),
    )


def only_event_of(payment: Payment) -> str | None:
    """The event that all lines of a payment are of; none if they are of several."""
    event_id, *others = {line.event_id for line in payment.lines}
    return None if others else event_id


def _some(*entries: LedgerEntry) -> tuple[LedgerEntry, ...]:
    """The entries that move anything."""
    return tuple(entry for entry in entries if entry.amount.amount > 0)


def _charge_id(snapshot: CheckoutSnapshot) -> str:
    return snapshot.charge_id or snapshot.session_id
