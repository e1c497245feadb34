"""Stories of paying: messages that race, repeat themselves, come in the wrong order, fail, or are not Stripe's."""

import pytest

from local.stripe.errors import Json, StripeError
from local.stripe.signing import Signature
from local.stripe.world import Call, Cause
from tests.scenarios.story import story
from tests.support.booked_world import an_event
from tests.support.scene import Scene
from tests.support.shop import ledger
from tests.support.tables import everything


def _is_paid_once(scene: Scene, booked: Json) -> None:
    assert scene.look(booked)["state"] == "paid"
    assert scene.state_of(booked) == "confirmed"
    assert sorted(one.kind for one in ledger()) == ["charge", "fee"]


@story("1", "the return page and the webhook race: the place is confirmed once")
def _race(scene: Scene) -> None:
    booked = scene.buy(scene.event)
    scene.wire.meanwhile("TransactWriteItems", scene.post.deliver)
    _is_paid_once(scene, booked)


@story("2", "one event three times at once is one payment")
def _thrice(scene: Scene) -> None:
    booked = scene.buy(scene.event)
    told = scene.post.pick("checkout.session.completed")
    scene.post.lose()
    for _ in range(2):
        scene.wire.meanwhile("TransactWriteItems", lambda: scene.post.deliver_these(told))
    scene.post.deliver_these(told)
    _is_paid_once(scene, booked)


@story("3", "what Stripe tells of a charge comes before what it tells of its payment")
def _reordered(scene: Scene) -> None:
    booked = scene.buy(scene.event)
    charges_first = sorted(scene.post.on_their_way, key=lambda one: not one["type"].startswith("charge."))
    scene.post.lose()
    scene.post.deliver_these(charges_first)
    _is_paid_once(scene, booked)


@story("3b", "everything that Stripe tells comes backwards and twice")
def _backwards(scene: Scene) -> None:
    booked = scene.buy(scene.event)
    told = scene.post.on_their_way[::-1]
    scene.post.lose()
    scene.post.deliver_these([*told, *told])
    _is_paid_once(scene, booked)


@story("7", "the first delivery fails in our code, the next one is applied")
def _fails_first(scene: Scene) -> None:
    booked = scene.buy(scene.event)
    told = scene.post.pick("checkout.session.completed")
    scene.post.lose()
    scene.wire.meanwhile("TransactWriteItems", _break)
    scene.post.deliver_these(told)
    assert scene.state_of(booked) == "confirmed"
    _is_paid_once(scene, booked)


def _break() -> None:
    raise RuntimeError("something of ours is wrong")


@story("7b", "Stripe does not answer the worker at first")
def _outage_first(scene: Scene) -> None:
    booked = scene.buy(scene.event)
    scene.shop.server.faults.outage(4)
    scene.post.deliver()
    _is_paid_once(scene, booked)


@story("16", "an event of one school that names another's payment touches nothing")
def _of_another_school(scene: Scene) -> None:
    booked = scene.book(scene.event)
    opened = scene.checkout(booked)
    others = scene.shop.connect("school-2")
    world, page = scene.shop.server.world, scene.pages[opened["id"]][0]
    named = dict(scene.shop.server.world.book(scene.shop.account_id).objects[page])
    with world.lock:
        Call(world, world.book(others), Cause()).emit("checkout.session.completed", named)
    before = everything()
    scene.post.deliver()
    after = everything()
    changed = [row for row in after["Payments"] if row not in before["Payments"]]
    assert all(row["pk"]["S"].startswith("SCH#school-2") for row in changed)
    assert after | {"Payments": before["Payments"]} == before
    scene.pay(opened)
    scene.post.deliver()
    _is_paid_once(scene, booked)


@story("17", "what is not signed by Stripe, just now, changes nothing")
def _forged(scene: Scene) -> None:
    booked = scene.buy(scene.event)
    before = everything()
    for told in scene.post.on_their_way:
        for how in set(Signature) - {Signature.GOOD}:
            assert scene.post.knock(told, how) == 400
    assert scene.wire.queued == []
    assert everything() == before
    scene.post.deliver()
    _is_paid_once(scene, booked)


@story("18", "two parents and one place: one has it, the other is told so")
def _one_place(scene: Scene) -> None:
    event = an_event(capacity=1)
    scene.wire.meanwhile("TransactWriteItems", lambda: scene.book(event, "pupil-3", by=3))
    scene.book(event, "pupil-4", by=4, expected=409)
    scene.housekeeping()


@story("18b", "a double click books once, and one page is paid once")
def _double_click(scene: Scene) -> None:
    clicked: list[Json] = []
    scene.wire.meanwhile("TransactWriteItems", lambda: clicked.append(scene.book(scene.event, key="click")))
    booked = scene.book(scene.event, key="click")
    assert clicked in ([], [booked])
    assert scene.book(scene.event, key="click") == booked
    scene.pay(scene.checkout(booked))
    scene.post.deliver()
    _is_paid_once(scene, booked)


@story("18c", "two tabs show one page, and who paid in one does not pay in the other")
def _two_tabs(scene: Scene) -> None:
    booked = scene.book(scene.event)
    scene.wire.meanwhile("TransactWriteItems", lambda: scene.checkout(booked))
    opened = scene.checkout(booked)
    assert scene.checkout(booked)["checkout_url"] == opened["checkout_url"]
    assert scene.pages[opened["id"]] == [opened["checkout_url"].rsplit("/", 1)[1]]
    scene.pay(opened)
    with pytest.raises(StripeError):
        scene.pay(opened)
    scene.post.deliver()
    scene.checkout(booked, expected=409)
    _is_paid_once(scene, booked)
