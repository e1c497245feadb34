"""A school's account at Stripe, and lists of payments."""

import pytest

from school_events.core.context import Context
from school_events.core.errors import PaymentsNotReady
from school_events.payments.accounts import gateway, service, store
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

    def create_and_be_overtaken(ctx: Context, instead_of: str | None = None) -> str:
        monkeypatch.setattr(gateway, "create_account", create)
        service.connect_school(other)
        return create(ctx, instead_of)

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
    service.refresh(other, account.account_id)
    assert service.ready_account("school-2").account_id == account.account_id


def test_how_an_account_stands_that_is_not_the_schools_changes_nothing(shop: Shop) -> None:
    before = everything()
    service.refresh(a_context(), "acct_other")
    service.refresh(a_context("school-2"), shop.account_id)
    assert everything() == before
