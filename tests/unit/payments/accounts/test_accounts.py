"""How a school's account stands: what is missing, restricted, disconnected, back again or another's (scenario 21)."""

from datetime import UTC, datetime, timedelta

import pytest

from school_events.bookings import cancelling, checkout, chores, paying, settlement, stripe_events
from school_events.bookings.model import BookingState
from school_events.bookings.service import Booked
from school_events.core.context import Context
from school_events.core.errors import PaymentsNotReady
from school_events.events.model import SchoolEvent
from school_events.payments import gateway as page_gateway
from school_events.payments import service as payments
from school_events.payments.accounts import gateway, service, store
from school_events.payments.accounts.api import account_view
from school_events.payments.accounts.model import AccountSnapshot, AccountState, StripeAccount
from school_events.payments.attention import store as attention
from school_events.payments.consequences import of as consequences_of
from school_events.payments.events.model import StripeEvent
from school_events.payments.model import Payment, PaymentState
from school_events.payments.refunds.model import RefundState
from school_events.payments.refunds.store import refunds_of_payment
from school_events.payments.stripe_client import AccountLeft
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
    payment_of,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.shop import Shop, ledger_balance
from tests.support.tables import everything
from tests.unit.bookings.attempts import debited
from tests.unit.bookings.paying import HOLD_OVER, apply

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def event(shop: Shop) -> SchoolEvent:
    """A trip at £12.50."""
    a_school_with_families()
    return an_event()


def _refreshed(shop: Shop) -> StripeAccount:
    account = service.refresh(a_context(), shop.account_id)
    assert account is not None
    return account


def _to_look_at() -> list[tuple[str, str]]:
    return [(one.kind.value, one.thing_id) for one, _ in attention.open_ones(SCHOOL, limit=10)]


def _paid(shop: Shop, event: SchoolEvent) -> Booked:
    booked = book(event)
    shop.pay(shop.open(booked))
    apply(booked)
    return booked


def _make_refunds(now: datetime = LATER) -> None:
    chores.make_due_refunds(now, lambda _: as_system(now), lambda: True)


def _refund_states(booked: Booked) -> list[RefundState]:
    return [item.record.state for item in refunds_of_payment(SCHOOL, booked.payment_id or "")]


def test_before_its_onboarding_a_school_is_told_how_much_is_missing(shop: Shop) -> None:
    other = a_context("school-2")
    account, _ = service.connect_school(other)
    shown = account_view(account)
    assert (shown.state, shown.ready, shown.can_pay_out, shown.missing) == ("incomplete", False, False, 4)
    assert shown.advice == "The school cannot take money yet. Stripe needs 4 more details of the school."


def test_a_restricted_account_takes_no_money_until_stripe_has_what_it_wants(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    shop.server.holders.restrict(shop.account_id)
    account = _refreshed(shop)
    assert (account.state, account.missing) == (AccountState.RESTRICTED, 1)
    assert account_view(account).advice == (
        "Stripe lets the school take no money for now. Stripe needs one more detail of the school."
    )
    assert _to_look_at() == [("account_restricted", shop.account_id)]
    with pytest.raises(PaymentsNotReady):
        checkout.open_page(as_parent(), booked.payment_id or "")
    shop.server.holders.complete(shop.account_id)
    assert _refreshed(shop).state is AccountState.READY
    assert _to_look_at() == []
    shop.open(booked)


def test_a_disconnected_account_is_seen_and_a_refund_on_it_waits_until_it_is_back(
    shop: Shop, event: SchoolEvent
) -> None:
    booked = _paid(shop, event)
    shop.server.holders.deauthorise(shop.account_id)
    account = _refreshed(shop)
    assert (account.state, account.charges_enabled, account.left_at) == (AccountState.DISCONNECTED, False, NOW)
    assert "disconnected" in account_view(account).advice
    assert ("account_disconnected", shop.account_id) in _to_look_at()
    cancelling.cancel(a_context(), booking_of(booked))
    _make_refunds()
    assert _refund_states(booked) == [RefundState.ASKED]
    shop.server.holders.reauthorise(shop.account_id)
    account, _ = service.connect_school(a_context())
    assert (account.account_id, account.state, account.left_at) == (shop.account_id, AccountState.READY, None)
    _make_refunds(LATER + timedelta(hours=2))
    assert _refund_states(booked) == [RefundState.MADE]
    assert payment_of(booked).state is PaymentState.REFUNDED
    assert ledger_balance() == shop.balance()
    assert ("account_disconnected", shop.account_id) not in _to_look_at()


def test_another_account_takes_new_payments_and_old_ones_stay_where_they_were_paid(
    shop: Shop, event: SchoolEvent
) -> None:
    booked, old = _paid(shop, event), shop.account_id
    shop.server.holders.deauthorise(old)
    account, url = service.connect_school(a_context())
    assert account.account_id != old
    assert account.account_id in url
    assert account.former == (old,)
    assert store.school_of_account(old) == store.school_of_account(account.account_id) == SCHOOL
    assert _to_look_at() == []
    shop.server.onboard(account.account_id)
    service.refresh(a_context(), account.account_id)
    second = shop.open(book(event, "pupil-3", parent=3))
    assert second.checkout is not None
    assert second.checkout.account_id == account.account_id
    first = payment_of(booked).checkout
    assert first is not None
    assert first.account_id == old
    shop.server.holders.reauthorise(old)
    cancelling.cancel(a_context(), booking_of(booked))
    _make_refunds()
    assert _refund_states(booked) == [RefundState.MADE]
    (made,) = shop.all("refund")
    assert made["charge"] == payment_of(booked).charge_id


def test_a_hold_on_an_account_that_left_ends_when_its_page_is_over_and_money_that_came_is_found_later(
    shop: Shop, event: SchoolEvent
) -> None:
    booked = book(event)
    shop.pay(shop.open(booked))
    shop.server.holders.deauthorise(shop.account_id)
    assert paying.find_for_caller(as_parent(), booked.payment_id or "").state is PaymentState.OPEN
    with pytest.raises(AccountLeft):
        settlement.let_go(as_system(), booked.payment_id or "")
    assert settlement.let_go(as_system(HOLD_OVER), booked.payment_id or "").state is PaymentState.EXPIRED
    assert set(place_states(event)) == {"free"}
    shop.server.holders.reauthorise(shop.account_id)
    assert settlement.apply_payment(as_system(LATER), booked.payment_id or "").state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED
    assert ledger_balance() == shop.balance()


def test_a_debit_on_an_account_that_left_keeps_its_place_as_long_as_a_bank_can_take_and_no_longer(
    shop: Shop, event: SchoolEvent
) -> None:
    booked = debited(shop, an_event(on="2027-01-08"))
    assert apply(booked).state is PaymentState.PROCESSING
    shop.server.holders.deauthorise(shop.account_id)
    for days in range(1, 14):
        _housekeep(NOW + timedelta(days=days, minutes=1))
        waits_until = booking_of(booked).hold_until
        assert waits_until is not None
        assert waits_until > NOW + timedelta(days=days), "it is asked about once a day"
    assert booking_of(booked).state is BookingState.PENDING
    for days in (14, 15):
        _housekeep(NOW + timedelta(days=days, hours=2))
    assert (payment_of(booked).state, booking_of(booked).state) == (PaymentState.FAILED, BookingState.RELEASED)
    shop.server.holders.reauthorise(shop.account_id)
    shop.at(back := NOW + timedelta(days=16))
    assert settlement.apply_payment(as_system(back), booked.payment_id or "").state is PaymentState.PAID
    assert booking_of(booked).state is BookingState.CONFIRMED


def test_two_who_connect_another_account_at_once_connect_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.server.holders.deauthorise(shop.account_id)
    create = gateway.create_account

    def create_and_be_overtaken(ctx: Context, instead_of: str | None = None) -> str:
        monkeypatch.setattr(gateway, "create_account", create)
        service.connect_school(a_context())
        return create(ctx, instead_of)

    monkeypatch.setattr(gateway, "create_account", create_and_be_overtaken)
    account, _ = service.connect_school(a_context())
    assert store.find_account(SCHOOL) == account
    assert len(shop.server.world.books) == 3, "the platform, the account that left, and the new one"


def test_an_answer_that_is_older_than_what_another_wrote_is_asked_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = gateway.find_account

    def find_and_be_overtaken(ctx: Context, account_id: str) -> AccountSnapshot:
        monkeypatch.setattr(gateway, "find_account", find)
        shop.server.holders.restrict(account_id)
        seen = find(ctx, account_id)
        shop.server.holders.complete(account_id)
        shop.server.world.book(account_id).account["requirements"]["currently_due"] = ["company.tax_id"]
        _refreshed(shop)
        return seen

    monkeypatch.setattr(gateway, "find_account", find_and_be_overtaken)
    assert _refreshed(shop).state is AccountState.READY


def test_what_stays_the_same_is_not_written_again(shop: Shop) -> None:
    before = everything()
    _refreshed(shop)
    assert everything() == before


def test_every_change_is_in_the_audit_log(shop: Shop) -> None:
    shop.server.holders.restrict(shop.account_id)
    _refreshed(shop)
    key = store.account_key(SCHOOL)
    item = store.StripeAccountItem.get(key.pk, key.sk)
    found = consequences_of(item)
    assert found is not None
    assert (found.subject.kind, found.subject.id) == ("stripe_account", shop.account_id)
    assert item.change.action == "stripe_account.restricted"


def test_an_account_kept_before_it_had_a_version_is_brought_up_to_date(shop: Shop) -> None:
    key = store.account_key(SCHOOL)
    old = StripeAccount(school_id=SCHOOL, account_id=shop.account_id, charges_enabled=True, created_at=NOW)
    item = store.StripeAccountItem.get(key.pk, key.sk)
    item.update(
        actions=[store.StripeAccountItem.version.remove(), store.StripeAccountItem.record.set(old)],
    )
    shop.server.holders.restrict(shop.account_id)
    assert not _refreshed(shop).charges_enabled


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        ((True, True, 0, None), "The school can take money."),
        ((True, False, 0, None), "The school can take money. Stripe pays nothing out to the school's bank for now."),
        (
            (True, True, 2, datetime(2026, 12, 1, tzinfo=UTC)),
            "The school can take money. Stripe needs 2 more details of the school by 1 December 2026.",
        ),
        ((False, False, 0, None), "The school cannot take money yet. Stripe is looking at the school's details."),
    ],
)
def test_what_is_to_be_done_is_said_in_plain_words(
    snapshot: tuple[bool, bool, int, datetime | None], said: str
) -> None:
    charges, payouts, missing, by = snapshot
    account = StripeAccount(
        school_id=SCHOOL,
        account_id="acct_1",
        charges_enabled=charges,
        payouts_enabled=payouts,
        missing=missing,
        needed_by=by,
        created_at=NOW,
    )
    assert account_view(account).advice == said


def _housekeep(now: datetime) -> None:
    chores.let_due_holds_go(now, lambda _: as_system(now), lambda: True)


def _hears(shop: Shop, kind: str, payment: Payment, charge_id: str) -> None:
    """An event of the account that the shop is at now."""
    told = StripeEvent(event_id="evt_1", type=kind, account=shop.account_id, object_id=charge_id, payment_id=payment.id)
    stripe_events.apply(as_system(), shop.account_id, told)


def test_a_page_on_an_account_that_left_hides_nothing_of_what_is_paid_to_the_next(
    shop: Shop, event: SchoolEvent
) -> None:
    booked = book(event)
    payments.close_page(a_context(), shop.open(booked))
    shop.server.holders.deauthorise(shop.account_id)
    shop.account_id = shop.connect()
    page = shop.open(booked)
    shop.pay(page)
    assert paying.find_for_caller(as_parent(), page.id).state is PaymentState.PAID
    (charge,) = shop.all("charge")
    shop.server.dashboard.refund(charge["id"], 500)
    _hears(shop, "charge.refunded", page, charge["id"])
    assert payment_of(booked).refunded.amount == 500
    assert ledger_balance() == shop.balance()


def test_what_was_paid_twice_is_followed_on_the_account_that_is_there(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked, old = book(event), shop.account_id
    first = shop.open(booked)
    with monkeypatch.context() as patch:
        patch.setattr(page_gateway, "expire_session", lambda *_: None)
        payments.close_page(a_context(), first)
    shop.server.holders.deauthorise(old)
    shop.account_id = shop.connect()
    second = shop.open(booked)
    shop.server.holders.reauthorise(old)
    for page in (first, second):
        shop.pay(page)
        apply(booked)
    shop.server.holders.deauthorise(old)
    (charge,), (refund,) = shop.all("charge"), shop.all("refund")
    shop.server.dashboard.fail_refund(refund["id"])
    _hears(shop, "refund.failed", second, charge["id"])
    assert _refund_states(booked) == [RefundState.FAILED]
