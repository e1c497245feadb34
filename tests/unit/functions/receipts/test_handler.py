"""Finance staff write down what the school received itself: what is paid that way is paid, once, to the penny."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from school_events.bookings import cancelling, chores, settlement
from school_events.bookings.service import Booked
from school_events.events.model import SchoolEvent
from school_events.payments import gateway
from school_events.payments.anonymising import replace_payer
from school_events.payments.attention import store as attention
from school_events.payments.receipts import service
from school_events.payments.refunds import staff
from school_events.payments.refunds.api import NewRefund, PaidOut
from school_events.payments.refunds.model import Refund
from school_events.payments.refunds.store import refunds_of_payment
from tests.support.booked_world import (
    UNASKED,
    a_school_with_families,
    an_event,
    as_system,
    book,
    booking_of,
    payment_of,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.event_checker import faults_of
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger, ledger_balance
from tests.support.tables import everything
from tests.unit.bookings.paying import let_go_unseen, once_before
from tests.unit.functions.receipts.asking import CASH, MISTAKE, PRICE, RECEIPTS, SEEN, accounts, ask, on, pence, receive


@pytest.fixture(autouse=True)
def event(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip at £12.50; it is the moment of the tests."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield an_event()


def _is_held(booked: Booked) -> bool:
    booking = booking_of(booked)
    return booking.state == "pending" and booking.hold_until is not None and booking.hold_until > NOW


@pytest.mark.parametrize(
    ("method", "account"),
    [("cash", "cash"), ("voucher", "vouchers"), ("tax_free_childcare", "tax_free_childcare")],
)
def test_what_the_school_received_in_full_pays_the_places_and_stripe_hears_nothing(
    shop: Shop, event: SchoolEvent, method: str, account: str
) -> None:
    booked = book(event, "pupil-1", "pupil-2")
    status, recorded = receive(booked, method=method, amount=pence(2 * PRICE))
    assert (status, recorded["state"], recorded["payment_state"]) == (201, "received", "paid")
    assert {booking_of(booked, one).state for one in (0, 1)} == {"confirmed"}
    assert sorted(place_states(event)) == ["free", "taken", "taken"]
    assert accounts() == {account: 2 * PRICE, "event_income": -2 * PRICE}
    assert {entry.reference for entry in ledger()} == set(booked.booking_ids)
    assert shop.all("checkout.session") == []
    assert faults_of(event) == []


def test_the_list_says_what_was_received_and_what_became_of_it(event: SchoolEvent) -> None:
    booked = book(event)
    _, first = receive(booked, amount=pence(500), reference="cash book 17")
    _, second = receive(booked, method="voucher", amount=pence(750), reference="EDEN 99")
    on(booked, second, "match", SEEN)
    status, listed = ask(f"GET {RECEIPTS}", booked.payment_id or "")
    assert status == 200
    shown = [(one["id"], one["method"], one["reference"], one["state"], one["seen_on"]) for one in listed["items"]]
    assert sorted(shown) == sorted(
        [
            (first["id"], "cash", "cash book 17", "received", None),
            (second["id"], "voucher", "EDEN 99", "matched", "2026-11-22"),
        ]
    )


def test_a_part_leaves_the_rest_for_a_card_and_the_place_waits_for_it(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    _, recorded = receive(booked, amount=pence(500))
    assert recorded["payment_state"] == "created"
    assert _is_held(booked)
    shop.pay(shop.open(booked))
    assert settlement.apply_payment(as_system(), booked.payment_id or "").state == "paid"
    assert [one["amount"] for one in shop.all("charge")] == [750]
    assert booking_of(booked).state == "confirmed"
    assert ledger_balance() == shop.balance()
    assert accounts()["cash"] == 500
    assert accounts()["event_income"] == -PRICE
    assert faults_of(event) == []


def test_lines_are_filled_up_in_their_order(event: SchoolEvent) -> None:
    booked = book(event, "pupil-1", "pupil-2")
    receive(booked, amount=pence(2000))
    assert [line.received.amount for line in payment_of(booked).lines] == [PRICE, 750]
    receive(booked, amount=pence(500))
    assert [line.received.amount for line in payment_of(booked).lines] == [PRICE, PRICE]
    assert payment_of(booked).state == "paid"


def test_an_open_page_is_closed_first_and_then_asks_for_the_rest(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    page = shop.open(booked)
    assert receive(booked, amount=pence(500))[0] == 201
    assert shop.status_of(page) == "expired"
    again = shop.open(booked)
    assert again.checkout is not None
    assert again.checkout.amount.amount == 750
    assert sorted(one["amount_total"] for one in shop.all("checkout.session")) == [750, PRICE]


def test_what_was_paid_by_card_meanwhile_is_not_received_twice(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.pay(shop.open(booked))
    status, refused = receive(booked)
    assert (status, refused["type"].rsplit(":")[-1]) == (409, "paid-meanwhile")
    assert ask(f"GET {RECEIPTS}", booked.payment_id or "")[1]["items"] == []
    assert settlement.apply_payment(as_system(), booked.payment_id or "").state == "paid"
    assert receive(booked)[0] == 409
    assert accounts()["event_income"] == -PRICE
    assert ledger_balance() == shop.balance()


def test_money_that_comes_by_card_after_all_is_nobodys_second_payment(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    page = shop.open(booked)
    with monkeypatch.context() as patch:
        # Stripe says that the page is closed, and then it was paid.
        patch.setattr(gateway, "expire_session", lambda *_: None)
        assert receive(booked)[0] == 201
    shop.pay(page)
    settlement.apply_payment(as_system(), booked.payment_id or "")
    assert [(one["amount"], one["status"]) for one in shop.all("refund")] == [(PRICE, "succeeded")]
    assert booking_of(booked).state == "confirmed"
    assert accounts()["cash"] == PRICE
    assert ledger_balance() == shop.balance()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("amount.amount", {"amount": pence(PRICE + 1)}),
        ("amount.amount", {"amount": pence(0)}),
        ("amount.amount", {"amount": pence(-500)}),
        ("amount.amount", {"amount": pence(PRICE - 29)}),
        ("received_on", {"received_on": "2026-11-24"}),
        ("received_on", {"received_on": "2025-11-20"}),
        ("received_on", {"received_on": "yesterday"}),
        ("reference", {"reference": " "}),
        ("reference", {"reference": "x" * 101}),
        ("method", {"method": "gold"}),
        ("payer", {"payer": "contact-1"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_field_and_changes_nothing(
    event: SchoolEvent, field: str, wrong: Mapping[str, Any]
) -> None:
    booked = book(event)
    before = everything()
    status, refused = receive(booked, **wrong)
    assert (status, refused["errors"][0]["field"]) == (422, field)
    assert everything() == before


def test_what_is_let_go_takes_no_money(event: SchoolEvent) -> None:
    booked = book(event)
    settlement.let_go(as_system(), booked.payment_id or "")
    before = everything()
    assert receive(booked)[0] == 409
    assert everything() == before
    assert ask(f"POST {RECEIPTS}", "payment-nobody", dict(CASH))[0] == 404


def test_the_same_request_again_is_one_receipt_and_another_is_another(event: SchoolEvent) -> None:
    booked = book(event)
    first = receive(booked, "key-1", amount=pence(400))
    assert receive(booked, "key-1", amount=pence(400)) == first
    assert accounts()["cash"] == 400
    assert receive(booked, "key-1", amount=pence(401))[0] == 422
    assert receive(booked, "key-2", amount=pence(400))[1]["id"] != first[1]["id"]
    assert accounts()["cash"] == 800


def test_what_was_seen_at_the_bank_is_there_once(event: SchoolEvent) -> None:
    booked = book(event)
    _, receipt = receive(booked, method="voucher")
    status, matched = on(booked, receipt, "match", SEEN, "key-1")
    assert (status, matched["state"]) == (200, "matched")
    assert on(booked, receipt, "match", SEEN, "key-1") == (200, matched)
    assert on(booked, receipt, "match", SEEN)[0] == 409
    assert accounts() == {"bank": PRICE, "event_income": -PRICE}
    assert on(booked, {"id": "receipt-nobody"}, "match", SEEN)[0] == 404


@pytest.mark.parametrize(("field", "wrong"), [("seen_on", {"seen_on": "2026-12-24"}), ("reference", {"reference": ""})])
def test_a_sighting_that_makes_no_sense_changes_nothing(
    event: SchoolEvent, field: str, wrong: Mapping[str, Any]
) -> None:
    booked = book(event)
    _, receipt = receive(booked)
    before = everything()
    status, refused = on(booked, receipt, "match", {**SEEN, **wrong})
    assert (status, refused["errors"][0]["field"]) == (422, field)
    assert everything() == before


@pytest.mark.parametrize("is_matched", [False, True])
def test_a_mistake_is_taken_back_by_opposite_entries_and_its_place_waits_again(
    event: SchoolEvent, *, is_matched: bool
) -> None:
    booked = book(event)
    _, receipt = receive(booked)
    if is_matched:
        on(booked, receipt, "match", SEEN)
    entered = len(ledger())
    status, reversed_ = on(booked, receipt, "reverse", MISTAKE)
    assert (status, reversed_["state"], reversed_["payment_state"]) == (200, "reversed", "created")
    assert accounts() == {}
    assert len(ledger()) == 2 * entered
    assert _is_held(booked)
    assert "held" in place_states(event)
    assert on(booked, receipt, "reverse", MISTAKE)[0] == 409
    assert on(booked, receipt, "match", SEEN)[0] == 409
    assert receive(booked, method="voucher")[1]["payment_state"] == "paid"
    assert booking_of(booked).state == "confirmed"
    assert faults_of(event) == []


def test_a_mistake_beside_money_of_a_card_stays_and_is_refunded_instead(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    _, receipt = receive(booked, amount=pence(500))
    shop.pay(shop.open(booked))
    settlement.apply_payment(as_system(), booked.payment_id or "")
    before = everything()
    assert on(booked, receipt, "reverse", MISTAKE)[0] == 409
    assert everything() == before


def test_a_part_for_a_place_that_is_let_go_is_handed_back_by_the_school(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    receive(booked, amount=pence(500))
    assert settlement.let_go(as_system(), booked.payment_id or "").state == "expired"
    [(refund, seen)] = _to_hand_over(booked)
    assert (refund.amount.amount, refund.through, seen) == (500, "school", True)
    _hand_over(booked, refund.id)
    assert accounts() == {}
    assert [seen for _, seen in _to_hand_over(booked)] == [False]
    assert payment_of(booked).state == "expired"
    assert shop.all("refund") == []


def test_late_money_for_a_place_whose_part_was_handed_back_goes_back_too(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    receive(booked, amount=pence(500))
    page = shop.open(booked)
    let_go_unseen(shop, booked, monkeypatch)
    shop.pay(page)
    settlement.apply_payment(as_system(), booked.payment_id or "")
    assert [(one["amount"], one["status"]) for one in shop.all("refund")] == [(750, "succeeded")]
    assert booking_of(booked).state == "released"
    assert ledger_balance() == shop.balance()


def test_of_a_place_that_is_cancelled_each_part_goes_back_the_way_it_came(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    receive(booked, amount=pence(500))
    shop.pay(shop.open(booked))
    settlement.apply_payment(as_system(), booked.payment_id or "")
    cancelling.cancel(a_context(), booking_of(booked))
    later = NOW + timedelta(minutes=2)
    chores.make_due_refunds(later, lambda _: as_system(later), lambda: True)
    assert [one["amount"] for one in shop.all("refund")] == [750]
    [(refund, seen)] = _to_hand_over(booked)
    assert (refund.amount.amount, seen, payment_of(booked).state) == (500, True, "part_refunded")
    _hand_over(booked, refund.id)
    assert payment_of(booked).state == "refunded"
    assert "cash" not in accounts()
    assert "event_income" not in accounts()
    assert ledger_balance() == shop.balance()


def test_what_staff_give_back_of_cash_is_handed_over_and_never_asked_of_stripe(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event, "pupil-1", "pupil-2")
    receive(booked, amount=pence(2 * PRICE))
    wanted = NewRefund.model_validate({"reason": "goodwill"})
    asked = staff.ask(a_context(), booked.payment_id or "", wanted, UNASKED)
    assert [(one.amount.amount, one.through) for one in asked] == [(PRICE, "school"), (PRICE, "school")]
    assert shop.all("refund") == []
    for one in asked:
        _hand_over(booked, one.id)
    assert accounts() == {}


def _to_hand_over(booked: Booked) -> list[tuple[Refund, bool]]:
    """Refunds that are the school's to make, and whether finance staff are shown them."""
    shown = {one.thing_id for one, _ in attention.open_ones(SCHOOL, limit=50) if one.kind == "to_pay_out"}
    rows = [item.record for item in refunds_of_payment(SCHOOL, booked.payment_id or "")]
    return [(one, one.id in shown) for one in rows if one.through == "school"]


def _hand_over(booked: Booked, refund_id: str) -> None:
    paid = PaidOut.model_validate({"taken_from": "cash"})
    assert staff.pay_out(a_context(), booked.payment_id or "", refund_id, paid).state == "made"


def test_killed_anywhere_a_receipt_is_written_whole_or_not_at_all(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.open(booked)
    go_back = bookmark(shop)
    with watched(Calls()) as calls:
        receive(booked, "key-1")
    for point in calls.points():
        go_back()
        with suppress(Killed), watched(Calls(point)):
            receive(booked, "key-1")
        assert receive(booked, "key-1")[1]["payment_state"] == "paid", calls.names[:point]
        assert accounts() == {"cash": PRICE, "event_income": -PRICE}
        assert booking_of(booked).state == "confirmed"
        assert faults_of(event) == []


def test_killed_anywhere_a_mistake_is_taken_back_once(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    _, receipt = receive(booked)
    go_back = bookmark(shop)
    with watched(Calls()) as calls:
        on(booked, receipt, "reverse", MISTAKE, "key-1")
    for point in calls.points():
        go_back()
        with suppress(Killed), watched(Calls(point)):
            on(booked, receipt, "reverse", MISTAKE, "key-1")
        assert on(booked, receipt, "reverse", MISTAKE, "key-1")[1]["payment_state"] == "created", calls.names[:point]
        assert accounts() == {}
        assert _is_held(booked)


def test_of_two_at_once_who_write_down_the_whole_price_one_is_refused(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    once_before(monkeypatch, service, "write", lambda: receive(booked, method="voucher"))
    assert receive(booked)[0] == 409
    assert accounts() == {"vouchers": PRICE, "event_income": -PRICE}


def test_whoever_paid_is_taken_out_of_what_staff_wrote_and_the_money_stays(event: SchoolEvent) -> None:
    booked = book(event)
    _, receipt = receive(booked, method="tax_free_childcare", reference="AMOC12345TFC")
    on(booked, receipt, "match", SEEN)
    replace_payer(as_system(), payment_of(booked), "nobody-1")
    [shown] = ask(f"GET {RECEIPTS}", booked.payment_id or "")[1]["items"]
    assert (shown["reference"], shown["statement_reference"], shown["amount"]["amount"]) == ("", None, PRICE)
    assert "AMOC12345TFC" not in str(everything())
