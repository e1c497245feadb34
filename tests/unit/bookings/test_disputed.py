"""A payer's bank takes money back: told in any order, entered once, refunds wait, the place stays (scenarios 3, 13)."""

from typing import Any

import pytest

from local.stripe.errors import Json
from school_events.bookings import disputed
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.bookings.stripe_events import apply as apply_event
from school_events.core.context import Context
from school_events.core.errors import WrongState
from school_events.events.model import SchoolEvent
from school_events.payments.attention import store as attention
from school_events.payments.disputes import gateway
from school_events.payments.disputes.store import disputes_of_payment
from school_events.payments.events.model import DISPUTE_TYPES, StripeEvent
from school_events.payments.model import PaymentState
from school_events.payments.rules import require_undisputed, still_paid
from tests.support.booked_world import as_system, booking_of, payment_of
from tests.support.contexts import SCHOOL, a_context
from tests.support.shop import Shop, ledger, ledger_balance
from tests.support.tables import everything
from tests.unit.bookings.paying import apply, paid


def _taken_back(shop: Shop, booked: Booked, pence: int | None = None, *, inquiry: bool = False) -> Json:
    payment = payment_of(booked)
    assert payment.checkout is not None
    return shop.server.dashboard.dispute(payment.checkout.session_id or "", pence, inquiry=inquiry)


def _hear(shop: Shop, dispute: Json) -> None:
    disputed.apply_dispute(as_system(name="stripe_events"), shop.account_id, dispute["id"])


def _accounts() -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in ledger():
        sums[entry.debit] = sums.get(entry.debit, 0) + entry.amount.amount
        sums[entry.credit] = sums.get(entry.credit, 0) - entry.amount.amount
    return {account: pence for account, pence in sums.items() if pence}


def _to_look_at() -> list[tuple[str, str]]:
    return [(one.kind.value, one.thing_id) for one, _ in attention.open_ones(SCHOOL, limit=10)]


def test_what_a_bank_takes_back_is_entered_and_the_place_stays(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event, "pupil-1", "pupil-2")
    apply(booked)
    dispute = _taken_back(shop, booked)
    _hear(shop, dispute)
    payment = payment_of(booked)
    assert (payment.state, payment.disputes) == (PaymentState.DISPUTED, (dispute["id"],))
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert _accounts() == {"stripe_balance": -2058, "stripe_fees": 2058, "event_income": -2500, "disputed": 2500}
    assert ledger_balance() == shop.balance()
    assert _to_look_at() == [("dispute", dispute["id"])]
    [known] = disputes_of_payment(SCHOOL, payment.id)
    assert (known.reason, known.amount.amount, known.state) == ("fraudulent", 2500, "open")
    with pytest.raises(WrongState, match="until it is decided"):
        require_undisputed(payment)


@pytest.mark.parametrize("fee_back", [False, True])
def test_a_won_dispute_reinstates(shop: Shop, event: SchoolEvent, fee_back: bool) -> None:
    booked = paid(shop, event)
    apply(booked)
    dispute = _taken_back(shop, booked)
    _hear(shop, dispute)
    shop.server.dashboard.decide(dispute["id"], "won", fee_back=fee_back)
    _hear(shop, dispute)
    payment = payment_of(booked)
    assert (payment.state, payment.disputes, payment.lost.amount) == (PaymentState.PAID, (), 0)
    assert "disputed" not in _accounts()
    assert _accounts()["event_income"] == -1250
    assert ledger_balance() == shop.balance() == 1250 - 39 - (0 if fee_back else 2000)
    assert _to_look_at() == []
    require_undisputed(payment)


def test_a_lost_dispute_is_lost_income_of_what_was_paid_for(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event, "pupil-1", "pupil-2")
    apply(booked)
    dispute = _taken_back(shop, booked, 1001)
    _hear(shop, dispute)
    shop.server.dashboard.decide(dispute["id"], "lost")
    _hear(shop, dispute)
    payment = payment_of(booked)
    assert (payment.state, payment.lost.amount) == (PaymentState.LOST, 1001)
    assert _accounts()["event_income"] == -1499
    assert "disputed" not in _accounts()
    lost = [(entry.reference, entry.amount.amount) for entry in ledger() if entry.kind == "dispute_lost"]
    assert lost == [(booked.booking_ids[0], 501), (booked.booking_ids[1], 500)]
    assert ledger_balance() == shop.balance()
    assert _to_look_at() == [("dispute_lost", dispute["id"])]
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert [(line.lost.amount, still_paid(payment, line).amount) for line in payment.lines] == [(501, 749), (500, 750)]


def test_an_inquiry_takes_no_money_and_is_told(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event)
    apply(booked)
    dispute = _taken_back(shop, booked, inquiry=True)
    _hear(shop, dispute)
    assert payment_of(booked).state is PaymentState.PAID
    assert _to_look_at() == [("dispute", dispute["id"])]
    shop.server.dashboard.escalate(dispute["id"])
    _hear(shop, dispute)
    assert payment_of(booked).state is PaymentState.DISPUTED
    assert ledger_balance() == shop.balance()


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_that_was_decided_before_the_payment_was_heard_of(
    shop: Shop, event: SchoolEvent, outcome: str
) -> None:
    """Scenario 3: closed before the charge is known."""
    booked = paid(shop, event)
    dispute = _taken_back(shop, booked)
    shop.server.dashboard.decide(dispute["id"], outcome)
    _hear(shop, dispute)
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert payment_of(booked).state.value == {"won": "paid", "lost": "lost"}[outcome]
    assert ledger_balance() == shop.balance()
    apply(booked)
    _hear(shop, dispute)
    assert ledger_balance() == shop.balance()


def test_the_same_again_changes_nothing(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event)
    apply(booked)
    dispute = _taken_back(shop, booked)
    _hear(shop, dispute)
    before = everything()
    _hear(shop, dispute)
    assert everything() == before


def test_an_answer_that_is_older_than_what_another_wrote_is_asked_again(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid(shop, event)
    apply(booked)
    dispute = _taken_back(shop, booked)
    look, looked = gateway.find_dispute, 0

    def look_and_be_overtaken(ctx: Context, account_id: str, dispute_id: str) -> Any:
        nonlocal looked
        looked += 1
        snapshot = look(ctx, account_id, dispute_id)
        if looked == 2:
            monkeypatch.setattr(gateway, "find_dispute", look)
            shop.server.dashboard.decide(dispute_id, "won")
            _hear(shop, dispute)
        return snapshot

    monkeypatch.setattr(gateway, "find_dispute", look_and_be_overtaken)
    _hear(shop, dispute)
    assert payment_of(booked).state is PaymentState.PAID
    assert ledger_balance() == shop.balance()


def test_what_the_school_sells_by_itself_is_none_of_ours(shop: Shop) -> None:
    charge = shop.server.dashboard.sell(shop.account_id, 5000)
    dispute = shop.server.dashboard.dispute(charge["id"])
    before = everything()
    _hear(shop, dispute)
    assert everything() == before


def test_a_dispute_of_another_schools_payment_touches_nothing(shop: Shop, event: SchoolEvent) -> None:
    """Scenario 16: what an account's charges say of us is believed only within its own school."""
    booked = paid(shop, event)
    apply(booked)
    dispute = _taken_back(shop, booked)
    before = everything()
    disputed.apply_dispute(a_context("school-2"), shop.account_id, dispute["id"])
    assert everything() == before


@pytest.mark.parametrize("kind", sorted(DISPUTE_TYPES))
def test_every_event_of_a_dispute_makes_us_look(shop: Shop, event: SchoolEvent, kind: str) -> None:
    booked = paid(shop, event)
    apply(booked)
    dispute = _taken_back(shop, booked)
    told = StripeEvent(
        event_id="evt_1",
        type=kind,
        account=shop.account_id,
        object_id=dispute["id"],
        charge_id=dispute["charge"],
        payment_id=None,
    )
    apply_event(as_system(name="stripe_events"), shop.account_id, told)
    assert payment_of(booked).state is PaymentState.DISPUTED
