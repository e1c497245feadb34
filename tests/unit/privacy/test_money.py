"""Money of people who are forgotten: to the penny as it was, without who paid it."""

import json
from datetime import timedelta

import pytest
import time_machine

from school_events.bookings import settlement
from school_events.core import clock
from school_events.core.change import stamp
from school_events.core.consequences import Message
from school_events.core.dynamodb import Transaction
from school_events.payments import store as payment_store
from school_events.payments.model import PaymentState
from school_events.payments.receipts import store as receipts
from school_events.payments.refunds.store import refunds_of_payment
from school_events.people import consequences
from school_events.people.rules import Thing
from school_events.people.store import find_contacts
from school_events.privacy.store import read_thing
from school_events.reports.model import Filters
from school_events.reports.payments import PAYMENTS
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    payment_of,
)
from tests.support.contexts import NOW, SCHOOL
from tests.support.people import tell
from tests.support.shop import Shop, ledger, ledger_balance, shop
from tests.support.tables import everything
from tests.unit.bookings.attempts import paid_otherwise
from tests.unit.bookings.instalments.owing import a_trip, instalments
from tests.unit.bookings.paying import apply, late_and_gone, paid
from tests.unit.functions.receipts.asking import receive
from tests.unit.privacy.leaving import FORGOTTEN_AT, contact_removed, let_expire, look_at, naming, pupil_left

__all__ = ["shop"]


def forget(*pupils: str) -> None:
    """Let children leave, and forget them when their time is over."""
    tell(*(pupil_left(one) for one in pupils))
    for one in pupils:
        look_at("pupil", one)


def test_ledger_payments_and_balance_stay_and_the_payer_goes(shop: Shop) -> None:
    a_school_with_families()
    booked = paid(shop, an_event(), "pupil-1", "pupil-2")
    apply(booked)
    entries, balance = ledger(), ledger_balance()
    forget("pupil-1", "pupil-2")
    assert (ledger(), ledger_balance()) == (entries, balance)
    assert ledger_balance() == shop.balance()
    payment = payment_of(booked)
    assert (payment.state, payment.amount.amount) == (PaymentState.PAID, 2500)
    assert payment.payer_id.startswith("nobody_")
    let_expire(FORGOTTEN_AT, "Idempotency", "Inbox")
    assert {table for table, _, _ in naming(everything(), ["contact-1"])} == {"People"}
    amounts = [step.row[4] for step in PAYMENTS.steps(SCHOOL, Filters(), None) if step.row]
    assert sum(int(str(one)) for one in amounts) == balance


def test_a_refund_that_a_parent_set_off_names_them_no_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    a_school_with_families()
    booked = late_and_gone(shop, an_event(), monkeypatch)
    settlement.apply_payment(as_parent(1), booked.payment_id or "")
    (refund,) = refunds_of_payment(SCHOOL, booked.payment_id or "")
    assert refund.change.actor_id == "contact-1"
    forget("pupil-1", "pupil-2")
    assert find_contacts(SCHOOL, ["contact-1"]) == {}
    (refund,) = refunds_of_payment(SCHOOL, booked.payment_id or "")
    assert refund.change.actor_kind == "system"
    assert refund.record.state == "made"
    assert ledger_balance() == shop.balance()


def test_what_a_parents_look_put_on_the_schools_list_names_them_no_more(shop: Shop) -> None:
    a_school_with_families()
    booked = paid_otherwise(shop, an_event())
    settlement.apply_payment(as_parent(1), booked.payment_id or "")
    assert payment_of(booked).state is PaymentState.QUARANTINED
    forget("pupil-1", "pupil-2")
    let_expire(FORGOTTEN_AT, "Idempotency", "Inbox")
    assert {table for table, _, _ in naming(everything(), ["contact-1"])} == {"People"}


@pytest.mark.parametrize("successor", [None, "contact-2"])
def test_what_staff_wrote_on_a_receipt_goes_with_the_payer_and_not_with_a_second_record_of_them(
    shop: Shop, successor: str | None
) -> None:
    a_school_with_families()
    booked = book(an_event(), "pupil-1")
    with time_machine.travel(NOW, tick=False):
        receive(booked, method="voucher", reference="EDEN 99")
    tell(contact_removed("contact-1", merged_into=successor))
    look_at("contact", "contact-1", now=NOW + timedelta(days=60))
    payment = payment_of(booked)
    assert payment.payer_id == successor or payment.payer_id.startswith("nobody_")
    (receipt,) = receipts.of_payment(SCHOOL, payment.id)
    assert receipt.reference == ("EDEN 99" if successor else "")
    forget("pupil-1")
    assert "EDEN 99" not in str(everything())


def _with_copies(payment_id: str, number: int) -> None:
    """Write a payment's receipt down so many times more."""
    (receipt,) = receipts.of_payment(SCHOOL, payment_id)
    ctx = as_system()
    transaction = Transaction(ctx)
    for one in range(number):
        receipts.create(transaction, ctx, receipt.model_copy(update={"id": f"receipt-{one}"}), stamp(ctx, "copied"))
    transaction.commit()


@pytest.mark.parametrize("who", ["child", "payer"])
def test_however_much_was_received_for_a_booking_whoever_paid_is_forgotten(shop: Shop, who: str) -> None:
    a_school_with_families()
    event = a_trip()
    with time_machine.travel(NOW, tick=False):
        booked = book(event, "pupil-3", parent=3)
        paid_with = [payment_of(booked), *instalments(booked)]
        for payment in paid_with:
            receive(payment, amount={"amount": payment.amount.amount}, reference="EDEN 99")
            _with_copies(payment.id, 40)
    if who == "child":
        forget("pupil-3")
    else:
        tell(contact_removed("contact-3"))
        look_at("contact", "contact-3", now=NOW + timedelta(days=60))
    assert "EDEN 99" not in str(everything())
    assert {payment_store.find_payment(SCHOOL, one.id).payer_id[:7] for one in paid_with} == {"nobody_"}


def test_money_that_comes_for_a_booking_of_nobody_still_confirms_it(shop: Shop) -> None:
    a_school_with_families()
    booked = paid(shop, an_event(), "pupil-1")
    forget("pupil-1")
    assert booking_of(booked).anonymised
    shop.at(NOW + timedelta(hours=2))
    assert apply(booked).state is PaymentState.PAID
    assert booking_of(booked).state == "confirmed"


def test_consumers_of_our_messages_are_told_of_the_pupil(tables: None) -> None:
    a_school_with_families()
    forget("pupil-3")
    _, item = read_thing(SCHOOL, Thing("pupil", ("pupil-3",)))
    assert item is not None
    told = consequences.of(item)
    assert told is not None
    detail = {"version": 3, "pupil_id": "pupil-3", "anonymised_at": clock.to_text(FORGOTTEN_AT)}
    assert told.messages == (Message("PupilAnonymised", detail),)
    assert "O'Connor" not in json.dumps(detail)
    _, contact = read_thing(SCHOOL, Thing("contact", ("contact-3",)))
    assert contact is not None
    other = consequences.of(contact)
    assert other is not None
    assert other.messages == ()
