"""Opening the payment page: one page for one payment, and only for what can be paid."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from school_events.bookings.instalments import together
from school_events.bookings.service import Booked
from school_events.core import logs
from school_events.core.errors import PaymentsNotReady, TryAgain, WrongState
from school_events.events.model import SchoolEvent
from school_events.payments.accounts import store as accounts
from school_events.payments.model import Payment
from school_events.payments.rules import CHECKOUT_LIFE
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    book,
    booking_of,
    payment_of,
)
from tests.support.contexts import NOW, SCHOOL
from tests.support.shop import Shop
from tests.support.tables import everything
from tests.unit.bookings.paying import (
    apply,
    let_go,
    paid,
)

CLOSED = NOW + CHECKOUT_LIFE
"""When a page that was opened at ``NOW`` has closed; its hold is over a minute later."""

pytestmark = pytest.mark.usefixtures("shop")


def test_stripe_is_told_opaque_ids_only(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event)
    for kind in ("checkout.session", "payment_intent", "charge"):
        (thing,) = shop.all(kind)
        assert thing["metadata"] == {"school_id": SCHOOL, "payment_id": booked.payment_id}
    ((line,),) = shop.server.world.book(shop.account_id).line_items.values()
    assert line["description"] == "School event"


def test_opening_the_page_twice_gives_the_same_page(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    first, second = shop.open(booked), shop.open(booked, NOW + timedelta(minutes=5))
    assert first.checkout == second.checkout
    assert len(shop.all("checkout.session")) == 1


def test_who_asks_again_once_the_page_has_closed_hears_so_and_can_book_again_at_once(
    shop: Shop, event: SchoolEvent
) -> None:
    booked = book(event)
    shop.open(booked)
    shop.at(CLOSED)
    with pytest.raises(WrongState, match="expired"):
        shop.open(booked, CLOSED)
    assert booking_of(booked).state == "released"
    assert shop.open(book(event, now=CLOSED), CLOSED).state == "open"


def test_who_asks_again_having_paid_in_the_last_moment_hears_that_it_is_paid(shop: Shop, event: SchoolEvent) -> None:
    booked = paid(shop, event)
    with pytest.raises(WrongState, match="paid"):
        shop.open(booked, CLOSED)
    assert booking_of(booked).state == "confirmed"


def test_who_asks_before_stripe_s_clock_has_closed_the_page_is_to_ask_again(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.open(booked)
    with pytest.raises(TryAgain):
        shop.open(booked, CLOSED)
    assert booking_of(booked).state == "pending"


@pytest.mark.parametrize("is_paid", [True, False])
def test_of_two_holds_to_be_paid_together_one_whose_page_has_closed_is_what_stripe_says(
    shop: Shop, event: SchoolEvent, *, is_paid: bool
) -> None:
    one, other = book(event), book(event, "pupil-2")
    opened = shop.open(one)
    if is_paid:
        shop.pay(opened)
    shop.at(CLOSED)
    found = [payment_of(one), payment_of(other)]
    with pytest.raises(WrongState, match="paid" if is_paid else "expired"):
        together.open_page(as_parent(now=CLOSED), found)
    assert booking_of(one).state == ("confirmed" if is_paid else "released")
    assert payment_of(other).state == "created"


@pytest.mark.parametrize("after", [apply, let_go])
def test_no_page_is_opened_for_what_is_paid_or_let_go(
    shop: Shop, event: SchoolEvent, after: Callable[[Booked], Payment]
) -> None:
    booked = book(event)
    payment = shop.open(booked)
    if after is apply:
        shop.pay(payment)
    after(booked)
    before = everything()
    with pytest.raises(WrongState):
        shop.open(booked)
    assert everything() == before


@pytest.mark.parametrize("connected", [False, True])
def test_a_school_that_cannot_take_money_opens_no_page(shop: Shop, connected: bool) -> None:
    a_school_with_families()
    booked = book(an_event())
    key = accounts.account_key(SCHOOL)
    item = accounts.StripeAccountItem.get(key.pk, key.sk)
    if connected:
        shop.cannot_charge()
    else:
        item.delete()
    before = everything()
    with pytest.raises(PaymentsNotReady):
        shop.open(booked)
    assert everything() == before
    assert shop.all("checkout.session") == []


def test_why_stripe_opens_no_page_is_in_the_log(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payer is told only that there is none; as with a clock that is ahead of ours."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(logs.logger, "warning", lambda message, **said: lines.append({"message": message} | said))
    booked = book(event)
    shop.at(CLOSED)
    with pytest.raises(PaymentsNotReady):
        shop.open(booked)
    assert [(line["message"], line["param"]) for line in lines] == [("stripe opens no page", "expires_at")]
