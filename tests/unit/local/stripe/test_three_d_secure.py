"""3-D Secure on the hosted page: proved, failed, left, and overtaken from another tab."""

import pytest
import stripe

from local.stripe.errors import StripeError
from tests.unit.local.stripe.browser import control, get, press
from tests.unit.local.stripe.shop import HOUR, Shop

_CARD = "4000002760003184"


def _asked(shop: Shop, number: str = _CARD) -> tuple[str, str]:
    """A session whose payer is being asked by the card's bank: its identifier, and the page."""
    session = shop.session()
    assert session.url is not None
    assert "3-D Secure" in press(session.url, card_number=number).text
    return session.id, session.url


def _intent(shop: Shop, identifier: str) -> stripe.PaymentIntent:
    intent = shop.again(identifier, "payment_intent").payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    return intent


def test_nothing_is_charged_while_the_bank_asks(shop: Shop) -> None:
    identifier, _ = _asked(shop)
    intent = _intent(shop, identifier)
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    assert intent.next_action is not None
    assert shop.again(identifier).status == "open"
    assert shop.event_types()[-2:] == ["payment_intent.created", "payment_intent.requires_action"]


def test_who_proves_it_has_paid(shop: Shop) -> None:
    identifier, url = _asked(shop)
    assert press(url, action="authenticate").status_code == 303
    intent = _intent(shop, identifier)
    assert (intent.status, intent.next_action) == ("succeeded", None)
    assert shop.again(identifier).payment_status == "paid"


def test_who_fails_may_try_again(shop: Shop) -> None:
    identifier, url = _asked(shop)
    answer = press(url, action="refuse")
    assert (answer.status_code, "failed authentication" in answer.text) == (402, True)
    intent = _intent(shop, identifier)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert shop.event_types()[-1] == "payment_intent.payment_failed"
    assert press(url).status_code == 303


def test_a_card_may_be_declined_after_its_holder_proved_it(shop: Shop) -> None:
    identifier, url = _asked(shop, "4000008400001629")
    answer = press(url, action="authenticate")
    assert (answer.status_code, "Your card was declined." in answer.text) == (402, True)
    assert shop.again(identifier).status == "open"


def test_who_leaves_is_asked_until_the_session_ends(shop: Shop) -> None:
    identifier, url = _asked(shop)
    assert press(url, action="abandon").status_code == 303
    assert _intent(shop, identifier).status == "requires_action"
    shop.server.move_clock(HOUR)
    intent = _intent(shop, identifier)
    assert (intent.status, intent.next_action) == ("canceled", None)
    assert shop.again(identifier).status == "expired"
    assert press(url, action="authenticate").status_code == 410
    assert shop.client.v1.charges.list(options=shop.options).data == []


def test_another_tab_pays_meanwhile_and_the_answer_comes_too_late(shop: Shop) -> None:
    _, url = _asked(shop)
    assert press(url).status_code == 303
    assert "Already paid" in press(url, action="authenticate").text
    assert len(shop.client.v1.charges.list(options=shop.options).data) == 1


def test_two_tabs_that_are_asked_pay_once(shop: Shop) -> None:
    _, url = _asked(shop)
    press(url, card_number="4000000000003220")
    assert press(url, action="authenticate").status_code == 303
    assert "Already paid" in press(url, action="authenticate").text
    assert len(shop.client.v1.charges.list(options=shop.options).data) == 1


def test_nobody_is_asked_twice(shop: Shop) -> None:
    identifier, url = _asked(shop)
    press(url, action="refuse")
    with pytest.raises(StripeError, match="not waiting for authentication"):
        shop.server.payers.authenticate(identifier)
    with pytest.raises(StripeError, match="not waiting for authentication"):
        shop.server.payers.refuse_authentication(identifier)


def test_the_page_offers_such_a_card_by_a_button(shop: Shop) -> None:
    url = str(shop.session().url)
    assert "whose bank asks first" in get(url).text
    assert "Complete authentication" in press(url, action="challenge").text


def test_the_controls_answer_the_bank(shop: Shop) -> None:
    first, _ = _asked(shop)
    assert control(shop.server, "checkout/authenticate", session=first)["payment_status"] == "paid"
    second, _ = _asked(shop)
    assert "failed authentication" in control(shop.server, "checkout/refuse", session=second)["message"]


def test_an_intent_of_a_session_is_not_cancelled_by_itself(shop: Shop) -> None:
    identifier, url = _asked(shop)
    intents = shop.client.v1.payment_intents
    with pytest.raises(stripe.InvalidRequestError, match="Expire the Checkout Session instead"):
        intents.cancel(_intent(shop, identifier).id, options=shop.options)
    press(url, action="authenticate")
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded") as refused:
        intents.cancel(_intent(shop, identifier).id, options=shop.options)
    assert refused.value.code == "payment_intent_unexpected_state"
