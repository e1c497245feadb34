"""What a payment's entries in the ledger come to, booking by booking: pure.

Amounts are pence. What came, went back or was lost is what the ledger entered as income of the event, so that it is
the ledger's to the penny; what is owed is what unpaid payments still ask for.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind
from school_events.payments.listing import is_overdue
from school_events.payments.model import Payment, PaymentState
from school_events.payments.rules import received
from school_events.payments.sharing import pro_rata

_OWED = frozenset({PaymentState.CREATED, PaymentState.OPEN, PaymentState.PROCESSING, PaymentState.QUARANTINED})
"""The states of a payment whose money has not come, or not as it was asked for, and is still asked for."""

_CAME = {
    LedgerAccount.STRIPE_BALANCE: "card",
    LedgerAccount.CASH: "cash",
    LedgerAccount.VOUCHERS: "vouchers",
    LedgerAccount.TAX_FREE_CHILDCARE: "tax_free_childcare",
}
_WENT = {
    LedgerKind.REFUND: "refunded",
    LedgerKind.REFUND_FAILED: "refunded",
    LedgerKind.PAID_OUT: "handed_over",
    LedgerKind.DISPUTE_LOST: "lost",
}


@dataclass(frozen=True)
class Takings:
    """What something brought in, in pence.

    Args:
        card: came by card or direct debit.
        cash: the school received in cash.
        vouchers: it received in vouchers.
        tax_free_childcare: it received from Tax-Free Childcare.
        owed: is still asked for.
        overdue: of that, what was to be paid by now.
        refunded: went back through Stripe.
        handed_over: the school gave back itself.
        lost: payers' banks took back for good.
        fees: Stripe keeps, for charges and disputes.
    """

    card: int = 0
    cash: int = 0
    vouchers: int = 0
    tax_free_childcare: int = 0
    owed: int = 0
    overdue: int = 0
    refunded: int = 0
    handed_over: int = 0
    lost: int = 0
    fees: int = 0

    @property
    def paid(self) -> int:
        """What came, whatever became of it."""
        return self.card + self.cash + self.vouchers + self.tax_free_childcare

    @property
    def kept(self) -> int:
        """What is there of it: the income in the ledger."""
        return self.paid - self.refunded - self.handed_over - self.lost

    def plus(self, **pence: int) -> Self:
        """With so much more of some of it."""
        return replace(self, **{name: getattr(self, name) + more for name, more in pence.items()})

    def __add__(self, other: "Takings") -> "Takings":
        return self.plus(**vars(other))


def of_payment(payment: Payment, entries: Iterable[LedgerEntry], day: date) -> dict[str, Takings]:
    """What a payment brought in for each of the bookings it is for.

    Args:
        payment: which.
        entries: all of its entries in the ledger.
        day: the local day on which it is asked.
    """
    found: dict[str, Takings] = defaultdict(Takings)
    fees = 0
    for entry in entries:
        if entry.reference is not None:
            name, pence = _moved(entry)
            found[entry.reference] = found[entry.reference].plus(**{name: pence})
        fees += _signed(entry, LedgerAccount.STRIPE_FEES)
    for reference, share in _shared(payment, fees).items():
        found[reference] = found[reference].plus(fees=share)
    for line in payment.lines if payment.state in _OWED else ():
        owed = 0 if line.over else (line.amount - line.received).amount
        overdue = owed if is_overdue(payment, day) else 0
        found[line.reference] = found[line.reference].plus(owed=owed, overdue=overdue)
    return dict(found)


def is_all_there(payment: Payment, entries: Iterable[LedgerEntry]) -> bool:
    """Whether entries show all that a payment knows to have come; of those an index lists some may be missing."""
    came = (_moved(one)[1] for one in entries if one.reference is not None and one.kind not in _WENT)
    known = received(payment) if payment.paid_at is None else payment.amount
    return sum(came) == known.amount


def _moved(entry: LedgerEntry) -> tuple[str, int]:
    """Which sum a movement of an event's income changes, and by how much."""
    income = -_signed(entry, LedgerAccount.EVENT_INCOME)
    if entry.kind in _WENT:
        return _WENT[entry.kind], -income
    return _CAME[entry.debit if income > 0 else entry.credit], income


def _signed(entry: LedgerEntry, account: LedgerAccount) -> int:
    """By how much a movement raises an account, in pence."""
    return entry.amount.amount * ((entry.debit is account) - (entry.credit is account))


def _shared(payment: Payment, fees: int) -> Mapping[str, int]:
    """A payment's fees by booking, in proportion to what was asked for each by card; never a penny more or less."""
    asked: Counter[str] = Counter()
    for line in payment.lines:
        asked[line.reference] += (line.amount - line.received).amount
    if not sum(asked.values()):
        asked = Counter(line.reference for line in payment.lines)
    often_enough = abs(fees) // sum(asked.values()) + 1
    shares = pro_rata(abs(fees), {reference: pence * often_enough for reference, pence in asked.items()})
    return {reference: share if fees > 0 else -share for reference, share in shares.items() if share}
