"""Refunds at Stripe: made once, heard of in any order, failing days later, refused (PAYMENTS.md, scenarios 8 to 12)."""

from datetime import timedelta
from typing import Any

import pytest

from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.errors import WrongState
from school_events.core.money import pounds
from school_events.payments import store as payments
from school_events.payments.ledger.model import LedgerAccount
from school_events.payments.model import Payment, PaymentState
from school_events.payments.refunds import gateway, rules, service, store
from school_events.payments.refunds.model import Refund, RefundState, StripeRefund
from tests.support.booked_world import as_system
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger
from tests.unit.bookings.paying import once_before
from tests.unit.payments.refunds.giving_back import (
    adds_up,
    ask,
    hear,
    housekeeping,
    now_of,
    rows_of,
    to_look_at,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def _states(payment: Payment) -> list[str]:
    return [row.state.value for row in rows_of(payment)]


def test_a_part_of_one_line_goes_back_and_the_other_keeps_its_money(shop: Shop, payment: Payment) -> None:
    [refund] = ask(payment, (0, 500))
    assert (refund.state, refund.amount, refund.line) == (RefundState.MADE, pounds(500), payment.lines[0].key)
    after = now_of(payment)
    assert (after.state, after.refunded) == (PaymentState.PART_REFUNDED, pounds(500))
    assert [line.back.amount for line in after.lines] == [500, 0]
    assert [entry.reference for entry in ledger() if entry.kind == "refund"] == [payment.lines[0].reference]
    assert adds_up(shop)


def test_everything_goes_back_line_by_line(shop: Shop, payment: Payment) -> None:
    ask(payment, (0, 500))
    refunds = ask(payment)
    assert [one.amount.amount for one in refunds] == [750, 1250]
    assert now_of(payment).state is PaymentState.REFUNDED
    assert adds_up(shop)
    with pytest.raises(WrongState):
        ask(payment)


def test_the_same_request_again_is_one_refund_and_two_equal_ones_are_two(shop: Shop, payment: Payment) -> None:
    first, again = ask(payment, (0, 300), key="one"), ask(payment, (0, 300), key="one")
    other = ask(payment, (0, 300), key="two")
    assert first == again
    assert [one["amount"] for one in shop.all("refund")] == [300, 300]
    assert first[0].stripe_id != other[0].stripe_id
    assert now_of(payment).refunded == pounds(600)


def test_a_request_whose_answer_was_lost_is_one_refund(shop: Shop, payment: Payment) -> None:
    """Scenario 8: Stripe made it, and we did not hear; staff press again."""
    shop.server.faults.lose_answers(2)
    [asked] = ask(payment, (0, 300), key="one")
    assert asked.state is RefundState.ASKED
    [again] = ask(payment, (0, 300), key="one")
    assert again.state is RefundState.MADE
    assert len(shop.all("refund")) == 1
    assert adds_up(shop)


def test_stripe_out_leaves_it_to_housekeeping(shop: Shop, payment: Payment) -> None:
    shop.server.faults.outage(2)
    [asked] = ask(payment, (1, None))
    assert asked.state is RefundState.ASKED
    assert housekeeping(NOW + MINUTE) == 1
    assert _states(payment) == ["made"]
    assert housekeeping(NOW + 10 * MINUTE) == 0


def test_never_more_than_is_still_there(shop: Shop, payment: Payment) -> None:
    ask(payment, (0, 1000))
    with pytest.raises(WrongState):
        ask(payment, (0, 251))
    assert len(rows_of(payment)) == 1


@pytest.mark.usefixtures("shop")
def test_what_stripe_told_before_our_own_commit_is_written_once(
    shop: Shop, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario 9."""
    create = gateway.create_refund

    def create_and_be_overtaken(*args: Any) -> StripeRefund:
        made = create(*args)
        hear(payment)
        return made

    monkeypatch.setattr(gateway, "create_refund", create_and_be_overtaken)
    [refund] = ask(payment, (0, 400))
    assert refund.state is RefundState.MADE
    assert [entry.amount.amount for entry in ledger() if entry.kind == "refund"] == [400]
    assert now_of(payment).refunded == pounds(400)
    assert adds_up(shop)


@pytest.mark.parametrize("pence", [None, 1001])
def test_what_was_refunded_in_the_dashboard_is_shared_out_and_the_booking_stays(
    shop: Shop, payment: Payment, pence: int | None
) -> None:
    """Scenario 10."""
    ask(payment, (0, 250))
    made = shop.server.dashboard.refund(payment.charge_id or "", pence)
    for _ in range(2):
        after = hear(payment)
    rows = [row for row in rows_of(payment) if row.why == "dashboard"]
    assert {row.stripe_id for row in rows} == {made["id"]}
    assert [row.amount.amount for row in rows] == ([1000, 1250] if pence is None else [445, 556])
    assert after.refunded == pounds(250 + (pence or 2250))
    assert after.state is (PaymentState.REFUNDED if pence is None else PaymentState.PART_REFUNDED)
    assert adds_up(shop)
    assert to_look_at() == []


def test_a_refund_somebody_made_otherwise_meanwhile_fails_and_is_shown(shop: Shop, payment: Payment) -> None:
    """Written down while Stripe was out; until it is back, somebody gave everything back in the dashboard."""
    shop.server.faults.outage(2)
    ask(payment, (0, 700))
    shop.server.dashboard.refund(payment.charge_id or "")
    housekeeping(NOW + MINUTE)
    own = [row for row in rows_of(payment) if row.why != "dashboard"]
    assert [(row.state, row.trouble) for row in own] == [(RefundState.FAILED, "gone_otherwise")]
    after = now_of(payment)
    assert (after.state, after.refunded) == (PaymentState.REFUNDED, pounds(2500))
    assert [line.back for line in after.lines] == [line.amount for line in after.lines]
    assert to_look_at() == ["refund_failed"]
    assert adds_up(shop)


def test_a_refund_on_its_way_is_pending_until_the_payer_has_it(shop: Shop, payment: Payment) -> None:
    shop.server.dashboard.cover_refunds(shop.account_id)
    [refund] = ask(payment, (0, None))
    assert refund.state is RefundState.PENDING
    assert now_of(payment).refunded == pounds(1250)
    assert adds_up(shop)
    shop.server.dashboard.succeed_refund(refund.stripe_id or "")
    hear(payment)
    assert _states(payment) == ["made"]
    assert adds_up(shop)


@pytest.mark.parametrize("heard_first", [True, False])
def test_a_refund_that_fails_days_later_is_with_the_school_again_and_shown(
    shop: Shop, payment: Payment, heard_first: bool
) -> None:
    """Scenario 12; also when nothing was heard of it before it failed."""
    if heard_first:
        [refund] = ask(payment, (0, None))
    else:
        shop.server.faults.lose_answers(2)
        [refund] = ask(payment, (0, None))
    (made,) = shop.all("refund")
    shop.server.dashboard.fail_refund(made["id"])
    for _ in range(2):
        after = hear(payment, NOW + 5 * DAY)
    [row] = rows_of(payment)
    assert (row.id, row.state, row.trouble) == (refund.id, RefundState.FAILED, "lost_or_stolen_card")
    assert (after.state, after.refunded) == (PaymentState.PAID, pounds(0))
    assert [line.back.amount for line in after.lines] == [0, 0]
    assert [entry.kind for entry in ledger()][-2:] == ["refund", "refund_failed"]
    assert to_look_at() == ["refund_failed"]
    assert adds_up(shop)


@pytest.mark.usefixtures("shop")
def test_a_refund_that_failed_in_the_dashboard_gives_the_lines_their_money_back(shop: Shop, payment: Payment) -> None:
    made = shop.server.dashboard.refund(payment.charge_id or "", 2000)
    hear(payment)
    shop.server.dashboard.fail_refund(made["id"])
    after = hear(payment)
    assert (after.state, [line.back.amount for line in after.lines]) == (PaymentState.PAID, [0, 0])
    assert adds_up(shop)


def test_a_refund_stripe_refuses_for_good_has_failed_and_is_not_asked_for_for_ever(
    shop: Shop, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(_ctx: Context, refund: Refund, *_: str) -> StripeRefund:
        asked.append(refund)
        raise gateway.Refused("charge_expired_for_refund")

    monkeypatch.setattr(gateway, "create_refund", refuse)
    [refund] = ask(payment, (0, 100))
    assert (refund.state, refund.trouble) == (RefundState.FAILED, "charge_expired_for_refund")
    assert now_of(payment).lines[0].back == pounds(0)
    assert to_look_at() == ["refund_failed"]
    housekeeping(NOW + DAY)
    assert len(asked) == 1


def test_a_disputed_payments_refund_waits_and_is_made_once_the_bank_has_decided(shop: Shop, payment: Payment) -> None:
    """Scenario 13, told to us by Stripe's refusal: we had not heard of the dispute."""
    dispute = shop.server.dashboard.dispute(payment.charge_id or "")
    [refund] = ask(payment, (0, 100))
    assert (refund.state, refund.trouble) == (RefundState.ASKED, "charge_disputed")
    assert to_look_at() == ["refund_stuck"]
    assert housekeeping(NOW + 30 * MINUTE) == 0
    shop.server.dashboard.decide(dispute["id"], "won")
    assert housekeeping(NOW + 61 * MINUTE) == 1
    assert _states(payment) == ["made"]
    assert to_look_at() == []


def test_a_refund_made_while_another_run_was_refused_is_not_made_again(
    shop: Shop, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused, then the bank decided and the next run made it; only then does the first write down that it waits."""
    dispute = shop.server.dashboard.dispute(payment.charge_id or "")
    shop.server.faults.outage(2)
    [refund] = ask(payment, (0, 100))
    shop.server.faults.clear()

    def decided_and_made() -> None:
        shop.server.dashboard.decide(dispute["id"], "won")
        shop.server.keys.reset()
        _make(refund)

    once_before(monkeypatch, service, "_wait", decided_and_made)
    _make(refund)
    assert _states(payment) == ["made"]
    housekeeping(NOW + 61 * MINUTE)
    assert len(shop.all("refund")) == 1


def test_with_another_key_it_is_looked_for_first(shop: Shop, payment: Payment) -> None:
    """One run was refused and changed the key, while what another had asked was made, and nobody heard."""
    shop.server.faults.lose_answers(2)
    [refund] = ask(payment, (0, 100))
    refused = refund.model_copy(update={"refusals": 1, "trouble": "charge_disputed"})
    store.refund_item(a_context(), refused, stamp(a_context(), "refund.waiting")).save()
    housekeeping(NOW + MINUTE)
    assert _states(payment) == ["made"]
    assert len(shop.all("refund")) == 1


def test_what_its_bank_took_back_for_good_cannot_be_refunded_any_more(shop: Shop, payment: Payment) -> None:
    dispute = shop.server.dashboard.dispute(payment.charge_id or "")
    ask(payment, (0, 100))
    shop.server.dashboard.decide(dispute["id"], "lost")
    lost = now_of(payment)
    change = stamp(a_context(), "payment.lost")
    payments.payment_item(a_context(), lost.model_copy(update={"state": PaymentState.LOST}), change).save()
    housekeeping(NOW + 61 * MINUTE)
    assert [(row.state.value, row.trouble) for row in rows_of(payment)] == [("failed", "charge_disputed")]


def test_a_school_that_has_left_stripe_is_told_and_goes_on_when_it_is_back(shop: Shop, payment: Payment) -> None:
    """Scenario 21."""
    shop.server.holders.deauthorise(shop.account_id)
    [refund] = ask(payment, (0, 100))
    assert (refund.state, refund.trouble) == (RefundState.ASKED, "account_left")
    assert to_look_at() == ["refund_stuck"]
    housekeeping(NOW + 61 * MINUTE)
    assert _states(payment) == ["asked"]
    shop.server.holders.reauthorise(shop.account_id)
    housekeeping(NOW + 122 * MINUTE)
    assert _states(payment) == ["made"]
    assert to_look_at() == []
    assert adds_up(shop)


def test_a_refund_whose_key_stripe_has_forgotten_is_looked_for_first(shop: Shop, payment: Payment) -> None:
    shop.server.faults.lose_answers(2)
    ask(payment, (0, 100))
    shop.at(NOW + 2 * DAY)
    housekeeping(NOW + 2 * DAY)
    assert len(shop.all("refund")) == 1
    assert _states(payment) == ["made"]
    assert adds_up(shop)


def test_a_refund_of_long_ago_that_stripe_never_heard_of_is_made(shop: Shop, payment: Payment) -> None:
    shop.server.faults.outage(2)
    ask(payment, (0, 100))
    shop.at(NOW + 2 * DAY)
    housekeeping(NOW + 2 * DAY)
    assert len(shop.all("refund")) == 1


def test_a_refund_that_cannot_be_made_for_half_an_hour_is_shown(shop: Shop, payment: Payment) -> None:
    shop.server.faults.outage(100)
    ask(payment, (0, 100))
    housekeeping(NOW + MINUTE)
    assert to_look_at() == []
    housekeeping(NOW + 40 * MINUTE)
    assert to_look_at() == ["refund_stuck"]
    shop.server.faults.clear()
    housekeeping(NOW + 50 * MINUTE)
    assert _states(payment) == ["made"]
    assert to_look_at() == []


def test_a_payment_nobody_paid_has_nothing_to_catch_up_with(shop: Shop, payment: Payment) -> None:
    unpaid = payment.model_copy(update={"charge_id": None})
    assert rules.charges_of(unpaid) == []
    with pytest.raises(ValueError, match="charged"):
        rules.charged(unpaid, _a_refund(unpaid))


def _a_refund(payment: Payment) -> Refund:
    return Refund(
        id="refund_x",
        idempotency_key="rf:refund_x",
        payment_id=payment.id,
        line=payment.lines[0].key,
        amount=pounds(1),
        state=RefundState.ASKED,
        asked_at=NOW,
    )


def test_killed_anywhere_it_is_one_refund(shop: Shop, payment: Payment) -> None:
    start = bookmark(shop)
    with watched(Calls()) as whole:
        ask(payment, (0, 600), key="one")
    for point in whole.points():
        for again in (True, False):
            start()
            with pytest.raises(Killed), watched(Calls(stop_before=point)):
                ask(payment, (0, 600), key="one")
            if again:
                ask(payment, (0, 600), key="one")
            housekeeping(NOW + MINUTE)
            made = [one["amount"] for one in shop.all("refund")]
            assert made == [600] or (point == 0 and not again and made == []), point
            assert adds_up(shop), point
            assert now_of(payment).refunded == pounds(sum(made)), point
            assert {row.state.value for row in rows_of(payment)} <= {"made"}, point


def test_hearing_of_a_failed_refund_killed_anywhere_ends_the_same(shop: Shop, payment: Payment) -> None:
    ask(payment, (0, 600))
    shop.server.dashboard.refund(payment.charge_id or "", 1000)
    (first, *_) = sorted(shop.all("refund"), key=lambda one: one["amount"])
    shop.server.dashboard.fail_refund(first["id"])
    start = bookmark(shop)
    with watched(Calls()) as whole:
        hear(payment)
    for point in whole.points():
        start()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            hear(payment)
        after = hear(payment)
        assert after.refunded == pounds(1000), point
        assert adds_up(shop), point
        assert to_look_at() == ["refund_failed"], point


def test_money_that_went_back_leaves_its_events_income(shop: Shop, payment: Payment) -> None:
    ask(payment, (0, 600))
    [entry] = [one for one in ledger() if one.kind == "refund"]
    assert (entry.debit, entry.credit) == (LedgerAccount.EVENT_INCOME, LedgerAccount.STRIPE_BALANCE)
    assert entry.event_id == payment.lines[0].event_id
    assert shop.balance() == 2500 - 600 - sum(one.amount.amount for one in ledger() if one.kind == "fee")


def test_a_refund_as_it_was_kept_before_is_made_and_had_gone(shop: Shop, payment: Payment) -> None:
    """One that was made before it was noted whether Stripe had taken the money: it fails like any other."""
    [refund] = ask(payment, (0, 600))
    old = refund.model_copy(update={"taken": False, "event_id": None})
    store.refund_item(a_context(), old, stamp(a_context(), "payment.refunded")).save()
    shop.server.dashboard.fail_refund(refund.stripe_id or "")
    after = hear(payment)
    assert (after.refunded, adds_up(shop)) == (pounds(0), True)
    assert store.find_refund(SCHOOL, payment.id, refund.id) is not None


def test_two_who_make_it_at_once_make_one(shop: Shop, payment: Payment, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.server.faults.outage(2)
    [refund] = ask(payment, (0, 600))
    once_before(monkeypatch, service, "_settle", lambda: _make(refund))
    _make(refund)
    assert [one["amount"] for one in shop.all("refund")] == [600]
    assert now_of(payment).refunded == pounds(600)


def _make(refund: Refund) -> None:
    service.make_refund(as_system(), refund.payment_id, refund)
