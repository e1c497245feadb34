"""A payout is entered once, whatever made us look and however often; one that comes back is back, and a person's."""

from datetime import timedelta

import pytest

from school_events.bookings import settlement
from school_events.core.context import Context
from school_events.core.errors import StaleVersion
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments.attention import store as attention
from school_events.payments.payouts import gateway, service, store
from school_events.payments.payouts.model import PayoutLine, PayoutSnapshot, PayoutState
from tests.support.booked_world import a_school_with_families, an_event, as_system, book
from tests.support.contexts import NOW, SCHOOL
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.paying import apply, paid

ARRIVED = NOW + timedelta(days=4, hours=2)


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip at £12.50, which one family has paid."""
    a_school_with_families()
    event = an_event()
    apply(paid(shop, event))
    return event


def later(days: float = 4) -> Context:
    return as_system(NOW + timedelta(days=days), name="money_check")


def a_payout(shop: Shop, days: float = 3) -> str:
    """The payout Stripe makes by itself once the money is available."""
    shop.at(NOW + timedelta(days=days))
    (payout,) = shop.all("payout")[:1]
    return str(payout["id"])


def test_a_payout_is_entered_once_however_often_we_hear_of_it(shop: Shop, trip: SchoolEvent) -> None:
    payout_id = a_payout(shop)
    for _ in range(3):
        service.look_at(later(), shop.account_id, payout_id)
    moved = [one for one in ledger() if one.kind == "payout"]
    assert [(one.debit, one.credit, one.stripe_id) for one in moved] == [("bank", "stripe_balance", payout_id)]
    assert ledger_balance() == shop.balance() == 0


def test_two_who_look_at_once_enter_it_once(shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    payout_id = a_payout(shop)
    look = gateway.find_payout

    def look_and_be_overtaken(ctx: Context, account_id: str, payout: str) -> PayoutSnapshot:
        monkeypatch.setattr(gateway, "find_payout", look)
        found = store.find

        def find_and_be_overtaken(school_id: str, wanted: str) -> object:
            monkeypatch.setattr(store, "find", found)
            seen = found(school_id, wanted)
            service.look_at(later(), account_id, payout)
            return seen

        monkeypatch.setattr(store, "find", find_and_be_overtaken)
        return look(ctx, account_id, payout)

    monkeypatch.setattr(gateway, "find_payout", look_and_be_overtaken)
    with pytest.raises(StaleVersion):
        service.look_at(later(), shop.account_id, payout_id)
    assert ledger_balance() == shop.balance()


def test_one_that_the_bank_sends_back_is_back_and_a_persons_until_the_next_arrives(
    shop: Shop, trip: SchoolEvent
) -> None:
    payout_id = a_payout(shop)
    shop.server.dashboard.fail_payout(payout_id)
    service.look_at(later(), shop.account_id, payout_id)
    assert store.known(SCHOOL, payout_id).state is PayoutState.FAILED
    assert ledger_balance() == shop.balance() > 0
    assert [one.kind for one, _ in attention.open_ones(SCHOOL, limit=9)] == ["payout_failed"]
    for day in (5, 7):
        shop.at(NOW + timedelta(days=day))
    for payout in shop.all("payout"):
        service.look_at(later(7), shop.account_id, payout["id"])
    assert attention.open_ones(SCHOOL, limit=9) == []
    assert ledger_balance() == shop.balance() == 0


def test_it_is_made_up_of_what_each_event_took_and_of_fees_to_the_penny(shop: Shop, trip: SchoolEvent) -> None:
    other = an_event()
    settlement.apply_payment(as_system(), paid(shop, other).payment_id or "")
    payout_id = a_payout(shop)
    service.look_at(later(), shop.account_id, payout_id)
    assert not store.known(SCHOOL, payout_id).itemised
    shop.at(ARRIVED)
    service.follow_up(later(5), shop.account_id)
    payout = store.known(SCHOOL, payout_id)
    assert (payout.itemised, payout.state) == (True, PayoutState.PAID)
    by_event = {one.event_id: one.pence for one in payout.shares}
    assert (by_event[trip.id], by_event[other.id]) == (1250, 1250)
    assert {one.kind for one in payout.shares if one.event_id is None} == {"fee"}
    lines = store.lines_of(SCHOOL, payout_id)
    assert payout.amount == pounds(sum(line.pence for line in lines)) == pounds(sum(by_event.values()))
    assert all(line.pence == sum(part.pence for part in line.parts) for line in lines)


def test_what_was_entered_by_who_began_before_stripe_booked_it_is_found(shop: Shop) -> None:
    a_school_with_families()
    booked = book(an_event())
    payment = shop.open(booked)
    shop.at(NOW + timedelta(minutes=20))
    shop.pay(payment)
    apply(booked)
    payout_id = a_payout(shop, days=4)
    shop.at(NOW + timedelta(days=5, hours=2))
    service.look_at(later(5), shop.account_id, payout_id)
    service.follow_up(later(5), shop.account_id)
    assert store.known(SCHOOL, payout_id).itemised


def test_what_the_ledger_cannot_explain_is_shown_and_looked_at_again(shop: Shop, trip: SchoolEvent) -> None:
    shop.server.dashboard.sell(shop.account_id, 700)
    payout_id = a_payout(shop)
    shop.at(ARRIVED)
    service.look_at(later(5), shop.account_id, payout_id)
    service.follow_up(later(5), shop.account_id)
    payout = store.known(SCHOOL, payout_id)
    (unknown,) = [one for one in payout.shares if one.kind is None]
    assert (payout.itemised, 0 < unknown.pence < 700) == (False, True)
    assert pounds(sum(one.pence for one in payout.shares)) == payout.amount


def test_lines_are_read_page_by_page(tables: None) -> None:
    lines = [
        PayoutLine(transaction_id=f"txn_{number}", source="ch_1", moved_at=NOW, payment_id=None, pence=1, parts=())
        for number in range(5)
    ]
    store.keep_lines(as_system(), "po_1", lines)
    store.keep_lines(as_system(), "po_1", lines)
    assert store.lines_of(SCHOOL, "po_1") == lines
    assert store.lines_of(SCHOOL, "po_1", after="txn_1", limit=2) == lines[2:4]
