"""What disputes do to payments and the ledger, whatever order their states are seen in."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from school_events.core.money import NOTHING, pounds
from school_events.payments.disputes import rules
from school_events.payments.disputes.model import Dispute, DisputeMovement, DisputeSnapshot, DisputeState
from school_events.payments.ledger.model import LedgerEntry
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


def _seen(state: DisputeState, pence: int, moved: int = 0, fee: int = 2000) -> DisputeSnapshot:
    movements = (
        DisputeMovement(id="txn_1", amount=-pence, fee=fee),
        DisputeMovement(id="txn_2", amount=pence, fee=-fee),
    )
    return DisputeSnapshot(
        id="du_1",
        charge_id="ch_1",
        payment_id="y",
        amount=pounds(pence),
        reason="fraudulent",
        state=state,
        respond_by=NOW,
        movements=movements[:moved],
    )


_MOVED = {
    DisputeState.INQUIRY: 0,
    DisputeState.CLOSED: 0,
    DisputeState.OPEN: 1,
    DisputeState.LOST: 1,
    DisputeState.WON: 2,
}


def _live(payment: Payment, snapshots: list[DisputeSnapshot]) -> tuple[Payment, list[LedgerEntry], Dispute]:
    """The payment, the ledger and the dispute after it was seen so."""
    before: Dispute | None = None
    entries: list[LedgerEntry] = []
    for snapshot in snapshots:
        after = rules.brought_up_to_date(before, snapshot, payment, "acct_1", NOW)
        if after != before:
            entries += rules.entries_of(payment, before, after, snapshot, NOW)
            payment = rules.payment_after(payment, before, after)
            before = after.model_copy(update={"version": before.version + 1 if before else 1})
    assert before is not None
    return payment, entries, before


def _accounts(entries: list[LedgerEntry]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for entry in entries:
        sums[entry.debit] += entry.amount.amount
        sums[entry.credit] -= entry.amount.amount
    return sums


_HISTORIES = st.lists(st.sampled_from(DisputeState), min_size=1, max_size=6)


@given(lines=_lines(), states=_HISTORIES, part=st.floats(0.01, 1), data=st.data())
def test_the_ledger_and_the_payment_end_where_the_dispute_ends(
    lines: tuple[PaymentLine, ...], states: list[DisputeState], part: float, data: st.DataObject
) -> None:
    """Movements are only ever added, as at Stripe; states are missed, repeated and taken back."""
    pence = max(1, int(sum(line.amount.amount for line in lines) * part))
    moved, snapshots = 0, []
    for state in states:
        moved = max(moved, _MOVED[state])
        snapshots.append(_seen(state, pence, moved))
    payment, entries, dispute = _live(_paid(lines), snapshots)
    sums = _accounts(entries)
    assert sum(sums.values()) == 0
    assert len({entry.key for entry in entries}) == len(entries)
    assert all(entry.amount.amount > 0 for entry in entries)
    assert sums["stripe_balance"] == sum(one.amount - one.fee for one in snapshots[-1].movements)
    is_lost = dispute.state is DisputeState.LOST
    assert sums["event_income"] == (pence if is_lost else 0)
    assert payment.lost.amount == (pence if is_lost else 0)
    expected = {DisputeState.OPEN: PaymentState.DISPUTED, DisputeState.LOST: PaymentState.LOST}
    assert payment.state is expected.get(dispute.state, PaymentState.PAID)
    assert state_for_payer(payment) is PaymentState.PAID


@given(lines=_lines(), data=st.data())
def test_a_loss_is_borne_to_the_penny_by_what_is_left(lines: tuple[PaymentLine, ...], data: st.DataObject) -> None:
    left = {line.key: line.amount.amount - line.back.amount for line in lines}
    pence = data.draw(st.integers(0, sum(line.amount.amount for line in lines)))
    borne = rules.shares(lines, pence)
    assert sum(borne.values()) == pence
    if pence <= sum(left.values()):
        assert all(borne[key] <= left[key] for key in left)
    assert all(borne[line.key] <= line.amount.amount for line in lines)


def test_two_disputes_of_one_payment_both_have_to_be_decided() -> None:
    line = PaymentLine(reference="b", event_id="e", amount=pounds(1500))
    payment, _, _ = _live(_paid((line,)), [_seen(DisputeState.OPEN, 1000, 1)])
    second = _seen(DisputeState.OPEN, 500, 1).model_copy(update={"id": "du_2"})
    after = rules.brought_up_to_date(None, second, payment, "acct_1", NOW)
    payment = rules.payment_after(payment, None, after)
    assert payment.disputes == ("du_1", "du_2")
    won = after.model_copy(update={"state": DisputeState.WON})
    payment = rules.payment_after(payment, after, won)
    assert (payment.disputes, payment.state) == (("du_1",), PaymentState.DISPUTED)


def test_a_dispute_of_money_that_came_twice_leaves_the_payment_alone_and_is_lost_by_nobody() -> None:
    line = PaymentLine(reference="b", event_id="e", amount=pounds(1500))
    paid = _paid((line,)).model_copy(update={"charge_id": "ch_other"})
    payment, entries, _ = _live(paid, [_seen(DisputeState.OPEN, 1500, 1), _seen(DisputeState.LOST, 1500, 1)])
    assert payment == paid
    sums = _accounts(entries)
    assert (sums["suspense"], sums["event_income"], sums["disputed"]) == (1500, 0, 0)
