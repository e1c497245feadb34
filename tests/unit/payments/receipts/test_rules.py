"""Receipts over any lines: never more than is owed, to the penny, and taken back as if they had never been."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from school_events.core.errors import Invalid, WrongState
from school_events.core.money import NOTHING, pounds
from school_events.payments.model import Payment, PaymentLine, PaymentState
from school_events.payments.receipts import rules
from school_events.payments.receipts.model import Receipt, ReceiptMethod
from school_events.payments.refunds.model import Refund, RefundState, RefundWay
from school_events.payments.refunds.ways import split
from school_events.payments.rules import to_pay
from tests.support.contexts import NOW

PRICES = st.lists(st.integers(30, 10_000), min_size=1, max_size=5)
AMOUNTS = st.lists(st.integers(1, 20_000), max_size=6)


def unpaid(prices: list[int]) -> Payment:
    """An unpaid payment of so many lines."""
    lines = tuple(
        PaymentLine(reference=f"booking_{number}", event_id="event_1", amount=pounds(price))
        for number, price in enumerate(prices)
    )
    return Payment(
        id="payment_1",
        payer_id="contact-1",
        lines=lines,
        amount=pounds(sum(prices)),
        state=PaymentState.CREATED,
        refunded=NOTHING,
        created_at=NOW,
    )


def a_receipt(payment: Payment, pence: int, number: int = 1) -> Receipt:
    """A receipt of so much."""
    return Receipt(
        id=f"receipt_{number}",
        payment_id=payment.id,
        method=ReceiptMethod.CASH,
        amount=pounds(pence),
        parts=rules.parts_of(payment, pounds(pence)),
        reference="17",
        received_on=date(2026, 11, 23),
        recorded_at=NOW,
    )


@given(PRICES, AMOUNTS)
def test_whatever_is_received_adds_up_and_leaves_nothing_or_what_a_card_can_pay(
    prices: list[int], amounts: list[int]
) -> None:
    payment, taken = unpaid(prices), list[Receipt]()
    for number, pence in enumerate(amounts):
        try:
            rules.require_receivable(payment, pounds(pence))
        except (Invalid, WrongState):
            continue
        taken.append(a_receipt(payment, pence, number))
        assert sum(part.amount.amount for part in taken[-1].parts) == pence
        payment = rules.received(payment, taken[-1], "alias_1", NOW)
    came = sum(one.amount.amount for one in taken)
    assert to_pay(payment).amount == sum(prices) - came
    assert all(0 <= line.received.amount <= line.amount.amount for line in payment.lines)
    assert to_pay(payment).amount == 0 or to_pay(payment).amount >= 30
    assert (payment.state is PaymentState.PAID) == (to_pay(payment) == NOTHING)
    for receipt in reversed(taken):
        rules.require_reversible(payment, receipt)
        payment = rules.taken_back(payment, receipt)
    assert payment.model_copy(update={"payer_alias": None}) == unpaid(prices)


@given(st.integers(60, 10_000), st.data())
def test_of_each_line_goes_back_by_card_what_came_by_card_and_the_rest_by_hand(price: int, data: st.DataObject) -> None:
    received = data.draw(st.integers(0, price))
    line = PaymentLine(reference="booking_1", event_id="event_1", amount=pounds(price), received=pounds(received))
    rows: list[Refund] = []
    left = price
    for number in range(data.draw(st.integers(1, 5))):
        pence = data.draw(st.integers(1, max(left, 1)))
        assume(pence <= left)
        left -= pence
        rows += split(_refund(number, pence), line, rows)
    by_way = {way: sum(row.amount.amount for row in rows if row.through is way) for way in RefundWay}
    assert sum(by_way.values()) == price - left
    assert by_way[RefundWay.STRIPE] == min(price - left, price - received)
    assert len({row.id for row in rows}) == len(rows)


def _refund(number: int, pence: int) -> Refund:
    return Refund(
        id=f"refund_{number}",
        idempotency_key=f"rf:{number}",
        payment_id="payment_1",
        line="booking_1",
        amount=pounds(pence),
        state=RefundState.ASKED,
        asked_at=NOW,
    )


def test_what_failed_at_stripe_can_be_asked_of_it_again() -> None:
    line = PaymentLine(reference="booking_1", event_id="event_1", amount=pounds(1000), received=pounds(400))
    failed = _refund(1, 600).model_copy(update={"state": RefundState.FAILED})
    assert [(one.through, one.amount.amount) for one in split(_refund(2, 1000), line, [failed])] == [
        (RefundWay.STRIPE, 600),
        (RefundWay.SCHOOL, 400),
    ]


@pytest.mark.parametrize("state", [one for one in PaymentState if one is not PaymentState.CREATED])
def test_only_what_is_to_be_paid_and_has_no_page_takes_money(state: PaymentState) -> None:
    payment = unpaid([1000]).model_copy(update={"state": state})
    with pytest.raises(WrongState):
        rules.require_receivable(payment, pounds(1000))
