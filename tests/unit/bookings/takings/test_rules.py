"""What a payment brought in is shared out over its bookings to the penny, whatever happened to it."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from school_events.bookings.takings.rules import Takings, of_payment
from school_events.core.money import NOTHING, pounds
from school_events.payments import rules as payment_rules
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind
from school_events.payments.model import Payment, PaymentLine, PaymentState
from tests.support.contexts import NOW

DAY = date(2026, 11, 23)
BALANCE, INCOME, FEES = LedgerAccount.STRIPE_BALANCE, LedgerAccount.EVENT_INCOME, LedgerAccount.STRIPE_FEES
CASH = LedgerAccount.CASH
MOVED = {
    "card": (LedgerKind.CHARGE, BALANCE, INCOME),
    "cash": (LedgerKind.RECEIVED, CASH, INCOME),
    "cash taken back": (LedgerKind.REVERSED, INCOME, CASH),
    "vouchers": (LedgerKind.RECEIVED, LedgerAccount.VOUCHERS, INCOME),
    "tax_free_childcare": (LedgerKind.RECEIVED, LedgerAccount.TAX_FREE_CHILDCARE, INCOME),
    "refunded": (LedgerKind.REFUND, INCOME, BALANCE),
    "refund failed": (LedgerKind.REFUND_FAILED, BALANCE, INCOME),
    "handed_over": (LedgerKind.PAID_OUT, INCOME, CASH),
    "handed over from the bank": (LedgerKind.PAID_OUT, INCOME, LedgerAccount.BANK),
    "lost": (LedgerKind.DISPUTE_LOST, INCOME, LedgerAccount.DISPUTED),
    "won after all": (LedgerKind.DISPUTE_LOST, LedgerAccount.DISPUTED, INCOME),
    "fee": (LedgerKind.FEE, FEES, BALANCE),
    "dispute's fee": (LedgerKind.DISPUTE_FEE, FEES, BALANCE),
    "dispute's fee back": (LedgerKind.DISPUTE_FEE_BACK, BALANCE, FEES),
    "not to be kept": (LedgerKind.CHARGE, BALANCE, LedgerAccount.SUSPENSE),
    "seen at the bank": (LedgerKind.MATCHED, LedgerAccount.BANK, LedgerAccount.VOUCHERS),
}
"""Every movement of a payment's money, by what it was."""


@st.composite
def lines(draw: st.DrawFn) -> tuple[PaymentLine, ...]:
    """Lines of up to three bookings, some of them in two parts, some of it received by the school."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        amount = draw(st.integers(30, 5000))
        line = PaymentLine(
            reference=f"booking_{number % 3}",
            part="" if number < 3 else "instalment-2",
            event_id="event_1",
            amount=pounds(amount),
            received=pounds(draw(st.sampled_from([0, amount]))),
            over=draw(st.booleans()),
        )
        found.append(line)
    return tuple(found)


def a_payment(of: tuple[PaymentLine, ...], state: PaymentState, due_on: date | None = None) -> Payment:
    return Payment(
        id="payment_1",
        payer_id="contact-1",
        lines=of,
        amount=payment_rules.total(of),
        state=state,
        refunded=NOTHING,
        created_at=NOW,
        due_on=due_on,
    )


def entries(of: tuple[PaymentLine, ...], moved: list[tuple[str, int, int]]) -> list[LedgerEntry]:
    """Movements as (what, how many pence, of which line)."""
    found = []
    for number, (what, pence, position) in enumerate(moved):
        kind, debit, credit = MOVED[what]
        line = of[position % len(of)] if INCOME in {debit, credit} else None
        entry = LedgerEntry(key=str(number), at=NOW, kind=kind, debit=debit, credit=credit, amount=pounds(pence))
        found.append(entry if line is None else entry.model_copy(update={"reference": line.reference}))
    return found


MOVEMENTS = st.lists(st.tuples(st.sampled_from(sorted(MOVED)), st.integers(1, 9000), st.integers(0, 4)), max_size=12)


@given(lines(), MOVEMENTS, st.sampled_from(PaymentState))
def test_what_bookings_kept_and_their_fees_are_the_ledgers(
    of: tuple[PaymentLine, ...], moved: list[tuple[str, int, int]], state: PaymentState
) -> None:
    entered = entries(of, moved)
    found = sum(of_payment(a_payment(of, state), entered, DAY).values(), Takings())
    balances = {
        account: sum(one.amount.amount * (int(one.debit is account) - int(one.credit is account)) for one in entered)
        for account in (INCOME, FEES)
    }
    assert (found.kept, found.fees) == (-balances[INCOME], balances[FEES])
    by_way = {name: sum(pence for what, pence, _ in moved if what == name) for name in MOVED}
    assert found.cash == by_way["cash"] - by_way["cash taken back"]
    assert (found.card, found.vouchers) == (by_way["card"], by_way["vouchers"])
    assert found.refunded == by_way["refunded"] - by_way["refund failed"]
    assert found.lost == by_way["lost"] - by_way["won after all"]


@given(lines(), st.sampled_from(PaymentState), st.none() | st.dates(date(2026, 11, 1), date(2026, 12, 31)))
def test_only_what_can_still_come_is_owed(
    of: tuple[PaymentLine, ...], state: PaymentState, due_on: date | None
) -> None:
    found = sum(of_payment(a_payment(of, state, due_on), [], DAY).values(), Takings())
    asked = sum((one.amount - one.received).amount for one in of if not one.over)
    may_come = state in {"created", "open", "processing", "quarantined"}
    assert found.owed == (asked if may_come else 0)
    late = state in {"created", "open"} and due_on is not None and due_on < DAY
    assert found.overdue == (asked if late else 0)
    assert (found.paid, found.kept, found.fees) == (0, 0, 0)
