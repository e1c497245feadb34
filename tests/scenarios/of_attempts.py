"""Stories of paying in several attempts, by a bank that asks first, or by a direct debit that takes days."""

import pytest

from local.stripe.bacs import Outcome
from local.stripe.cards import CHALLENGED_CARD
from local.stripe.errors import Json, StripeError
from tests.scenarios.story import story
from tests.support.booked_world import an_event
from tests.support.scene import Scene, receive_in_cash

_IN_THREE_WEEKS = "2026-12-14"


@story("14", "a bank asks who holds the card, and the family walks away: the place is free again")
def _walks_away(scene: Scene) -> None:
    booked = scene.book(scene.event)
    opened = scene.checkout(booked)
    scene.pay(opened, CHALLENGED_CARD)
    scene.post.deliver()
    assert scene.look(booked)["state"] == "open"
    scene.settle()
    assert scene.state_of(booked) == "released"
    with pytest.raises(StripeError):
        scene.shop.server.payers.authenticate(scene.pages[opened["id"]][0])


@story("14b", "a bank asks who holds the card while the hold ends: place and money agree")
def _asked_meanwhile(scene: Scene) -> None:
    booked = scene.book(scene.event)
    opened = scene.checkout(booked)
    scene.pay(opened, CHALLENGED_CARD)
    scene.cancel(booked)
    page = scene.pages[opened["id"]][0]
    scene.wire.meanwhile("Stripe POST", lambda: scene.shop.server.payers.authenticate(page))
    scene.settle()
    assert scene.state_of(booked) == "confirmed"


@story("15", "what is asked changes between two attempts: a page of its own, and the right amount")
def _other_price(scene: Scene) -> None:
    booked = scene.book(scene.event)
    first = scene.checkout(booked)
    assert receive_in_cash(scene, booked["payment_id"], 500).status == 201
    second = scene.checkout(booked)
    assert scene.pages[first["id"]][0] != scene.pages[second["id"]][-1]
    assert scene.page_of(second)["amount_total"] == 750
    with pytest.raises(StripeError):
        scene.shop.server.pay(scene.pages[first["id"]][0])
    scene.pay(second)
    scene.post.deliver()
    assert scene.look(booked)["state"] == "paid"
    assert scene.state_of(booked) == "confirmed"


def _debited(scene: Scene, account: str) -> Json:
    """A place that is paid by direct debit, which takes days."""
    booked = scene.book(an_event(on=_IN_THREE_WEEKS))
    opened = scene.checkout(booked)
    scene.shop.server.payers.debit(scene.pages[opened["id"]][0], account)
    scene.post.deliver()
    assert scene.look(booked)["state"] == "processing"
    scene.settle()
    assert scene.state_of(booked) == "pending"
    return booked


@story("19", "a direct debit is complete and unpaid for days, then fails: the place is let go")
def _debit_fails(scene: Scene) -> None:
    booked = _debited(scene, "00022222227"[-8:])
    scene.pass_days(9)
    scene.settle()
    assert scene.state_of(booked) == "released"


@story("19b", "a direct debit is complete and unpaid for days, then pays: the place was held all the time")
def _debit_pays(scene: Scene) -> None:
    booked = _debited(scene, "00012345")
    (page,) = scene.pages[booked["payment_id"]]
    scene.shop.server.payers.settle_debit(page, Outcome.SUCCEEDS)
    scene.settle()
    assert scene.state_of(booked) == "confirmed"


@story("19c", "a direct debit is not offered when the event is near")
def _debit_not_offered(scene: Scene) -> None:
    booked = scene.book(scene.event)
    opened = scene.checkout(booked)
    assert scene.page_of(opened)["payment_method_types"] == ["card"]
    with pytest.raises(StripeError):
        scene.shop.server.payers.debit(scene.pages[opened["id"]][0], "00012345")
    scene.pay(opened)
    scene.post.deliver()
    assert scene.state_of(booked) == "confirmed"


@story("19d", "a direct debit for the rest of a price fails at once: the place waits on, and the rest is paid by card")
def _debit_of_the_rest_fails(scene: Scene) -> None:
    booked = scene.book(an_event(on=_IN_THREE_WEEKS))
    assert receive_in_cash(scene, booked["payment_id"], 500).status == 201
    page = scene.pages[scene.checkout(booked)["id"]][-1]
    scene.shop.server.payers.debit(page, "00012345")
    scene.post.deliver()
    scene.shop.server.payers.settle_debit(page, Outcome.FAILS)
    scene.post.deliver()
    assert scene.state_of(booked) == "pending"
    scene.pay(scene.checkout(booked))
    scene.post.deliver()
    assert scene.state_of(booked) == "confirmed"
    assert scene.look(booked)["state"] == "paid"
