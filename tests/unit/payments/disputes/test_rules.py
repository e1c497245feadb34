"""What disputes do to payments and the ledger, whatever order their states are seen in."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from school_events.core.money import NOTHING, pounds
from school_events.payments import rules as payment_rules
from school_events.payments.disputes import rules
from school_events.payments.disputes.model import Dispute, DisputeMovement, DisputeSnapshot, DisputeState
from school_events.payments.ledger.model import LedgerEntry
from school_events.payments.ledger.rules import refund_entries
from school_events.payments.model import Payment, PaymentLine, PaymentState
from school_events.payments.rules import state_for_payer
from tests.support.contexts import NOW

_PENCE = st.integers(30, 100_000)


@st.composite
def _lines(draw: st.DrawFn) -> tuple[PaymentLine, ...]:
    amounts = draw(st.lists(_PENCE, min_size=1, max_size=5))
    return tuple(
        PaymentLine(
            reference=f"b{number}",
            event_id=f"e{number % 2}",
            amount=pounds(amount),
            back=pounds(draw(st.integers(0, amount))),
            received=pounds(draw(st.integers(0, amount // 2))),
        )
        for number, amount in enumerate(amounts)
    )


def _paid(lines: tuple[PaymentLine, ...], **more: Any) -> Payment:
    return Payment(
        id="y",
        payer_id="contact-1",
        payer_alias="alias-1",
        lines=lines,
        amount=pounds(sum(line.amount.amount for line in lines)),
        state=PaymentState.PAID,
        charge_id="ch_1",
        refunded=NOTHING,
        created_at=NOW,
        **more,
    )


def _seen(state: DisputeState, pence: int, moved: tuple[int, ...] = ()) -> DisputeSnapshot:
    """What Stripe says of a dispute that moved so much money so far, and kept a fee for the first."""
    movements = tuple(
        DisputeMovement(id=f"txn_{number}", amount=amount, fee=0 if number else 2000)
        for number, amount in enumerate(moved)
    )
    return DisputeSnapshot(
        id="du_1",
        charge_id="ch_1",
        payment_id="y",
        amount=pounds(pence),
        reason="fraudulent",
        state=state,
        respond_by=NOW,
        movements=movements,
    )


class _Life:
    """A payment, its dispute and the ledger, and what a bank and finance staff do to them."""

    def __init__(self, payment: Payment, pence: int) -> None:
        self.payment, self.pence = payment, pence
        self.dispute: Dispute | None = None
        self.entries: list[LedgerEntry] = []
        self.moved: tuple[int, ...] = ()

    def bank(self, state: DisputeState, back: int = 0) -> None:
        """It takes the money unless it has it, gives it back if it was won, and a part of it if it was lost."""
        held = -sum(self.moved)
        if state in {DisputeState.OPEN, DisputeState.LOST} and held == 0:
            self.moved, held = (*self.moved, -self.pence), self.pence
        if state is DisputeState.WON and held:
            self.moved = (*self.moved, held)
        if state is DisputeState.LOST and 0 < back < held:
            self.moved = (*self.moved, back)
        self.see(_seen(state, self.pence, self.moved))

    def see(self, snapshot: DisputeSnapshot) -> None:
        """We look."""
        after = rules.brought_up_to_date(self.dispute, snapshot, self.payment, "acct_1", NOW)
        if after != self.dispute:
            self.entries += rules.entries_of(self.payment, self.dispute, after, snapshot, NOW)
            self.payment = rules.payment_after(self.payment, self.dispute, after)
            self.dispute = after.model_copy(update={"version": self.dispute.version + 1 if self.dispute else 1})

    def refund(self, line: str, pence: int) -> None:
        """Finance staff give money back, as far as there is any."""
        left = payment_rules.still_paid(self.payment, payment_rules.line_of(self.payment, line)).amount
        amount = pounds(min(pence, left))
        if amount.amount and self.payment.state is not PaymentState.DISPUTED:
            self.payment = payment_rules.to_go_back(self.payment, line, amount)
            self.payment = payment_rules.refunded(self.payment, amount)
            self.entries += refund_entries(self.payment, {line: amount}, f"re_{len(self.entries)}", NOW)


def _accounts(entries: list[LedgerEntry]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for entry in entries:
        sums[entry.debit] += entry.amount.amount
        sums[entry.credit] -= entry.amount.amount
    return sums


def _taken_from(entries: list[LedgerEntry]) -> Counter[str]:
    """What left the income of each line, in pence."""
    sums: Counter[str] = Counter()
    for entry in entries:
        way = (entry.debit == "event_income") - (entry.credit == "event_income")
        sums[entry.reference or ""] += way * entry.amount.amount
    return sums


_ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("bank"), st.sampled_from(DisputeState), st.integers(0, 50_000)),
        st.tuples(st.just("refund"), st.integers(0, 4), st.integers(1, 50_000)),
    ),
    min_size=1,
    max_size=10,
)


@given(lines=_lines(), acts=_ACTS, part=st.floats(0.01, 1))
def test_whatever_is_refunded_lost_and_won_after_all_every_line_has_its_own_in_the_end(
    lines: tuple[PaymentLine, ...], acts: list[tuple[Any, Any, int]], part: float
) -> None:
    """Movements are only ever added, as at Stripe; banks think again, and part of what was lost may come back."""
    asked_before = {line.reference: line.back.amount for line in lines}
    by_card = sum((line.amount - line.received).amount for line in lines)
    life = _Life(_paid(lines), max(1, int(by_card * part)))
    for act in acts:
        if act[0] == "bank":
            life.bank(act[1], act[2])
        else:
            life.refund(lines[act[1] % len(lines)].key, act[2])
    payment, entries, dispute = life.payment, life.entries, life.dispute
    sums, taken = _accounts(entries), _taken_from(entries)
    back = {line.reference: line.back.amount - asked_before[line.reference] for line in payment.lines}
    state = dispute.state if dispute else DisputeState.CLOSED
    lost = -sum(life.moved) if state is DisputeState.LOST else 0
    assert sum(sums.values()) == 0
    assert len({entry.key for entry in entries}) == len(entries)
    assert all(entry.amount.amount > 0 for entry in entries)
    assert sums["stripe_balance"] == sum(life.moved) - (2000 if life.moved else 0) - sum(back.values())
    assert sums["disputed"] == -sum(life.moved) - lost, "once it is decided nobody keeps anything"
    assert sums["event_income"] == sum(back.values()) + lost
    assert payment.lost.amount == lost == sum(line.lost.amount for line in payment.lines)
    for line in payment.lines:
        assert taken[line.reference] == back[line.reference] + line.lost.amount
        assert payment_rules.still_paid(payment, line).amount >= 0
        assert lost or not line.lost.amount, "what was won goes back to who had lost it"
    expected = PaymentState.LOST if lost else state_for_payer(payment)
    assert payment.state is (PaymentState.DISPUTED if state is DisputeState.OPEN else expected)


@given(lines=_lines(), data=st.data())
def test_a_loss_is_borne_to_the_penny_by_what_is_left(lines: tuple[PaymentLine, ...], data: st.DataObject) -> None:
    cards = {line.key: (line.amount - line.received).amount for line in lines}
    left = {line.key: max(cards[line.key] - line.back.amount, 0) for line in lines}
    pence = data.draw(st.integers(0, sum(cards.values())))
    borne = rules.shares(lines, pence)
    assert sum(borne.values()) == pence
    if pence <= sum(left.values()):
        assert all(borne[key] <= left[key] for key in left)
    assert all(left[key] <= borne[key] or pence <= sum(left.values()) for key in left)
    assert all(borne[key] <= cards[key] for key in cards)


def _paid_for_one() -> Payment:
    return _paid((PaymentLine(reference="b", event_id="e", amount=pounds(1500)),))


def test_what_a_bank_takes_beyond_what_was_paid_is_no_lines() -> None:
    """Stripe's banks put several charges into one dispute now and then."""
    life = _Life(_paid_for_one(), 1700)
    life.bank(DisputeState.LOST)
    assert [line.lost.amount for line in life.payment.lines] == [1500]
    sums = _accounts(life.entries)
    assert (sums["suspense"], sums["event_income"], sums["disputed"]) == (200, 1500, 0)
    life.bank(DisputeState.WON)
    assert {name: pence for name, pence in _accounts(life.entries).items() if pence} == {
        "stripe_fees": 2000,
        "stripe_balance": -2000,
    }


def test_two_disputes_of_one_payment_both_have_to_be_decided() -> None:
    life = _Life(_paid_for_one(), 1000)
    life.bank(DisputeState.OPEN)
    payment = life.payment
    second = _seen(DisputeState.OPEN, 500, (-500,)).model_copy(update={"id": "du_2"})
    after = rules.brought_up_to_date(None, second, payment, "acct_1", NOW)
    payment = rules.payment_after(payment, None, after)
    assert payment.disputes == ("du_1", "du_2")
    won = after.model_copy(update={"state": DisputeState.WON})
    payment = rules.payment_after(payment, after, won)
    assert (payment.disputes, payment.state) == (("du_1",), PaymentState.DISPUTED)


def test_a_dispute_of_money_that_came_twice_leaves_the_payment_alone_and_is_lost_by_nobody() -> None:
    paid = _paid_for_one().model_copy(update={"charge_id": "ch_other"})
    life = _Life(paid, 1500)
    life.bank(DisputeState.OPEN)
    life.bank(DisputeState.LOST)
    assert life.payment == paid
    sums = _accounts(life.entries)
    assert (sums["suspense"], sums["event_income"], sums["disputed"]) == (1500, 0, 0)
