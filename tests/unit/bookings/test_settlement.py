"""What money means for a place, against the local Stripe (PAYMENTS.md "Flow")."""

from datetime import timedelta

import pytest

from school_events.bookings import settlement
from school_events.bookings.model import BookingState
from school_events.core.context import Context
from school_events.events.model import SchoolEvent
from school_events.payments import gateway
from school_events.payments.ledger.model import LedgerAccount
from school_events.payments.model import Payment, PaymentState
from school_events.people import aliases
from tests.support.booked_world import (
    as_system,
    book,
    booking_of,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL
from tests.support.event_checker import faults_of
from tests.support.shop import Shop, ledger, ledger_balance
from tests.support.tables import everything
from tests.unit.bookings.paying import HOLD_OVER, apply, let_go, overtaken_by, paid

pytestmark = pytest.mark.usefixtures("shop")


def test_money_confirms_the_place_and_the_ledger_says_what_stripe_says(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event, "pupil-1", "pupil-2")
    assert apply(booked).state is PaymentState.PAID
    assert [booking_of(booked, position).state for position in (0, 1)] == [BookingState.CONFIRMED] * 2
    assert booking_of(booked).hold_until is None
    (movement,) = shop.all("balance_transaction")
    charges = [one for one in ledger() if one.kind == "charge"]
    (fee,) = [one for one in ledger() if one.kind == "fee"]
    assert sum(one.amount.amount for one in charges) == movement["amount"] == 2500
    assert [one.reference for one in charges] == booked.booking_ids
    assert (fee.amount.amount, fee.debit, fee.stripe_id) == (movement["fee"], "stripe_fees", movement["source"])
    assert {(one.debit, one.credit) for one in charges} == {(LedgerAccount.STRIPE_BALANCE, LedgerAccount.EVENT_INCOME)}
    assert ledger_balance() == shop.balance()
    assert not faults_of(event)


def test_the_ledger_knows_the_payer_by_alias_only(shop: Shop, event: SchoolEvent) -> None:
    apply(paid(shop, event))
    assert {one.payer for one in ledger()} == {aliases.alias_of(SCHOOL, "contact", "contact-1")}


def test_applying_again_changes_nothing(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event)
    apply(booked)
    before = everything()
    for _ in range(3):
        apply(booked)
    settlement.let_go(as_system(HOLD_OVER), booked.payment_id or "")
    assert everything() == before


def test_poll_and_webhook_racing_fulfil_once(shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    booked = paid(shop, event)
    overtaken_by(lambda: apply(booked), monkeypatch)
    assert apply(booked).state is PaymentState.PAID
    assert [one.kind for one in ledger()] == ["charge", "fee"]
    assert not faults_of(event)


def test_a_hold_that_is_over_is_let_go_after_its_page_was_closed(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    payment = shop.open(booked)
    assert booking_of(booked).hold_until == HOLD_OVER
    assert let_go(booked).state is PaymentState.EXPIRED
    assert shop.status_of(payment) == "expired"
    assert booking_of(booked).state is BookingState.RELEASED
    assert set(place_states(event)) == {"free"}
    assert book(event, parent=2).state == "pending"
    assert not faults_of(event)


def test_a_place_is_not_given_up_while_its_page_is_open(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    payment = shop.open(booked)
    released = settlement._release
    seen = []

    def note_and_release(ctx: Context, ending: Payment) -> tuple[Payment, BookingState]:
        seen.append(shop.status_of(payment))
        return released(ctx, ending)

    monkeypatch.setattr(settlement, "_release", note_and_release)
    let_go(booked)
    assert seen == ["expired"]


def test_a_hold_whose_page_was_never_opened_is_let_go_without_stripe(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.server.faults.outage(10)
    assert settlement.let_go(as_system(NOW + timedelta(minutes=15)), booked.payment_id or "").state == "expired"
    assert set(place_states(event)) == {"free"}


def test_who_pays_while_the_hold_ends_has_the_place(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    payment = shop.open(booked)
    expire = gateway.expire_session

    def be_paid_first(ctx: Context, account_id: str, session_id: str) -> None:
        shop.pay(payment)
        expire(ctx, account_id, session_id)

    monkeypatch.setattr(gateway, "expire_session", be_paid_first)
    assert let_go(booked).state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert ledger_balance() == shop.balance()
    assert not faults_of(event)


def test_a_page_that_closed_by_itself_lets_the_place_go(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.open(booked)
    shop.at(HOLD_OVER)
    assert apply(booked).state is PaymentState.EXPIRED
    assert set(place_states(event)) == {"free"}


def test_another_amount_than_ours_fulfils_nothing_and_waits_for_a_person(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    payment = shop.open(booked)
    (session,) = shop.all("checkout.session")
    session["amount_total"] = 1
    shop.pay(payment)
    assert apply(booked).state is PaymentState.QUARANTINED
    assert {one.credit for one in ledger()} == {LedgerAccount.SUSPENSE, LedgerAccount.STRIPE_BALANCE}
    assert ledger_balance() == shop.balance()
    assert place_states(event).count("held") == 1
    assert let_go(booked).state is PaymentState.QUARANTINED
    assert booking_of(booked).hold_until is None
    assert apply(booked).state is PaymentState.QUARANTINED


@pytest.mark.parametrize("field", ["currency", "payment_id"])
def test_another_currency_or_payment_than_ours_fulfils_nothing(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    booked = paid(shop, event)
    look = gateway.find_session
    monkeypatch.setattr(gateway, "find_session", lambda *args: look(*args).model_copy(update={field: "eur"}))
    assert apply(booked).state is PaymentState.QUARANTINED
    assert LedgerAccount.EVENT_INCOME not in {one.credit for one in ledger()}
    assert ledger_balance() == shop.balance()
