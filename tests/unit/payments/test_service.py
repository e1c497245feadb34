"""A school's account at Stripe, and lists of payments."""

import pytest

from school_events.bookings import paying
from school_events.core.change import stamp
from school_events.core.errors import Invalid, PaymentsNotReady
from school_events.core.money import pounds
from school_events.payments.accounts import gateway, service, store
from school_events.payments.model import PaymentLine
from school_events.payments.service import ask_for
from school_events.payments.store import payment_item
from tests.support.contexts import SCHOOL, a_context
from tests.support.shop import Shop
from tests.support.tables import everything


def test_a_school_is_connected_once(shop: Shop) -> None:
    account, first = service.connect_school(a_context())
    again, second = service.connect_school(a_context())
    assert account.account_id == again.account_id == shop.account_id
    assert first != second
    assert store.school_of_account(shop.account_id) == SCHOOL


def test_two_who_connect_a_school_at_once_connect_one_account(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    other = a_context("school-2")
    create = gateway.create_account

    def create_and_be_overtaken(school_id: str) -> str:
        monkeypatch.setattr(gateway, "create_account", create)
        service.connect_school(other)
        return create(school_id)

    monkeypatch.setattr(gateway, "create_account", create_and_be_overtaken)
    account, _ = service.connect_school(other)
    assert store.find_account("school-2") == account
    assert store.school_of_account(account.account_id) == "school-2"


def test_a_school_takes_money_only_once_stripe_says_so(shop: Shop) -> None:
    other = a_context("school-2")
    with pytest.raises(PaymentsNotReady):
        service.ready_account("school-2")
    account, _ = service.connect_school(other)
    with pytest.raises(PaymentsNotReady):
        service.ready_account("school-2")
    shop.server.onboard(account.account_id)
    service.refresh_readiness("school-2", account.account_id)
    assert service.ready_account("school-2").account_id == account.account_id


def test_readiness_of_an_account_that_is_not_the_schools_changes_nothing(shop: Shop) -> None:
    before = everything()
    store.set_readiness(SCHOOL, "acct_other", charges_enabled=False)
    store.set_readiness("school-2", shop.account_id, charges_enabled=False)
    assert everything() == before


@pytest.mark.usefixtures("tables")
def test_a_long_list_is_read_page_by_page_newest_first_without_gap_or_repetition() -> None:
    ctx = a_context()
    made = []
    for number in range(120):
        line = PaymentLine(reference=f"booking_{number}", event_id="event_1", amount=pounds(100))
        payment = ask_for(ctx, "contact-1", (line,))
        payment_item(ctx, payment, stamp(ctx, "payment.created")).save()
        made.append(payment.id)
    page = paying.page(ctx, None)
    seen = [one.id for one in page.items]
    while page.next_cursor:
        page = paying.page(ctx, page.next_cursor)
        seen += [one.id for one in page.items]
    assert seen == made[::-1]
    first = paying.page(ctx, None).next_cursor
    with pytest.raises(Invalid):
        paying.page(a_context("school-2"), first)
