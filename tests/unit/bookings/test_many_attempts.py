"""A family that opens page after page: each attempt has a number of its own, and there are never too many of them."""

from datetime import datetime, timedelta

import pytest

from school_events.bookings import settlement
from school_events.bookings.instalments import family, settling
from school_events.core.context import Context
from school_events.core.errors import PaymentsNotReady, WrongState
from school_events.events.model import SchoolEvent
from school_events.payments import rules, service, store
from school_events.payments.model import Checkout, CheckoutSnapshot, Payment, PaymentState
from tests.support.booked_world import a_school_with_families, as_parent, as_system
from tests.support.contexts import NOW, SCHOOL
from tests.support.shop import Shop
from tests.unit.bookings.instalments.owing import a_trip, confirmed, instalments

_MORE = rules.MOST_EARLIER + 5


@pytest.fixture
def trip(shop: Shop) -> SchoolEvent:
    """A trip that is paid in three parts."""
    a_school_with_families()
    return a_trip()


def test_a_page_that_stripe_did_not_open_is_another_attempt_than_the_next(shop: Shop, trip: SchoolEvent) -> None:
    first = instalments(confirmed(shop, trip))[0]
    account = shop.server.world.book(shop.account_id).account
    account["charges_enabled"] = False
    for _ in range(_MORE):
        with pytest.raises(PaymentsNotReady):
            family.checkout(as_parent(), first.id)
    account["charges_enabled"] = True
    later = NOW + timedelta(minutes=5)
    assert family.checkout(as_parent(now=later), first.id).state is PaymentState.OPEN


def _open(shop: Shop, payment_id: str, now: datetime) -> Payment:
    shop.at(now)
    return family.checkout(as_parent(now=now), payment_id)


def _open_and_leave(shop: Shop, payment_id: str, now: datetime) -> None:
    """Open a page and let its time pass; we hear that it closed."""
    _open(shop, payment_id, now)
    shop.at(now + rules.CHECKOUT_LIFE)
    settlement.apply_payment(as_system(now + rules.CHECKOUT_LIFE), payment_id)


def test_pages_of_years_leave_no_more_than_a_few_attempts_behind(shop: Shop, trip: SchoolEvent) -> None:
    first = instalments(confirmed(shop, trip))[0]
    for day in range(_MORE):
        _open_and_leave(shop, first.id, NOW + timedelta(days=day))
    payment = store.find_payment(SCHOOL, first.id)
    assert len(payment.earlier) == rules.MOST_EARLIER
    assert [one.attempt for one in payment.earlier] == list(range(_MORE - rules.MOST_EARLIER + 1, _MORE + 1))
    late = NOW + timedelta(days=_MORE)
    shop.pay(_open(shop, first.id, late))
    assert settlement.apply_payment(as_system(late), first.id).state is PaymentState.PAID
    assert sorted(one["amount"] for one in shop.all("charge")) == [250, 400]


def test_who_opens_page_after_page_in_a_day_is_asked_to_come_back(shop: Shop, trip: SchoolEvent) -> None:
    first = instalments(confirmed(shop, trip))[0]
    hour = timedelta(hours=1)
    for number in range(rules.MOST_EARLIER):
        _open_and_leave(shop, first.id, NOW + number * hour)
    with pytest.raises(WrongState, match="tomorrow"):
        family.checkout(as_parent(now=NOW + rules.MOST_EARLIER * hour), first.id)
    tomorrow = NOW + rules.MOST_EARLIER * hour + rules.KNOWN_AFTER
    assert _open(shop, first.id, tomorrow).state is PaymentState.OPEN


def test_the_number_of_a_last_attempt_without_a_page_is_not_used_again(shop: Shop, trip: SchoolEvent) -> None:
    first = instalments(confirmed(shop, trip))[0]
    hour = timedelta(hours=1)
    for number in range(rules.MOST_EARLIER - 1):
        _open_and_leave(shop, first.id, NOW + number * hour)
    account = shop.server.world.book(shop.account_id).account
    account["charges_enabled"] = False
    with pytest.raises(PaymentsNotReady):
        family.checkout(as_parent(now=NOW + rules.MOST_EARLIER * hour), first.id)
    account["charges_enabled"] = True
    with pytest.raises(WrongState, match="tomorrow"):
        family.checkout(as_parent(now=NOW + (rules.MOST_EARLIER + 1) * hour), first.id)
    tomorrow = _open(shop, first.id, NOW + rules.MOST_EARLIER * hour + rules.KNOWN_AFTER)
    assert tomorrow.checkout is not None
    assert tomorrow.checkout.attempt == rules.MOST_EARLIER + 1


def test_attempts_on_an_account_that_left_are_kept_and_stand_in_nobodys_way(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can say whether one of them was paid before the account is back."""
    monkeypatch.setattr(rules, "MOST_EARLIER", 3)
    first, hour, old = instalments(confirmed(shop, trip))[0], timedelta(hours=1), shop.account_id
    for number in range(rules.MOST_EARLIER - 1):
        _open_and_leave(shop, first.id, NOW + number * hour)
    last = NOW + rules.MOST_EARLIER * hour
    shop.pay(_open(shop, first.id, last))
    settling.page_came_to_nothing(as_system(last), store.find_payment(SCHOOL, first.id))
    shop.server.holders.deauthorise(old)
    shop.account_id = shop.connect()
    late = NOW + timedelta(days=40)
    for number in range(rules.MOST_EARLIER):
        _open_and_leave(shop, first.id, late + number * hour)
    with pytest.raises(WrongState, match="tomorrow"):
        family.checkout(as_parent(now=late + rules.MOST_EARLIER * hour), first.id)
    shop.server.holders.reauthorise(old)
    assert settlement.apply_payment(as_system(late + timedelta(days=1)), first.id).state is PaymentState.PAID


def test_of_an_account_that_left_stripe_is_asked_once_a_look(
    shop: Shop, trip: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = instalments(confirmed(shop, trip))[0]
    for number in range(3):
        _open_and_leave(shop, first.id, NOW + timedelta(hours=number))
    shop.server.holders.deauthorise(shop.account_id)
    old, shop.account_id = shop.account_id, shop.connect()
    late = NOW + timedelta(days=2)
    _open(shop, first.id, late)
    asked: list[str] = []
    look = service.look_at

    def looked_at(ctx: Context, attempt: Checkout) -> CheckoutSnapshot:
        asked.append(attempt.account_id)
        return look(ctx, attempt)

    monkeypatch.setattr(service, "look_at", looked_at)
    settlement.apply_payment(as_system(late), first.id)
    assert asked == [shop.account_id, old]


def test_an_attempt_that_was_paid_is_not_forgotten(shop: Shop, trip: SchoolEvent) -> None:
    """It was paid when it had just been given up, and neither webhook nor sweep came through."""
    first = instalments(confirmed(shop, trip))[0]
    opened = family.checkout(as_parent(), first.id)
    assert opened.checkout is not None
    shop.pay(opened)
    settling.page_came_to_nothing(as_system(), opened)
    for day in range(1, rules.MOST_EARLIER):
        _open_and_leave_unseen(shop, first.id, NOW + timedelta(days=day))
    late = NOW + timedelta(days=_MORE)
    assert _open(shop, first.id, late).state is PaymentState.OPEN
    assert opened.checkout.attempt in {one.attempt for one in store.find_payment(SCHOOL, first.id).earlier}
    assert settlement.apply_payment(as_system(late), first.id).state is PaymentState.PAID


def _open_and_leave_unseen(shop: Shop, payment_id: str, now: datetime) -> None:
    """As above, when we only close the page and do not look at the others."""
    opened = _open(shop, payment_id, now)
    shop.at(now + rules.CHECKOUT_LIFE)
    settling.page_came_to_nothing(as_system(now + rules.CHECKOUT_LIFE), opened)
