"""Accounts that Stripe restricts, and schools that leave the platform and come back."""

import pytest
import stripe

from local.stripe.errors import StripeError
from tests.unit.local.stripe.browser import control
from tests.unit.local.stripe.receiver import receiving
from tests.unit.local.stripe.shop import Shop


def test_a_restricted_account_cannot_charge_and_says_what_is_wanted(shop: Shop) -> None:
    page = shop.session()
    control(shop.server, "accounts/restrict", account=shop.account_id)
    account = shop.client.v1.accounts.retrieve(shop.account_id)
    assert (account.charges_enabled, account.payouts_enabled) == (False, False)
    assert account.requirements is not None
    assert account.requirements.currently_due
    assert account.requirements.disabled_reason == "requirements.past_due"
    assert shop.event_types()[-1] == "account.updated"
    with pytest.raises(stripe.InvalidRequestError, match="cannot currently make charges"):
        shop.session()
    with pytest.raises(StripeError, match="cannot currently make charges"):
        shop.server.pay(page.id)


def test_an_account_that_gave_what_was_wanted_can_charge_again(shop: Shop) -> None:
    shop.server.holders.restrict(shop.account_id)
    control(shop.server, "accounts/complete", account=shop.account_id)
    assert shop.paid().payment_status == "paid"


def test_a_school_that_leaves_is_out_of_reach_and_says_so_once(shop: Shop) -> None:
    session = shop.session()
    with receiving() as receiver:
        shop.server.webhooks.point_at(receiver.url)
        control(shop.server, "accounts/deauthorise", account=shop.account_id)
        shop.server.pay(session.id)
        assert shop.server.webhooks.wait_until_idle(8)
        assert receiver.types == ["account.application.deauthorized"]
        assert receiver.events[0]["account"] == shop.account_id
    for ask in (shop.session, lambda: shop.again(session.id), shop.event_types):
        with pytest.raises(stripe.PermissionError, match="Application access may have been revoked") as refused:
            ask()
        assert refused.value.http_status == 403


def test_a_school_that_comes_back_finds_everything_as_it_was(shop: Shop) -> None:
    paid = shop.paid()
    shop.server.holders.deauthorise(shop.account_id)
    control(shop.server, "accounts/reauthorise", account=shop.account_id)
    assert shop.refund(shop.again(paid.id)).amount == 1500
    assert "account.application.authorized" in shop.event_types()
    with pytest.raises(StripeError, match="No such account"):
        shop.server.holders.reauthorise("acct_nobody")
