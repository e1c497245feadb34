"""A paid place is given up under the event's policy, or cancelled by the school: place and refund go together (D6)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from school_events.bookings import cancelling, chores, consequences, settlement, store
from school_events.bookings.cancelling import Asked
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.bookings.terms.rules import Decided, RefundIsLess, TooLateToCancel
from school_events.bookings.terms.service import preview
from school_events.core.context import Context
from school_events.core.errors import KeyReused, NotFound, WrongState
from school_events.core.money import pounds
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from school_events.payments import gateway
from school_events.payments.model import PaymentState
from school_events.payments.refunds import gateway as refund_gateway
from school_events.payments.refunds import staff
from school_events.payments.refunds.api import NewRefund
from school_events.payments.refunds.model import StripeRefund
from tests.support.booked_world import (
    CLOSES_AT,
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    keyed,
    payment_of,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import faults_of
from tests.support.people import link_told, tell
from tests.support.shop import Shop, ledger, ledger_balance
from tests.support.tables import everything
from tests.unit.bookings.paying import apply, paid

pytestmark = pytest.mark.usefixtures("shop")

POLICY = [{"until": "2026-11-23", "refund_percent": 100}, {"until": "2026-12-01", "refund_percent": 50}]
TODAY, NEXT_DAY = NOW, datetime(2026, 11, 24, tzinfo=UTC)
LAST_HALF, FIRST_NOTHING = datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 2, tzinfo=UTC)
BEGINS = datetime(2026, 12, 4, 8, 30, tzinfo=UTC)
JUST = timedelta(microseconds=1)


@pytest.fixture
def event(tables: None) -> SchoolEvent:
    """A trip at £12.51 whose policy is above."""
    a_school_with_families()
    return an_event(price=1251, cancellation=POLICY)


def _booked(shop: Shop, event: SchoolEvent, *pupils: str) -> Booked:
    booked = paid(shop, event, *pupils)
    apply(booked)
    return booked


def _refunds_are_made(now: datetime) -> None:
    """What housekeeping does in its next run: nobody else would make them."""
    chores.make_due_refunds(now, lambda _: as_system(now), lambda: True)


def _admin(now: datetime = NOW) -> Context:
    return a_context(now=now, roles=("school_admin",))


@pytest.mark.parametrize(
    ("at", "back"), [(TODAY, 1251), (NEXT_DAY, 626), (LAST_HALF, 626), (FIRST_NOTHING, 0), (BEGINS - JUST, 0)]
)
def test_a_family_gets_back_what_the_policy_says_to_the_penny(
    shop: Shop, event: SchoolEvent, at: datetime, back: int
) -> None:
    booked = _booked(shop, event)
    cancelled = cancelling.cancel(as_parent(now=at), booking_of(booked))
    assert cancelled.state is BookingState.CANCELLED
    assert cancelled.cancellation is not None
    assert (cancelled.cancellation.by, cancelled.cancellation.refund) == ("family", pounds(back))
    assert shop.all("refund") == [], "no family waits for Stripe"
    _refunds_are_made(at)
    assert [one["amount"] for one in shop.all("refund")] == [back] * (back > 0)
    assert payment_of(booked).refunded == pounds(back)
    assert ledger_balance() == shop.balance()
    assert set(place_states(event)) == {"free"}
    assert not faults_of(event)


def test_once_it_has_begun_a_family_cannot_cancel_and_the_school_can(shop: Shop, event: SchoolEvent) -> None:
    booked = _booked(shop, event)
    before = everything()
    with pytest.raises(TooLateToCancel):
        cancelling.cancel(as_parent(now=BEGINS), booking_of(booked))
    assert everything() == before
    cancelled = cancelling.cancel(_admin(BEGINS), booking_of(booked))
    assert cancelled.cancellation is not None
    assert cancelled.cancellation.refund == pounds(1251)


@pytest.mark.parametrize(("decided", "back"), [(None, 1251), ("full", 1251), ("policy", 626), ("none", 0)])
def test_the_school_decides_what_goes_back_and_everything_unless_it_says_otherwise(
    shop: Shop, event: SchoolEvent, decided: Decided | None, back: int
) -> None:
    booked = _booked(shop, event)
    cancelled = cancelling.cancel(_admin(NEXT_DAY), booking_of(booked), Asked(refund=decided))
    assert cancelled.cancellation is not None
    assert (cancelled.cancellation.by, cancelled.cancellation.decided) == ("school", decided or "full")
    _refunds_are_made(NEXT_DAY)
    assert sum(one["amount"] for one in shop.all("refund")) == back
    assert not faults_of(event)


def test_of_a_basket_only_the_line_that_was_given_up_goes_back(shop: Shop, event: SchoolEvent) -> None:
    booked = _booked(shop, event, "pupil-1", "pupil-2")
    cancelling.cancel(as_parent(), booking_of(booked, 1))
    _refunds_are_made(NOW)
    assert [booking_of(booked, one).state for one in (0, 1)] == [BookingState.CONFIRMED, BookingState.CANCELLED]
    payment = payment_of(booked)
    assert (payment.state, payment.refunded) == (PaymentState.PART_REFUNDED, pounds(1251))
    cancelling.cancel(as_parent(now=NEXT_DAY), booking_of(booked, 0))
    _refunds_are_made(NEXT_DAY)
    assert payment_of(booked).refunded == pounds(1251 + 626)
    assert sorted(one.kind for one in ledger()) == ["charge", "charge", "fee", "refund", "refund"]
    assert not faults_of(event)


def test_of_a_deposit_its_share_goes_back_and_nothing_more_is_owed(shop: Shop) -> None:
    a_school_with_families()
    charging = {
        "deposit": {"amount": 501},
        "instalments": [{"amount": {"amount": 750}, "due_on": "2026-12-02"}],
    }
    event = an_event(price=1251, charging=charging, cancellation=POLICY)
    booked = _booked(shop, event)
    assert payment_of(booked).amount == pounds(501)
    cancelling.cancel(as_parent(now=NEXT_DAY), booking_of(booked))
    _refunds_are_made(NEXT_DAY)
    assert [one["amount"] for one in shop.all("refund")] == [251]
    assert not faults_of(event)


def test_where_there_is_no_policy_nothing_goes_back_and_it_is_said_before(shop: Shop) -> None:
    a_school_with_families()
    event = an_event()
    booked = _booked(shop, event)
    seen = preview(as_parent(), booking_of(booked))
    assert (seen.possible, seen.paid, seen.refund, seen.steps) == (True, pounds(1250), pounds(0), [])
    assert seen.words == (
        "If you cancel now you get nothing of what was paid back. A family can cancel until 4 December 2026, 08:30."
    )
    cancelling.cancel(as_parent(), booking_of(booked))
    _refunds_are_made(NOW)
    assert shop.all("refund") == []
    assert not faults_of(event)


def test_a_preview_says_what_would_come_back_until_when_and_changes_nothing(shop: Shop, event: SchoolEvent) -> None:
    booked = _booked(shop, event)
    before = everything()
    seen = preview(as_parent(now=NEXT_DAY), booking_of(booked))
    assert (seen.refund_percent, seen.paid, seen.refund, seen.until) == (50, pounds(1251), pounds(626), BEGINS)
    assert [(one.before, one.refund) for one in seen.steps] == [
        (NEXT_DAY, pounds(1251)),
        (FIRST_NOTHING, pounds(626)),
    ]
    assert seen.words == (
        "If you cancel now you get 50% of what was paid back. If you cancel, up to and including 23 November 2026 you "
        "get everything back; up to and including 1 December 2026 you get 50% back; after that nothing. A family can "
        "cancel until 4 December 2026, 08:30."
    )
    assert everything() == before
    late = preview(as_parent(now=BEGINS), booking_of(booked))
    assert (late.possible, late.words) == (False, "This has begun: ask the school.")
    assert preview(_admin(BEGINS), booking_of(booked)).possible


def test_what_the_office_gave_back_already_is_not_said_to_be_unpaid(shop: Shop, event: SchoolEvent) -> None:
    booked = _booked(shop, event)
    staff.ask(as_system(), payment_of(booked).id, NewRefund(reason="goodwill"), keyed("key-1"))
    seen = preview(as_parent(), booking_of(booked))
    assert (seen.paid, seen.refund) == (pounds(0), pounds(0))
    assert seen.words == "There is nothing to give back. A family can cancel until 4 December 2026, 08:30."


def test_who_sees_no_money_sees_shares_and_words_only(shop: Shop, event: SchoolEvent) -> None:
    booked = _booked(shop, event)
    seen = preview(_admin(NEXT_DAY), booking_of(booked))
    assert (seen.refund_percent, seen.paid, seen.refund) == (50, None, None)
    assert {one.refund for one in seen.steps} == {None}


def test_if_a_day_of_the_policy_has_passed_since_it_was_shown_nothing_is_cancelled(
    shop: Shop, event: SchoolEvent
) -> None:
    booked = _booked(shop, event)
    shown = preview(as_parent(), booking_of(booked)).refund
    assert shown is not None
    before = everything()
    with pytest.raises(RefundIsLess):
        cancelling.cancel(as_parent(now=NEXT_DAY), booking_of(booked), Asked(expects=shown))
    assert everything() == before
    assert cancelling.cancel(as_parent(), booking_of(booked), Asked(expects=shown)).state is BookingState.CANCELLED


def test_the_same_request_again_has_the_same_answer_and_another_one_is_told_it_is_over(
    shop: Shop, event: SchoolEvent
) -> None:
    booking = booking_of(_booked(shop, event))
    asked = Asked(request=keyed("key-1", "cancel"))
    first = cancelling.cancel(as_parent(), booking, asked)
    before = everything()
    assert cancelling.cancel(as_parent(now=NOW + timedelta(hours=23)), booking, asked) == first
    with pytest.raises(KeyReused):
        cancelling.cancel(as_parent(), booking, Asked(request=keyed("key-1", "something else")))
    with pytest.raises(WrongState):
        cancelling.cancel(as_parent(), booking, Asked(request=keyed("key-2", "cancel")))
    assert everything() == before


def test_the_same_request_again_of_a_hold_has_the_same_answer_when_it_has_ended(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.open(booked)
    asked = Asked(request=keyed("key-1", "cancel"))
    assert cancelling.cancel(as_parent(), booking_of(booked), asked).state is BookingState.EXPIRING
    settlement.let_go(as_system(), booked.payment_id or "")
    assert booking_of(booked).state is BookingState.RELEASED
    assert cancelling.cancel(as_parent(), booking_of(booked), asked).state is BookingState.EXPIRING


def test_a_hold_that_was_paid_before_its_family_gave_it_up_is_not_given_up_unseen(
    shop: Shop, event: SchoolEvent
) -> None:
    booked = paid(shop, event)
    held = booking_of(booked)
    apply(booked)
    with pytest.raises(WrongState):
        cancelling.cancel(as_parent(), held)
    assert booking_of(booked).state is BookingState.CONFIRMED


def test_money_that_a_person_has_to_look_at_is_not_cancelled_away(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = paid(shop, event)
    look = gateway.find_session
    with monkeypatch.context() as patch:
        patch.setattr(gateway, "find_session", lambda *asked: look(*asked).model_copy(update={"amount": 1}))
        assert apply(booked).state is PaymentState.QUARANTINED
    before = everything()
    for ctx in (as_parent(), _admin()):
        with pytest.raises(WrongState):
            cancelling.cancel(ctx, booking_of(booked))
    assert everything() == before


def test_what_the_school_calls_off_goes_back_in_full_whatever_the_policy(shop: Shop, event: SchoolEvent) -> None:
    booked, other = _booked(shop, event), _booked(shop, event, "pupil-2")
    at = FIRST_NOTHING
    lifecycle.cancel(_admin(at), event.id, lambda *_: None)
    with pytest.raises(WrongState):
        cancelling.cancel(as_parent(now=at), booking_of(booked))
    assert not preview(as_parent(now=at), booking_of(booked)).possible
    chores.call_events_off(at, lambda _: as_system(at), lambda: True)
    _refunds_are_made(at)
    for one in (booked, other):
        assert payment_of(one).refunded == pounds(1251)
    assert {_ending(one) for one in (booked, other)} == {("event", "full", 1251)}
    assert not faults_of(event)


def _ending(booked: Booked) -> tuple[str, str, int]:
    ending = booking_of(booked).cancellation
    assert ending is not None
    return ending.by, ending.decided, ending.refund.amount


def test_a_refund_asked_for_twice_after_a_time_out_is_one(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = _booked(shop, event)
    cancelling.cancel(as_parent(now=NEXT_DAY), booking_of(booked))
    make = refund_gateway.create_refund

    def make_and_hear_nothing(*asked: Any) -> StripeRefund:
        make(*asked)
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(refund_gateway, "create_refund", make_and_hear_nothing)
        _refunds_are_made(NEXT_DAY)
    assert len(shop.all("refund")) == 1
    assert payment_of(booked).refunded == pounds(0)
    _refunds_are_made(NEXT_DAY + chores.PUT_OFF)
    assert [one["amount"] for one in shop.all("refund")] == [626]
    assert payment_of(booked).refunded == pounds(626)
    assert ledger_balance() == shop.balance()


def test_a_family_cancels_also_when_booking_has_closed(shop: Shop, event: SchoolEvent) -> None:
    booked = _booked(shop, event)
    assert cancelling.cancel(as_parent(now=CLOSES_AT), booking_of(booked)).state is BookingState.CANCELLED
    _refunds_are_made(CLOSES_AT)
    assert not faults_of(event)


def test_the_other_parent_may_give_a_place_up_only_when_nobody_else_of_the_family_can(
    shop: Shop, event: SchoolEvent
) -> None:
    booking = booking_of(_booked(shop, event))
    held = booking_of(book(event, "pupil-2"))
    with pytest.raises(NotFound):
        cancelling.require_may_cancel(as_parent(2), booking)
    for pupil in ("pupil-1", "pupil-2"):
        tell(link_told("contact-1", pupil, version=2, restricted=True))
    cancelling.require_may_cancel(as_parent(2), booking)
    with pytest.raises(NotFound):
        cancelling.require_may_cancel(as_parent(2), held)
    seen = preview(as_parent(2), booking)
    assert (seen.possible, seen.paid, seen.refund) == (True, None, None)
    assert cancelling.cancel(as_parent(2), booking).state is BookingState.CANCELLED
    _refunds_are_made(NOW)
    (made,) = shop.all("refund")
    assert made["amount"] == 1251, "it goes back to who paid"


def test_who_made_it_and_an_administrator_may_cancel(shop: Shop, event: SchoolEvent) -> None:
    booking = booking_of(_booked(shop, event))
    cancelling.require_may_cancel(as_parent(1), booking)
    cancelling.require_may_cancel(_admin(), booking)
    with pytest.raises(NotFound):
        cancelling.require_may_cancel(as_parent(3), booking)


@pytest.mark.parametrize(
    ("decided", "action"),
    [
        ("full", "booking.cancelled_in_full"),
        ("policy", "booking.cancelled"),
        ("none", "booking.cancelled_without_refund"),
    ],
)
def test_the_audit_log_names_who_decided_and_what_and_the_family_is_told(
    shop: Shop, event: SchoolEvent, decided: Decided, action: str
) -> None:
    booking = booking_of(_booked(shop, event))
    cancelling.cancel(_admin(), booking, Asked(refund=decided))
    key = store.booking_key(SCHOOL, booking.id)
    item = store.BookingItem.get(key.pk, key.sk)
    assert (item.change.action, item.change.actor_id) == (action, "staff-admin")
    followed = consequences.of(item)
    assert followed is not None
    assert [(one.kind, one.pupil_id, one.contact_id) for one in followed.tellings] == [("cancelled", "pupil-1", None)]
    assert [one.type for one in followed.messages] == ["BookingCancelled"]
