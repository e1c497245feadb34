"""What may become of a payment, decided without asking anybody."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.errors import WrongState
from school_events.core.money import NOTHING, pounds
from school_events.payments import rules
from school_events.payments.ledger import rules as ledger_rules
from school_events.payments.model import Payment, PaymentLine, PaymentState
from tests.support.contexts import NOW
from tests.unit.payments.snapshots import SNAPSHOT

LINES = tuple(PaymentLine(reference=f"booking_{n}", event_id="event_1", amount=pounds(1250)) for n in (1, 2))
PAYMENT = Payment(
    id="payment_1",
    payer_id="contact-1",
    lines=LINES,
    amount=rules.total(LINES),
    state=PaymentState.CREATED,
    refunded=NOTHING,
    created_at=NOW,
)
OPEN = rules.begin_checkout(PAYMENT, "acct_1", NOW, "https://app.test")
PAID = rules.paid(OPEN, SNAPSHOT, "alias_1", NOW)


def test_a_page_is_open_for_thirty_five_minutes_and_the_place_waits_a_little_longer() -> None:
    assert OPEN.checkout is not None
    assert OPEN.checkout.expires_at == NOW + timedelta(minutes=35)
    assert rules.held_until(OPEN) == NOW + timedelta(minutes=36)


def test_each_attempt_has_a_key_of_its_own() -> None:
    again = rules.begin_checkout(OPEN, "acct_1", NOW, "https://app.test")
    assert (OPEN.checkout and OPEN.checkout.attempt, again.checkout and again.checkout.attempt) == (1, 2)


@pytest.mark.parametrize("state", PaymentState)
def test_only_what_waits_can_be_paid(state: PaymentState) -> None:
    payment = PAYMENT.model_copy(update={"state": state})
    if state in {PaymentState.CREATED, PaymentState.OPEN}:
        rules.require_payable(payment)
    else:
        with pytest.raises(WrongState):
            rules.require_payable(payment)


def test_the_ledger_balances_line_by_line() -> None:
    entries = ledger_rules.entries_of(PAID, SNAPSHOT, NOW)
    assert [(one.kind, one.amount.amount, one.reference) for one in entries] == [
        ("charge", 1250, "booking_1"),
        ("charge", 1250, "booking_2"),
        ("fee", 58, None),
    ]
    assert len({one.key for one in entries}) == 3


def test_nothing_is_entered_of_who_has_no_alias() -> None:
    with pytest.raises(ValueError, match="paid"):
        ledger_rules.entries_of(OPEN, SNAPSHOT, NOW)


@pytest.mark.parametrize(
    "change", [{"amount": 2501}, {"currency": "eur"}, {"payment_id": "payment_2"}, {"payment_id": None}]
)
def test_money_is_ours_to_the_penny_or_not_at_all(change: dict[str, object]) -> None:
    assert OPEN.checkout is not None
    assert rules.is_ours(OPEN, OPEN.checkout, SNAPSHOT)
    assert not rules.is_ours(OPEN, OPEN.checkout, SNAPSHOT.model_copy(update=change))


def test_money_for_a_former_price_is_not_ours() -> None:
    assert OPEN.checkout is not None
    dearer = OPEN.model_copy(update={"amount": pounds(2600)})
    assert not rules.is_ours(dearer, OPEN.checkout, SNAPSHOT)


def _known(payment: Payment, session_id: str) -> Payment:
    return rules.with_session(payment, SNAPSHOT.model_copy(update={"session_id": session_id}))


def test_a_closed_page_is_remembered_and_another_attempt_begins() -> None:
    closed = rules.page_closed(_known(OPEN, "cs_1"))
    assert (closed.state, closed.checkout) == (PaymentState.CREATED, None)
    again = _known(rules.begin_checkout(closed, "acct_2", NOW, "https://app.test"), "cs_2")
    assert [(one.attempt, one.session_id) for one in rules.attempts(again)] == [(2, "cs_2"), (1, "cs_1")]


def test_what_never_got_a_page_uses_its_number_up_and_no_money_is_looked_for_behind_it() -> None:
    again = rules.begin_checkout(rules.page_closed(OPEN), "acct_1", NOW, "https://app.test")
    assert again.checkout is not None
    assert (again.checkout.attempt, rules.attempts(again)) == (2, ())


def test_the_attempt_the_money_came_through_is_the_present_one_from_then_on() -> None:
    twice = _known(rules.begin_checkout(_known(OPEN, "cs_1"), "acct_2", NOW, "https://app.test"), "cs_2")
    paid = rules.paid(twice, SNAPSHOT, "alias_1", NOW)
    assert paid.checkout is not None
    assert (paid.checkout.session_id, paid.checkout.account_id) == ("cs_1", "acct_1")
    assert [one.session_id for one in paid.earlier] == ["cs_2"]


def test_money_is_news_once() -> None:
    assert OPEN.checkout is not None
    assert rules.is_news(OPEN, SNAPSHOT)
    assert not rules.is_news(PAID, SNAPSHOT)
    other = SNAPSHOT.model_copy(update={"charge_id": "ch_2"})
    stray = rules.stray_of(OPEN.checkout, other)
    assert stray is not None
    assert rules.is_news(PAID, other)
    assert not rules.is_news(rules.with_stray(PAID, stray, "alias_1"), other)


def test_of_another_currency_stripe_says_what_reached_the_account() -> None:
    assert OPEN.checkout is not None
    foreign = SNAPSHOT.model_copy(update={"currency": "eur"})
    assert rules.stray_of(OPEN.checkout, foreign) is None
    stray = rules.stray_of(OPEN.checkout, foreign.model_copy(update={"received": 2150}))
    assert stray is not None
    assert stray.amount == pounds(2150)


@pytest.mark.parametrize(
    ("days", "offered"),
    [(None, False), (13.99, False), (14, True), (300, True)],
    ids=["never", "near", "14 days", "far"],
)
def test_a_direct_debit_is_for_what_begins_in_two_weeks_or_later(days: float | None, offered: bool) -> None:
    begins_at = None if days is None else NOW + timedelta(days=days)
    assert rules.may_take_debit(begins_at, NOW) is offered


def test_late_money_that_goes_back_as_a_whole_is_on_its_way_back_until_it_is_there() -> None:
    payment = PAID
    for line in LINES:
        assert rules.late_refunding(payment).state is PaymentState.PAID
        payment = rules.to_go_back(payment, line.key, line.amount)
    payment = rules.late_refunding(payment)
    states = []
    for line in LINES:
        states.append(payment.state)
        payment = rules.refunded(payment, line.amount)
    assert [*states, payment.state] == [*[PaymentState.LATE_REFUNDING] * 2, PaymentState.REFUNDED]


@given(st.lists(st.tuples(st.sampled_from([line.key for line in LINES]), st.integers(1, 1500)), max_size=8))
def test_never_more_of_a_line_goes_back_than_was_paid_for_it(asked: list[tuple[str, int]]) -> None:
    payment, back = PAID, dict.fromkeys((line.key for line in LINES), 0)
    for key, amount in asked:
        if back[key] + amount > 1250:
            with pytest.raises(WrongState):
                rules.to_go_back(payment, key, pounds(amount))
            continue
        payment = rules.refunded(rules.to_go_back(payment, key, pounds(amount)), pounds(amount))
        back[key] += amount
        assert {line.key: line.back.amount for line in payment.lines} == back
        assert payment.refunded == pounds(sum(back.values()))
        assert (payment.state is PaymentState.REFUNDED) == (sum(back.values()) == 2500)


def test_nothing_goes_back_of_what_was_not_paid() -> None:
    with pytest.raises(WrongState):
        rules.to_go_back(OPEN, "booking_1", pounds(1))


def test_two_parts_of_one_thing_are_two_lines() -> None:
    first, second = LINES[0], LINES[0].model_copy(update={"part": "instalment-2"})
    assert (first.key, second.key) == ("booking_1", "booking_1#instalment-2")
