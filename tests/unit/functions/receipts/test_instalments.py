"""An instalment can be paid at the school's desk as well: it is owed no more, and its place never waited for it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import time_machine

from school_events.bookings import cancelling
from school_events.bookings.instalments import family
from school_events.events.model import SchoolEvent
from school_events.payments import store
from school_events.payments.attention import store as attention
from school_events.payments.model import Payment, PaymentPurpose
from school_events.payments.receipts import service
from school_events.payments.refunds.store import refunds_of_payment
from tests.support.booked_world import a_school_with_families, as_parent, booking_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.shop import Shop, ledger_balance
from tests.support.tables import everything
from tests.unit.bookings.instalments.owing import FIRST, a_trip, confirmed, housekeep, instalments, morning
from tests.unit.bookings.paying import once_before
from tests.unit.functions.receipts.asking import CASH, MISTAKE, RECEIPTS, accounts, ask, on, pence, receive

ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}


@pytest.fixture
def trip(shop: Shop) -> Iterator[SchoolEvent]:
    """A trip that is paid in three parts; it is the moment of the tests."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield a_trip()


def _again(payment: Payment) -> Payment:
    return store.find_payment(SCHOOL, payment.id)


def test_what_is_overdue_is_paid_at_the_desk_and_nobody_has_to_look_at_it_any_more(
    shop: Shop, trip: SchoolEvent
) -> None:
    booked = confirmed(shop, trip)
    first, _ = instalments(booked)
    late = morning(FIRST.replace(day=FIRST.day + 1))
    housekeep(late)
    assert [one.thing_id for one, _ in attention.open_ones(SCHOOL, limit=9)] == [first.id]
    with time_machine.travel(late, tick=False):
        assert receive(first, amount=pence(400))[1]["payment_state"] == "paid"
    assert attention.open_ones(SCHOOL, limit=9) == []
    assert booking_of(booked).state == "confirmed"
    assert accounts()["cash"] == 400
    assert ledger_balance() == shop.balance()


def test_a_part_leaves_the_rest_for_a_page_and_an_open_one_is_closed(shop: Shop, trip: SchoolEvent) -> None:
    first, _ = instalments(confirmed(shop, trip))
    page = family.checkout(as_parent(), first.id)
    receive(first, amount=pence(150))
    assert shop.status_of(page) == "expired"
    again = family.checkout(as_parent(), first.id)
    assert again.checkout is not None
    assert again.checkout.amount.amount == 250


def test_of_two_at_once_who_write_down_a_part_neither_is_lost(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = instalments(confirmed(shop, trip))
    once_before(monkeypatch, service, "write", lambda: receive(first, amount=pence(100)))
    assert receive(first, amount=pence(300))[1]["payment_state"] == "paid"
    assert accounts()["cash"] == 400
    assert _again(first).lines[0].received.amount == 400


def test_a_mistake_is_owed_again_and_the_place_stays(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    first, _ = instalments(booked)
    _, receipt = receive(first, amount=pence(400))
    assert on(first, receipt, "reverse", MISTAKE)[1]["payment_state"] == "created"
    assert booking_of(booked).state == "confirmed"
    assert "cash" not in accounts()


@pytest.mark.parametrize("has_page", [False, True])
def test_a_part_of_what_ends_with_its_place_is_to_be_handed_back(
    shop: Shop, trip: SchoolEvent, *, has_page: bool
) -> None:
    booked = confirmed(shop, trip)
    first, _ = instalments(booked)
    receive(first, amount=pence(150))
    if has_page:
        family.checkout(as_parent(), first.id)
    cancelling.cancel(a_context(), booking_of(booked))
    housekeep(NOW)
    [refund] = [item.record for item in refunds_of_payment(SCHOOL, first.id)]
    assert (refund.amount.amount, refund.through, _again(first).state) == (150, "school", "expired")
    assert receive(first, amount=pence(250))[0] == 409


def test_several_that_are_paid_together_are_received_one_by_one(shop: Shop, trip: SchoolEvent) -> None:
    first, second = instalments(confirmed(shop, trip))
    together = family.checkout_together(as_parent(), [first.id, second.id])
    before = everything()
    assert receive(together, amount=pence(1000))[0] == 409
    assert receive(first, amount=pence(400))[0] == 409
    assert everything() == before


def test_who_gave_of_their_own_will_is_shown_to_finance_staff_only(shop: Shop, trip: SchoolEvent) -> None:
    first, _ = instalments(confirmed(shop, trip))
    given = first.model_copy(update={"purpose": PaymentPurpose.CONTRIBUTION})
    store.PaymentItem.get(*_key(first)).update([store.PaymentItem.record.set(given)])
    assert ask(f"GET {RECEIPTS}", first.id, caller=ADMIN)[0] == 404
    assert ask(f"POST {RECEIPTS}", first.id, dict(CASH), caller=ADMIN)[0] == 404
    assert ask(f"GET {RECEIPTS}", first.id)[0] == 200


def _key(payment: Payment) -> tuple[str, str]:
    key = store.payment_key(SCHOOL, payment.id)
    return key.pk, key.sk
