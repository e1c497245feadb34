"""The hosted pages, as a browser or a script uses them."""

from typing import Any

import pytest
import requests

from local.stripe.running import LocalStripe
from tests.unit.local.stripe.browser import control, get, press
from tests.unit.local.stripe.shop import NOW, Shop


def _page(shop: Shop, **more: Any) -> tuple[str, str]:
    session = shop.session(1500, **more)
    assert session.url is not None
    return session.id, session.url


def test_the_page_of_a_session_says_what_and_how_much(shop: Shop) -> None:
    _, url = _page(shop)
    page = get(url)
    assert page.status_code == 200
    assert "School event × 1" in page.text
    assert "£15.00" in page.text


@pytest.mark.parametrize("fields", [{"card_number": "4242 4242 4242 4242"}, {"action": "pay"}, {}])
def test_paying_sends_the_customer_back_to_the_shop(shop: Shop, fields: dict[str, str]) -> None:
    identifier, url = _page(shop)
    answer = press(url, **fields)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://127.0.0.1:9/paid?session={identifier}"
    assert shop.again(identifier).payment_status == "paid"


def test_a_decline_is_shown_and_can_be_followed_by_a_payment(shop: Shop) -> None:
    identifier, url = _page(shop)
    answer = press(url, action="decline")
    assert answer.status_code == 402
    assert "Your card was declined." in answer.text
    assert shop.again(identifier).status == "open"
    assert press(url, card_number="4242424242424242").status_code == 303


def test_leaving_goes_back_without_paying(shop: Shop) -> None:
    identifier, url = _page(shop)
    answer = press(url, action="abandon")
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://127.0.0.1:9/left")
    assert shop.again(identifier).status == "open"


def test_a_second_press_does_not_pay_twice(shop: Shop) -> None:
    _, url = _page(shop)
    press(url)
    answer = press(url)
    assert (answer.status_code, "Already paid" in answer.text) == (200, True)
    assert len(shop.client.v1.charges.list(options=shop.options).data) == 1


def test_a_page_out_of_date_takes_no_money(shop: Shop) -> None:
    identifier, url = _page(shop)
    control(shop.server, "clock", advance=3600)
    for answer in (get(url), press(url)):
        assert (answer.status_code, "has expired" in answer.text) == (410, True)
    assert shop.again(identifier).payment_status == "unpaid"


def test_the_customer_s_address_is_kept(shop: Shop) -> None:
    identifier, url = _page(shop)
    press(url, email="someone@example.test")
    details = shop.again(identifier).customer_details
    assert details is not None
    assert details.email == "someone@example.test"


def test_an_address_the_shop_knows_wins(shop: Shop) -> None:
    identifier, url = _page(shop, customer_email="known@example.test")
    assert 'value="known@example.test"' in get(url).text
    press(url, email="someone@example.test")
    details = shop.again(identifier).customer_details
    assert details is not None
    assert details.email == "known@example.test"


def test_what_is_sold_is_shown_as_text(shop: Shop) -> None:
    price = {"currency": "gbp", "unit_amount": 500, "product_data": {"name": "<script>alert(1)</script>"}}
    _, url = _page(shop, line_items=[{"quantity": 1, "price_data": price}])
    page = get(url)
    assert "<script>" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_first_page_links_to_open_sessions(shop: Shop) -> None:
    assert "No Checkout Session yet" in get(f"{shop.server.url}/").text
    _, url = _page(shop)
    shop.paid()
    page = get(f"{shop.server.url}/").text
    assert page.count("<a href=") == 1
    assert f'href="{url}"' in page


@pytest.mark.parametrize("path", ["/c/pay/cs_test_nowhere", "/nothing", "/setup/e/acct_x/link_x", "/_control/nothing"])
def test_what_is_not_there_is_404(server: LocalStripe, path: str) -> None:
    assert get(f"{server.url}{path}").status_code == 404


def test_controls_are_not_for_other_names(server: LocalStripe) -> None:
    answer = requests.post(f"{server.url}/_control/reset", headers={"Host": "evil.example"}, timeout=60)
    assert answer.status_code == 403


@pytest.mark.parametrize("body", ["{", "[]", '{"colour": 1}', '{"advance": "later"}'])
def test_a_control_takes_only_its_arguments(server: LocalStripe, body: str) -> None:
    assert requests.post(f"{server.url}/_control/clock", data=body, timeout=60).status_code == 400


def test_the_clock_can_be_read_moved_and_set(shop: Shop) -> None:
    url = f"{shop.server.url}/_control/clock"
    assert get(url).json() == {"now": NOW}
    assert control(shop.server, "clock", advance=60) == {"now": NOW + 60}
    assert control(shop.server, "clock", set=NOW + 600) == {"now": NOW + 600}
    assert shop.session().created == NOW + 600


def test_reset_forgets_everything(shop: Shop) -> None:
    identifier, url = _page(shop)
    control(shop.server, "clock", advance=60)
    control(shop.server, "outage", times=9)
    control(shop.server, "reset")
    assert get(url).status_code == 404
    assert get(f"{shop.server.url}/_control/clock").json() == {"now": NOW}
    assert Shop(shop.server).session().id != identifier


def test_a_body_without_end_is_refused(server: LocalStripe) -> None:
    answer = requests.post(f"{server.url}/v1/refunds", data=b"x" * 1_000_001, timeout=60)
    assert answer.status_code == 413
