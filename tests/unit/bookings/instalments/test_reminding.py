"""A family is reminded of what is due in time, and not again once it is paid or over (B8, F1)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.bookings import calling_off, cancelling, chores, settlement
from school_events.bookings.instalments import family, rules
from school_events.bookings.model import BookingState
from school_events.core.clock import LONDON
from school_events.core.money import NOTHING, pounds
from school_events.events import lifecycle
from school_events.events.charging.model import UnpaidInstalment
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.payments import consequences, store
from school_events.payments.attention import store as attention
from school_events.payments.model import Payment, PaymentLine, PaymentPurpose, PaymentState
from tests.support.booked_world import a_school_with_families, as_parent, as_system, booking_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.event_checker import faults_of
from tests.support.people import link_told, tell
from tests.support.shop import Shop, ledger_balance
from tests.unit.bookings.instalments.owing import FIRST, SECOND, a_trip, confirmed, housekeep, instalments, morning

TOMORROW = date(2026, 11, 24)
KEPT, CANCELLED = UnpaidInstalment(), UnpaidInstalment(then="cancel", after_days=8)


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip that is paid in three parts."""
    a_school_with_families()
    return a_trip()


@pytest.fixture
def strict(shop: Shop) -> SchoolEvent:
    """One of a school that ends places an instalment stays unpaid for, eight days after its day, tomorrow."""
    a_school_with_families()
    parts = [{"amount": {"amount": 1000}, "due_on": TOMORROW.isoformat()}]
    return a_trip(unpaid_instalment={"then": "cancel", "after_days": 8}, instalments=parts)


def _told(payment: Payment) -> list[str]:
    """What the payer of a payment is told of by its latest change."""
    key = store.payment_key(SCHOOL, payment.id)
    found = consequences.of(store.PaymentItem.get(key.pk, key.sk, consistent_read=True))
    assert found is not None
    return [one.kind for one in found.tellings]


def _again(payment: Payment) -> Payment:
    return store.find_payment(SCHOOL, payment.id)


def _refund(now: datetime) -> None:
    chores.make_due_refunds(now, lambda _: as_system(now), lambda: True)


def test_a_family_is_reminded_on_the_day_and_three_and_seven_days_after_it_and_no_more(
    shop: Shop, trip: SchoolEvent
) -> None:
    first, _ = instalments(confirmed(shop, trip))
    reminded = []
    for days in range(40):
        now = morning(FIRST + timedelta(days=days - 2))
        before = _again(first)
        for again in range(2):
            housekeep(now + timedelta(minutes=again))
        if _again(first).told_at != before.told_at:
            assert _told(first) == ["payment_due"]
            reminded.append(days - 2)
    assert reminded == [0, 3, 7]


def test_a_family_that_has_paid_is_left_in_peace(shop: Shop, trip: SchoolEvent) -> None:
    first, second = instalments(confirmed(shop, trip))
    shop.pay(family.checkout(as_parent(), first.id))
    settlement.apply_payment(as_system(), first.id)
    housekeep(morning(FIRST))
    assert _again(first).told_at is None
    assert _again(second).told_at is not None  # a week before its own day


def test_what_is_overdue_is_the_schools_to_look_at_until_it_is_paid(shop: Shop, trip: SchoolEvent) -> None:
    first, _ = instalments(confirmed(shop, trip))
    housekeep(morning(FIRST))
    assert not attention.open_ones(SCHOOL, limit=9)
    now = morning(FIRST + timedelta(days=1))
    housekeep(now)
    assert [(one.kind, one.thing_id) for one, _ in attention.open_ones(SCHOOL, limit=9)] == [("overdue", first.id)]
    shop.at(now)
    shop.pay(family.checkout(as_parent(now=now), first.id))
    settlement.apply_payment(as_system(now), first.id)
    assert not attention.open_ones(SCHOOL, limit=9)


def test_by_default_a_place_stays_however_long_an_instalment_is_unpaid(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    for days in range(30):
        housekeep(morning(FIRST + timedelta(days=days)))
    assert booking_of(booked).state is BookingState.CONFIRMED


def test_a_place_ends_under_the_policy_a_week_after_its_family_was_told(shop: Shop, strict: SchoolEvent) -> None:
    booked = confirmed(shop, strict)
    (first,) = instalments(booked)
    housekeep(morning(TOMORROW))
    announced = morning(TOMORROW + timedelta(days=1))
    housekeep(announced)
    assert _told(first) == ["payment_due"]
    ends_at = _again(first).ends_at
    assert ends_at is not None
    assert ends_at >= announced + timedelta(days=7)
    housekeep(ends_at - timedelta(seconds=1))
    assert booking_of(booked).state is BookingState.CONFIRMED
    housekeep(ends_at)
    ended = booking_of(booked)
    assert ended.state is BookingState.CANCELLED
    assert ended.cancellation is not None
    assert (ended.cancellation.by, ended.cancellation.refund) == ("school", pounds(125))
    assert _again(first).state is PaymentState.EXPIRED
    assert not attention.open_ones(SCHOOL, limit=9)
    _refund(ends_at + timedelta(minutes=2))
    assert not faults_of(strict)


@pytest.mark.parametrize("told_before", [False, True])
def test_who_sees_the_child_no_more_is_told_nothing_and_the_place_stays_for_the_school_to_decide(
    shop: Shop, strict: SchoolEvent, told_before: bool
) -> None:
    """They could not even pay; the child's bookings stay under the other parent and the school (A8)."""
    booked = confirmed(shop, strict)
    (first,) = instalments(booked)
    if told_before:
        housekeep(morning(TOMORROW + timedelta(days=1)))
        assert _again(first).ends_at is not None
    tell(link_told(restricted=True, version=2))
    told_at = _again(first).told_at
    for days in range(12):
        housekeep(morning(TOMORROW + timedelta(days=days)))
        assert _told(first) == [] or told_before
    assert (_again(first).told_at, _again(first).ends_at) == (told_at, None)
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert [(one.kind, one.thing_id) for one, _ in attention.open_ones(SCHOOL, limit=9)] == [("overdue", first.id)]


def test_who_pays_at_the_last_moment_keeps_the_place(shop: Shop, strict: SchoolEvent) -> None:
    booked = confirmed(shop, strict)
    (first,) = instalments(booked)
    housekeep(morning(TOMORROW + timedelta(days=1)))
    ends_at = _again(first).ends_at
    assert ends_at is not None
    shop.at(ends_at - timedelta(minutes=5))
    opened = family.checkout(as_parent(now=ends_at - timedelta(minutes=5)), first.id)
    housekeep(ends_at)  # the page is open: its family may be paying
    assert booking_of(booked).state is BookingState.CONFIRMED
    shop.pay(opened)
    after = ends_at + timedelta(minutes=40)
    shop.at(after)
    housekeep(after)
    assert (_again(first).state, booking_of(booked).state) == (PaymentState.PAID, BookingState.CONFIRMED)


def test_a_place_does_not_end_once_what_it_is_for_has_begun(shop: Shop, strict: SchoolEvent) -> None:
    booked = confirmed(shop, strict)
    for now in (morning(TOMORROW), morning(date(2026, 11, 27)), morning(date(2026, 12, 4))):
        housekeep(now)
    assert instalments(booked)[0].ends_at == morning(date(2026, 12, 4))
    assert booking_of(booked).state is BookingState.CONFIRMED


def test_a_booking_that_is_cancelled_owes_nothing_and_gives_back_of_all_its_payments(
    shop: Shop, trip: SchoolEvent
) -> None:
    booked = confirmed(shop, trip)
    first, second = instalments(booked)
    shop.pay(family.checkout(as_parent(), first.id))
    settlement.apply_payment(as_system(), first.id)
    ended = cancelling.cancel(as_parent(), booking_of(booked))
    assert ended.cancellation is not None
    assert ended.cancellation.refund == pounds(325)  # half of £2.50 and £4
    _refund(NOW + timedelta(minutes=2))
    assert sorted(one["amount"] for one in shop.all("refund")) == [75, 250]
    assert _again(second).state is PaymentState.EXPIRED
    assert ledger_balance() == shop.balance()
    housekeep(morning(SECOND))
    assert _again(second).told_at is None


def test_two_instalments_paid_together_both_go_back(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    basket = family.checkout_together(as_parent(), [one.id for one in instalments(booked)])
    shop.pay(basket)
    settlement.apply_payment(as_system(), basket.id)
    cancelling.cancel(a_context(), booking_of(booked))
    _refund(NOW + timedelta(minutes=2))
    assert sorted(one["amount"] for one in shop.all("refund")) == [250, 400, 600]
    assert _again(basket).refunded == pounds(1000)
    assert ledger_balance() == shop.balance()


def test_an_event_that_is_called_off_gives_everything_back(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    first, second = instalments(booked)
    shop.pay(family.checkout(as_parent(), first.id))
    settlement.apply_payment(as_system(), first.id)
    lifecycle.cancel(a_context(), trip.id, lambda *_: None)
    assert calling_off.call_off(as_system(), find_event(SCHOOL, trip.id), lambda: True)
    _refund(NOW + timedelta(minutes=2))
    assert sorted(one["amount"] for one in shop.all("refund")) == [250, 400]
    assert _again(second).state is PaymentState.EXPIRED
    assert ledger_balance() == shop.balance()


@pytest.mark.parametrize("by_housekeeping", [True, False])
def test_an_instalment_paid_while_its_place_was_cancelled_goes_back(
    shop: Shop, trip: SchoolEvent, *, by_housekeeping: bool
) -> None:
    booked = confirmed(shop, trip)
    first, _ = instalments(booked)
    opened = family.checkout(as_parent(), first.id)
    cancelling.cancel(as_parent(), booking_of(booked))
    shop.pay(opened)
    if by_housekeeping:
        housekeep(NOW + timedelta(minutes=1))
    else:
        settlement.apply_payment(as_system(), first.id)
    _refund(NOW + timedelta(minutes=5))
    assert _again(first).refunded == pounds(400)
    assert shop.balance() == ledger_balance()


def test_the_page_of_an_instalment_closes_with_its_place(shop: Shop, trip: SchoolEvent) -> None:
    booked = confirmed(shop, trip)
    first, second = instalments(booked)
    basket = family.checkout_together(as_parent(), [first.id, second.id])
    cancelling.cancel(as_parent(), booking_of(booked))
    housekeep(NOW + timedelta(minutes=1))
    assert shop.status_of(basket) == "expired"
    assert {_again(one).state for one in (basket, first, second)} == {PaymentState.EXPIRED}


def _unpaid(due_on: date, created_at: datetime) -> Payment:
    line = PaymentLine(reference="booking", part="instalment-2", event_id="event", amount=pounds(100))
    return Payment(
        id="payment",
        payer_id="contact",
        purpose=PaymentPurpose.INSTALMENT,
        lines=(line,),
        amount=pounds(100),
        state=PaymentState.CREATED,
        refunded=NOTHING,
        created_at=created_at,
        due_on=due_on,
    )


@given(
    booked_before=st.integers(0, 100),
    looks=st.lists(st.integers(1, 60 * 24 * 20), max_size=40),
    policy=st.sampled_from([KEPT, CANCELLED, UnpaidInstalment(then="cancel", after_days=30)]),
)
def test_however_seldom_it_is_looked_at_a_place_ends_a_week_after_its_family_was_told_at_the_earliest(
    booked_before: int, looks: list[int], policy: UnpaidInstalment
) -> None:
    due_on = date(2026, 3, 30)
    now = datetime(2026, 3, 30, 8, tzinfo=LONDON) - timedelta(days=booked_before)
    payment = _unpaid(due_on, now)
    told: list[datetime] = []
    announced: datetime | None = None
    for minutes in looks:
        now += timedelta(minutes=minutes)
        due = rules.look(payment, policy, now)
        assert due.again_at is None or due.again_at > now
        if due.ends:
            assert policy.then == "cancel"
            assert announced is not None
            assert now - announced >= rules.NOTICE
            assert now.date() >= due_on + timedelta(days=policy.after_days)
            return
        if due.ends_at is not None:
            announced = now
            payment = payment.model_copy(update={"ends_at": due.ends_at})
        if due.remind or due.ends_at is not None:
            told.append(now)
            payment = payment.model_copy(update={"told_at": now})
    assert len(told) <= len(rules.REMINDED) + 1
