"""A payer's bank takes a part back for good: that part cannot go back once more, and the rest can (decision 0039)."""

from datetime import timedelta

import pytest

from local.stripe.errors import Json
from school_events.bookings import calling_off, cancelling, chores, disputed, places, receiving
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.core.errors import TryAgain, WrongState
from school_events.core.requests import Request
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.payments.model import Payment, PaymentState
from school_events.payments.receipts.api import NewReceipt
from school_events.payments.refunds import gateway, staff
from school_events.payments.refunds import service as refunding
from school_events.payments.refunds.api import PaidOut
from school_events.payments.refunds.model import Refund
from school_events.payments.refunds.service import make_refund
from tests.support.booked_world import as_system, book, booking_of, payment_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.paying import apply, once_before, paid
from tests.unit.payments.refunds.giving_back import FINANCE, ask, to_look_at

LATER = NOW + timedelta(minutes=2)


def _disputed(shop: Shop, booked: Booked, pence: int) -> Json:
    dispute = shop.server.dashboard.dispute(payment_of(booked).charge_id or "", pence)
    _hear(shop, dispute)
    return dispute


def _decided(shop: Shop, dispute: Json, outcome: str = "lost", back: int = 0) -> None:
    shop.server.dashboard.decide(dispute["id"], outcome, back=back)
    _hear(shop, dispute)


def _hear(shop: Shop, dispute: Json) -> None:
    disputed.apply_dispute(as_system(name="stripe_events"), shop.account_id, dispute["id"])


def _housekeep() -> None:
    chores.make_due_refunds(LATER, lambda _: as_system(LATER), lambda: True)


def _rows(payment: Payment) -> list[tuple[str, str, int]]:
    return [(one.state.value, one.through.value, one.amount.amount) for one in _refunds(payment)]


def _refunds(payment: Payment) -> list[Refund]:
    return staff.of_payment(a_context(), payment.id)


def _income() -> int:
    came = {"credit": 1, "debit": -1}
    return sum(
        sign * one.amount.amount
        for one in ledger()
        for side, sign in came.items()
        if getattr(one, side) == "event_income"
    )


@pytest.fixture
def booked(shop: Shop, event: SchoolEvent) -> Booked:
    """A place that was paid with £12.50."""
    apply(one := paid(shop, event))
    return one


def test_what_is_left_goes_back_when_the_family_cancels(shop: Shop, booked: Booked) -> None:
    _decided(shop, _disputed(shop, booked, 300))
    cancelled = cancelling.cancel(a_context(), booking_of(booked))
    assert cancelled.cancellation is not None
    assert cancelled.cancellation.refund.amount == 950
    _housekeep()
    payment = payment_of(booked)
    assert (_rows(payment), payment.state) == ([("made", "stripe", 950)], PaymentState.LOST)
    assert (ledger_balance(), _income()) == (shop.balance(), 0)


def test_and_when_its_event_is_called_off(shop: Shop, event: SchoolEvent, booked: Booked) -> None:
    _decided(shop, _disputed(shop, booked, 300))
    lifecycle.cancel(a_context(), event.id, places.close_places)
    calling_off.call_off(as_system(), find_event(SCHOOL, event.id), lambda: True)
    _housekeep()
    assert _rows(payment_of(booked)) == [("made", "stripe", 950)]
    assert (ledger_balance(), _income()) == (shop.balance(), 0)


def test_finance_staff_can_give_back_what_is_left_and_no_more(shop: Shop, booked: Booked) -> None:
    _decided(shop, _disputed(shop, booked, 300))
    payment = payment_of(booked)
    with pytest.raises(WrongState, match="More than was paid"):
        ask(payment, (0, 951))
    ask(payment, (0, 950))
    with pytest.raises(WrongState, match="took this payment back"):
        ask(payment)
    assert [one["amount"] for one in shop.all("refund")] == [950]
    assert ledger_balance() == shop.balance()


def test_a_basket_bears_it_together_and_each_place_gets_its_own_rest(shop: Shop, event: SchoolEvent) -> None:
    apply(booked := paid(shop, event, "pupil-1", "pupil-2"))
    _decided(shop, _disputed(shop, booked, 1001))
    for number in (0, 1):
        cancelling.cancel(a_context(), booking_of(booked, number))
    _housekeep()
    assert sorted(_rows(payment_of(booked))) == [("made", "stripe", 749), ("made", "stripe", 750)]
    assert (ledger_balance(), _income()) == (shop.balance(), 0)


@pytest.mark.parametrize("lost", [300, 1250])
def test_a_refund_that_waited_is_made_as_far_as_there_is_money(shop: Shop, booked: Booked, lost: int) -> None:
    dispute = _disputed(shop, booked, lost)
    cancelling.cancel(a_context(), booking_of(booked))
    _housekeep()
    assert _rows(payment_of(booked)) == [("asked", "stripe", 1250)]
    _decided(shop, dispute)
    _housekeep()
    made = [("made", "stripe", 1250 - lost)] if lost < 1250 else []
    assert _rows(payment_of(booked)) == [*made, ("failed", "stripe", lost)]
    payment = payment_of(booked)
    assert (payment.lines[0].back.amount, payment.refunded.amount) == (1250 - lost, 1250 - lost)
    assert to_look_at() == ["dispute_lost", "refund_failed"]
    assert (ledger_balance(), _income()) == (shop.balance(), 0)
    _housekeep()
    assert len(shop.all("refund")) == len(made)


def test_what_a_bank_gives_back_after_all_can_be_asked_for_anew(shop: Shop, booked: Booked) -> None:
    dispute = _disputed(shop, booked, 300)
    cancelling.cancel(a_context(), booking_of(booked))
    _decided(shop, dispute)
    _housekeep()
    shop.server.world.books[shop.account_id].objects[dispute["id"]]["status"] = "under_review"
    _decided(shop, dispute, "won")
    payment = payment_of(booked)
    assert (payment.state, payment.lines[0].lost.amount, _income()) == (PaymentState.PART_REFUNDED, 0, 300)
    assert to_look_at() == ["refund_failed"]
    _, failed = _refunds(payment)
    staff.retry(a_context(), payment.id, failed.id)
    assert (payment_of(booked).state, to_look_at(), _income()) == (PaymentState.REFUNDED, [], 0)
    assert ledger_balance() == shop.balance()


def test_killed_anywhere_and_made_again_it_ends_the_same(shop: Shop, booked: Booked) -> None:
    dispute = _disputed(shop, booked, 300)
    cancelling.cancel(a_context(), booking_of(booked))
    _decided(shop, dispute)
    [waiting] = _refunds(payment_of(booked))
    rewind = bookmark(shop)

    def make() -> None:
        make_refund(as_system(LATER), waiting.payment_id, waiting)

    with watched(Calls()) as whole:
        make()
    wanted = _rows(payment_of(booked))
    assert wanted == [("made", "stripe", 950), ("failed", "stripe", 300)]
    print(f"\nkilled before or after any of {len(whole.names)} calls:", *enumerate(whole.names, 1))
    for point in whole.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(point)):
            make()
        make()
        assert (point, _rows(payment_of(booked)), len(shop.all("refund"))) == (point, wanted, 1)
        assert (ledger_balance(), _income()) == (shop.balance(), 0)


def test_one_that_stripe_had_made_already_is_not_cut_down_and_made_again(shop: Shop, booked: Booked) -> None:
    """It was made before the bank took the rest, and we have not heard."""
    shop.server.faults.lose_answers(2)
    ask(payment_of(booked), (0, 1000))
    _decided(shop, _disputed(shop, booked, 1250))
    _housekeep()
    assert _rows(payment_of(booked)) == [("made", "stripe", 1000)]
    assert len(shop.all("refund")) == 1
    assert ledger_balance() == shop.balance()


def test_what_stripe_does_not_give_back_the_school_does(shop: Shop, booked: Booked) -> None:
    """Stripe does not say whether the rest of such a charge can be refunded."""
    shop.server.dashboard.keep_what_is_left(shop.account_id)
    _decided(shop, _disputed(shop, booked, 300))
    cancelling.cancel(a_context(), booking_of(booked))
    _housekeep()
    payment = payment_of(booked)
    assert _rows(payment) == [("failed", "stripe", 950)]
    assert to_look_at() == ["dispute_lost", "refund_failed"]
    [failed] = _refunds(payment)
    staff.pay_out(a_context(), payment.id, failed.id, PaidOut(taken_from="bank"))
    assert _rows(payment)[1:] == [("made", "school", 950)]
    assert to_look_at() == ["dispute_lost"]
    assert (ledger_balance(), _income()) == (shop.balance(), 0)


def test_a_dispute_that_was_won_in_part_has_lost_only_the_other_part(shop: Shop, booked: Booked) -> None:
    _decided(shop, _disputed(shop, booked, 1250), back=950)
    payment = payment_of(booked)
    assert (payment.state, payment.lines[0].lost.amount) == (PaymentState.LOST, 300)
    assert (ledger_balance(), _income()) == (shop.balance(), 950)
    ask(payment)
    assert _rows(payment) == [("made", "stripe", 950)]
    assert booking_of(booked).state is BookingState.CONFIRMED


@pytest.fixture
def part_in_cash(shop: Shop, event: SchoolEvent) -> Booked:
    """A place of £12.50, of which the school received £10 in cash and the card paid £2.50."""
    one = book(event)
    asked = NewReceipt.model_validate(
        {"method": "cash", "amount": {"amount": 1000}, "reference": "till 1", "received_on": NOW.date().isoformat()},
        strict=False,
    )
    receiving.receive(a_context(actor=FINANCE, roles=("finance",)), one.payment_id or "", asked, Request(None, ""))
    shop.pay(shop.open(one))
    apply(one)
    return one


def test_what_the_school_received_itself_no_bank_takes(shop: Shop, part_in_cash: Booked) -> None:
    _decided(shop, _disputed(shop, part_in_cash, 250))
    cancelling.cancel(a_context(), booking_of(part_in_cash))
    _housekeep()
    payment = payment_of(part_in_cash)
    assert _rows(payment) == [("asked", "school", 1000)]
    assert to_look_at() == ["dispute_lost", "to_pay_out"]
    [by_hand] = _refunds(payment)
    staff.pay_out(a_context(), payment.id, by_hand.id, PaidOut(taken_from="cash"))
    assert (ledger_balance(), _income()) == (shop.balance(), 0)


def test_what_waited_for_the_card_and_is_there_only_in_cash_is_handed_over(shop: Shop, part_in_cash: Booked) -> None:
    shop.server.faults.outage(2)
    payment = payment_of(part_in_cash)
    ask(payment, (0, 600))
    assert _rows(payment) == [("asked", "stripe", 250), ("asked", "school", 350)]
    _decided(shop, _disputed(shop, part_in_cash, 250))
    _housekeep()
    assert _rows(payment) == [("asked", "school", 250), ("asked", "school", 350)]
    assert to_look_at().count("to_pay_out") == 2
    for one in _refunds(payment):
        staff.pay_out(a_context(), payment.id, one.id, PaidOut(taken_from="cash"))
    assert (ledger_balance(), _income()) == (shop.balance(), 400)


def test_what_is_there_neither_way_is_cut_off_the_card_first(shop: Shop, part_in_cash: Booked) -> None:
    shop.server.faults.outage(2)
    payment = payment_of(part_in_cash)
    ask(payment)
    _decided(shop, _disputed(shop, part_in_cash, 100))
    _housekeep()
    assert sorted(_rows(payment)) == [("asked", "school", 1000), ("failed", "stripe", 100), ("made", "stripe", 150)]
    assert ledger_balance() == shop.balance()


def test_one_that_a_second_loss_cuts_down_once_more_is_made_too(
    shop: Shop, booked: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe answered nothing between the two losses."""
    dispute = _disputed(shop, booked, 300)
    cancelling.cancel(a_context(), booking_of(booked))
    _decided(shop, dispute)
    with monkeypatch.context() as away:
        away.setattr(gateway, "create_refund", _no_answer)
        _housekeep()
    assert _rows(payment_of(booked)) == [("asked", "stripe", 950), ("failed", "stripe", 300)]
    _decided(shop, _disputed(shop, booked, 200))
    _housekeep()
    assert sorted(_rows(payment_of(booked))) == [
        ("failed", "stripe", 200),
        ("failed", "stripe", 300),
        ("made", "stripe", 750),
    ]
    assert (ledger_balance(), _income()) == (shop.balance(), 0)


def _no_answer(*_args: object) -> None:
    raise TryAgain


def test_who_was_refused_before_the_bank_decided_does_not_undo_what_became_of_the_refund(
    shop: Shop, booked: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run is refused; the bank decides and another run cuts the refund down; then the first says that it waits."""
    dispute = _disputed(shop, booked, 300)
    cancelling.cancel(a_context(), booking_of(booked))
    payment = payment_of(booked)
    [refund] = _refunds(payment)

    def no_answer(*_: object) -> None:
        raise TryAgain

    def decided_and_cut_down() -> None:
        _decided(shop, dispute)
        with monkeypatch.context() as patch:
            patch.setattr(gateway, "create_refund", no_answer)
            with pytest.raises(TryAgain):
                make_refund(as_system(), payment.id, refund)

    once_before(monkeypatch, refunding, "_wait", decided_and_cut_down)
    for _ in range(2):
        make_refund(as_system(), payment.id, refund)
    assert sorted(_rows(payment)) == [("failed", "stripe", 300), ("made", "stripe", 950)]
    assert ledger_balance() == shop.balance()
