"""Connect accounts, their hosted onboarding, and their isolation from each other."""

import pytest
import stripe

from local.stripe.running import LocalStripe
from tests.unit.local.stripe.browser import get, press
from tests.unit.local.stripe.shop import Shop, client_of


def _link(server: LocalStripe) -> tuple[stripe.Account, str]:
    client = client_of(server)
    account = client.v1.accounts.create(params={"country": "GB", "type": "standard"})
    link = client.v1.account_links.create(
        params={
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": "http://127.0.0.1:9/again",
            "return_url": "http://127.0.0.1:9/done",
        }
    )
    return account, link.url


def test_a_new_account_cannot_charge_yet(server: LocalStripe) -> None:
    account, _ = _link(server)
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (False, False, False)
    assert account.requirements is not None
    assert account.requirements.currently_due


def test_completing_the_onboarding_enables_charges_and_says_so(server: LocalStripe) -> None:
    account, url = _link(server)
    assert "Complete the onboarding" in get(url).text
    answer = press(url, action="complete")
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://127.0.0.1:9/done")
    client = client_of(server)
    assert client.v1.accounts.retrieve(account.id).charges_enabled
    events = client.v1.events.list(options={"stripe_account": account.id})
    assert [event.type for event in events.data] == ["account.updated"]
    assert events.data[0].account == account.id
    assert events.data[0].data.previous_attributes is not None
    assert events.data[0].data.previous_attributes["charges_enabled"] is False


def test_leaving_the_onboarding_changes_nothing(server: LocalStripe) -> None:
    account, url = _link(server)
    assert press(url, action="leave").headers["Location"] == "http://127.0.0.1:9/done"
    assert not client_of(server).v1.accounts.retrieve(account.id).charges_enabled


def test_a_link_is_good_for_one_visit_and_a_few_minutes(server: LocalStripe) -> None:
    _, used = _link(server)
    press(used, action="leave")
    assert get(used).headers["Location"] == "http://127.0.0.1:9/again"
    assert press(used, action="complete").headers["Location"] == "http://127.0.0.1:9/again"
    _, late = _link(server)
    server.move_clock(301)
    assert get(late).headers["Location"] == "http://127.0.0.1:9/again"


def test_an_unknown_link_is_no_page(server: LocalStripe, shop: Shop) -> None:
    assert get(f"{server.url}/setup/e/{shop.account_id}/link_nowhere").status_code == 404


def test_an_account_reaches_only_its_own_things(server: LocalStripe, shop: Shop) -> None:
    session = shop.paid()
    other = Shop(server, "other")
    with pytest.raises(stripe.InvalidRequestError, match=r"No such checkout\.session") as refused:
        other.again(session.id)
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent"):
        other.refund(session)
    assert other.client.v1.checkout.sessions.list(options=other.options).data == []
    assert other.client.v1.balance_transactions.list(options=other.options).data == []
    assert "checkout.session.completed" not in other.event_types()


def test_the_platform_does_not_see_its_accounts_things(shop: Shop) -> None:
    session = shop.paid()
    with pytest.raises(stripe.InvalidRequestError, match=r"No such checkout\.session"):
        shop.client.v1.checkout.sessions.retrieve(session.id)


def test_an_account_of_nobody_is_refused(shop: Shop) -> None:
    shop.account_id = "acct_nobody"
    with pytest.raises(stripe.PermissionError, match="does not have access to account 'acct_nobody'") as refused:
        shop.session()
    assert refused.value.http_status == 403
    assert refused.value.error is not None
    assert refused.value.error.code == "account_invalid"


def test_an_account_can_ask_for_itself(shop: Shop) -> None:
    assert shop.client.v1.accounts.retrieve_current(options=shop.options).id == shop.account_id


def test_a_link_needs_its_addresses(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Missing required param: refresh_url"):
        shop.client.v1.account_links.create(params={"account": shop.account_id, "type": "account_onboarding"})


def test_type_and_controller_exclude_each_other(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="both `type` and `controller`"):
        shop.client.v1.accounts.create(params={"type": "standard", "controller": {"fees": {"payer": "account"}}})
