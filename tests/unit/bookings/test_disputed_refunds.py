"""A refund asked for while a bank keeps the money waits for its decision; killed anywhere, all ends the same (13)."""

from datetime import datetime, timedelta

import pytest

from local.stripe.errors import Json
from school_events.bookings import cancelling, chores, disputed, strays
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.events.model import SchoolEvent
from school_events.payments.model import PaymentState
from school_events.payments.refunds.model import Refund, RefundState
from school_events.payments.refunds.store import refunds_of_payment
from tests.support.booked_world import as_system, book, booking_of, payment_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.attempts import pay_twice
from tests.unit.bookings.paying import apply

LATER = NOW + timedelta(minutes=2)


def _disputed(shop: Shop, event: SchoolEvent) -> tuple[Booked, Json]:
    booked = book(event)
    payment = shop.open(booked)
    shop.pay(payment)
    apply(booked)
    assert payment.checkout is not None
    return booked, shop.server.dashboard.dispute(payment.checkout.session_id or "")


def _hear(shop: Shop, dispute: Json, now: datetime = NOW) -> None:
    disputed.apply_dispute(as_system(now, name="stripe_events"), shop.account_id, dispute["id"])


def _housekeep(now: datetime = LATER) -> None:
    chores.make_due_refunds(now, lambda _: as_system(now), lambda: True)


def _refund_of(booked: Booked) -> Refund:
    (item,) = refunds_of_payment(SCHOOL, booked.payment_id or "")
    return item.record


def _given_up(shop: Shop, event: SchoolEvent) -> tuple[Booked, Json]:
    """A place that was given up while its payment is disputed; its refund was tried once."""
    booked, dispute = _disputed(shop, event)
    _hear(shop, dispute)
    cancelling.cancel(a_context(), booking_of(booked))
    _housekeep()
    assert booking_of(booked).state is BookingState.CANCELLED
    assert (_refund_of(booked).state, _refund_of(booked).trouble) == (RefundState.ASKED, "charge_disputed")
    assert shop.all("refund") == []
    return booked, dispute


def test_a_refund_waits_and_is_made_at_once_when_the_dispute_is_won(shop: Shop, event: SchoolEvent) -> None:
    booked, dispute = _given_up(shop, event)
    shop.server.dashboard.decide(dispute["id"], "won")
    _housekeep()
    assert _refund_of(booked).state is RefundState.ASKED, "it is not asked of Stripe again and again"
    _hear(shop, dispute, LATER)
    _housekeep()
    assert _refund_of(booked).state is RefundState.MADE
    assert payment_of(booked).state is PaymentState.REFUNDED
    assert ledger_balance() == shop.balance()


def test_a_refund_of_what_was_lost_has_failed_since_the_payer_has_the_money(shop: Shop, event: SchoolEvent) -> None:
    booked, dispute = _given_up(shop, event)
    shop.server.dashboard.decide(dispute["id"], "lost")
    _hear(shop, dispute, LATER)
    _housekeep()
    assert _refund_of(booked).state is RefundState.FAILED
    assert payment_of(booked).state is PaymentState.LOST
    assert shop.all("refund") == []
    assert ledger_balance() == shop.balance()


def test_so_has_one_of_what_was_paid_twice_though_the_payment_is_not_lost(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    pay_twice(shop, booked, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(strays, "make_refunds", lambda *_: None)
        apply(booked)
    (stray,) = payment_of(booked).strays
    dispute = shop.server.dashboard.dispute(stray.charge_id)
    _hear(shop, dispute)
    _housekeep()
    assert _refund_of(booked).trouble == "charge_disputed"
    shop.server.dashboard.decide(dispute["id"], "lost")
    _hear(shop, dispute, LATER)
    _housekeep()
    assert _refund_of(booked).state is RefundState.FAILED
    assert payment_of(booked).state is PaymentState.PAID
    assert ledger_balance() == shop.balance()


@pytest.mark.parametrize("outcome", ["", "won", "lost"])
def test_killed_anywhere_and_heard_again_it_ends_the_same(shop: Shop, event: SchoolEvent, outcome: str) -> None:
    booked, dispute = _disputed(shop, event)
    if outcome:
        _hear(shop, dispute)
        shop.server.dashboard.decide(dispute["id"], outcome)
    rewind = bookmark(shop)
    with watched(Calls()) as whole:
        _hear(shop, dispute)
    wanted = _entered(), payment_of(booked)
    print(f"\n{outcome or 'open'}: killed before or after any of {len(whole.names)} calls:", *enumerate(whole.names, 1))
    for point in whole.points():
        rewind()
        with pytest.raises(Killed), watched(Calls(point)):
            _hear(shop, dispute)
        _hear(shop, dispute)
        assert (point, _entered(), payment_of(booked)) == (point, *wanted)
        assert ledger_balance() == shop.balance()


def _entered() -> list[tuple[str, int]]:
    return [(entry.key, entry.amount.amount) for entry in ledger()]
