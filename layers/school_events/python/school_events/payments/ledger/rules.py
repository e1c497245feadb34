"""What each movement of money enters in the ledger: pure, and every entry moves from one account to another."""

from datetime import datetime

from school_events.core.money import pounds
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry
from school_events.payments.model import CheckoutSnapshot, Payment
from school_events.payments.refunds.model import Refund
from school_events.payments.rules import line_of


def entries_of(payment: Payment, snapshot: CheckoutSnapshot, now: datetime) -> tuple[LedgerEntry, ...]:
    """What a paid payment enters in the ledger: the income of each line, and the fee if Stripe has said it."""
    fee = fee_entry(payment, snapshot, now)
    income = _charge_entries(payment, snapshot, now)
    return income if fee is None else (*income, fee)


def _charge_entries(payment: Payment, snapshot: CheckoutSnapshot, now: datetime) -> tuple[LedgerEntry, ...]:
    payer = _payer(payment)
    charge = snapshot.charge_id or snapshot.session_id
    return tuple(
        LedgerEntry(
            key=f"charge:{charge}:{line.key}",
            at=now,
            kind="charge",
            debit=LedgerAccount.STRIPE_BALANCE,
            credit=LedgerAccount.EVENT_INCOME,
            amount=line.amount,
            payment_id=payment.id,
            event_id=line.event_id,
            reference=line.reference,
            payer=payer,
            stripe_id=charge,
        )
        for line in payment.lines
        if line.amount.amount > 0
    )


def fee_entry(payment: Payment, snapshot: CheckoutSnapshot, now: datetime) -> LedgerEntry | None:
    """What Stripe keeps of a paid payment; None while Stripe has not said (it books a charge a moment later)."""
    if not snapshot.fee or snapshot.balance_transaction_id is None:
        return None
    return LedgerEntry(
        key=f"fee:{snapshot.balance_transaction_id}",
        at=now,
        kind="fee",
        debit=LedgerAccount.STRIPE_FEES,
        credit=LedgerAccount.STRIPE_BALANCE,
        amount=pounds(snapshot.fee),
        payment_id=payment.id,
        payer=_payer(payment),
        stripe_id=snapshot.balance_transaction_id,
    )


def refund_entry(payment: Payment, refund: Refund, stripe_id: str, now: datetime) -> LedgerEntry:
    """What a refund enters in the ledger."""
    line = line_of(payment, refund.line)
    return LedgerEntry(
        key=f"refund:{stripe_id}",
        at=now,
        kind="refund",
        debit=LedgerAccount.EVENT_INCOME,
        credit=LedgerAccount.STRIPE_BALANCE,
        amount=refund.amount,
        payment_id=payment.id,
        event_id=line.event_id,
        reference=line.reference,
        payer=_payer(payment),
        stripe_id=stripe_id,
    )


def _payer(payment: Payment) -> str:
    if payment.payer_alias is None:
        raise ValueError("only a paid payment is entered in the ledger")
    return payment.payer_alias
