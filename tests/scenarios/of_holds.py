"""Stories of places that wait for money which comes too late, or while somebody gives them up."""

from local.stripe.errors import Json
from tests.scenarios.story import story
from tests.support.booked_world import an_event
from tests.support.people import portal_message, tell
from tests.support.scene import ADMIN, Scene


def _lets_go(scene: Scene) -> None:
    """The time to pay is over, and housekeeping sees it."""
    scene.pass_time(minutes=40)
    scene.post.deliver()
    scene.housekeeping()
    scene.housekeeping()


def _late(scene: Scene, opened: Json) -> None:
    """Money comes for a page that was closed, and Stripe tells."""
    scene.pay_though_closed(opened)
    scene.post.deliver()


@story("4", "paid when the hold was over and the place resold: the money goes back, the place stays whose it is")
def _resold(scene: Scene) -> None:
    event = an_event(capacity=1)
    booked = scene.book(event)
    opened = scene.checkout(booked)
    _lets_go(scene)
    assert scene.state_of(booked) == "released"
    others = scene.buy(event, "pupil-3", by=3)
    _late(scene, opened)
    assert scene.state_of(others, by=3) == "confirmed"
    assert scene.state_of(booked) == "released"
    assert scene.look(booked)["state"] == "refunded"


@story("4b", "paid when the hold was over and the place is still free: the place is given")
def _still_free(scene: Scene) -> None:
    booked = scene.book(scene.event)
    opened = scene.checkout(booked)
    _lets_go(scene)
    _late(scene, opened)
    assert scene.state_of(booked) == "confirmed"
    assert scene.look(booked)["state"] == "paid"


@story("4c", "of a household that paid late, who finds no place has the money back")
def _half_resold(scene: Scene) -> None:
    event = an_event(capacity=2)
    booked = scene.book(event, "pupil-1", "pupil-2")
    opened = scene.checkout(booked)
    _lets_go(scene)
    scene.buy(event, "pupil-3", by=3)
    scene.post.deliver()
    _late(scene, opened)
    assert sorted(scene.state_of(booked, which=which) for which in (0, 1)) == ["confirmed", "released"]
    seen = scene.look(booked)
    assert (seen["state"], seen["refunded"]["amount"]) == ("part_refunded", 1250)


@story("4d", "nothing that Stripe tells of late money reaches us, until it is asked what happened")
def _swept(scene: Scene) -> None:
    event = an_event(capacity=1)
    booked = scene.book(event)
    opened = scene.checkout(booked)
    _lets_go(scene)
    others = scene.buy(event, "pupil-3", by=3)
    scene.pay_though_closed(opened)
    scene.post.lose()
    scene.settle()
    assert scene.look(booked)["state"] == "refunded"
    assert scene.state_of(others, by=3) == "confirmed"


@story("4e", "who books and never goes to the page holds no place for good")
def _never_pays(scene: Scene) -> None:
    booked = scene.book(scene.event)
    scene.settle()
    assert scene.state_of(booked) == "released"


@story(
    "4f", "paid when the hold was over and the child has left the school: the money goes back, though a place is free"
)
def _left_the_school(scene: Scene) -> None:
    booked = scene.book(scene.event)
    opened = scene.checkout(booked)
    _lets_go(scene)
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-11-20"}, version=2))
    _late(scene, opened)
    scene.settle()
    assert scene.state_of(booked) == "released"
    assert scene.look(booked)["state"] == "refunded"


@story("5", "paid after the parent cancelled: the place, or the money back")
def _cancelled_first(scene: Scene) -> None:
    event = an_event(capacity=1)
    booked = scene.book(event)
    opened = scene.checkout(booked)
    scene.cancel(booked)
    scene.housekeeping()
    assert scene.state_of(booked) == "released"
    scene.buy(event, "pupil-3", by=3)
    _late(scene, opened)
    assert scene.look(booked)["state"] == "refunded"


@story("6", "paid while we close the page: the place is had")
def _paid_meanwhile(scene: Scene) -> None:
    booked = scene.book(scene.event)
    opened = scene.checkout(booked)
    scene.cancel(booked)
    scene.wire.meanwhile("Stripe POST checkout/sessions/{id}/expire", lambda: scene.pay(opened))
    scene.housekeeping()
    scene.post.deliver()
    assert scene.state_of(booked) == "confirmed"
    assert scene.look(booked)["state"] == "paid"


@story("20", "cancelled just before it is paid: place and money agree")
def _cancelled_before_paid(scene: Scene) -> None:
    booked = scene.book(scene.event)
    opened = scene.checkout(booked)
    scene.cancel(booked)
    scene.pay(opened)
    scene.wire.meanwhile("TransactWriteItems", scene.housekeeping)
    scene.post.deliver()
    assert scene.state_of(booked) == "confirmed"


@story("20b", "paid just before it is cancelled: the family is told to look again, and cancels what it has then")
def _paid_before_cancelled(scene: Scene) -> None:
    booked = scene.buy(scene.event)
    scene.wire.meanwhile("TransactWriteItems", scene.post.deliver)
    scene.cancel(booked, seen="pending", expected=409)
    assert scene.state_of(booked) == "confirmed"
    scene.cancel(booked, by=ADMIN)
    scene.settle()
    assert scene.look(booked)["state"] == "refunded"


@story("20c", "the school cancels the event while a family pays: the money goes back")
def _event_cancelled(scene: Scene) -> None:
    booked = scene.book(scene.event, "pupil-1", "pupil-2")
    opened = scene.checkout(booked)
    had = scene.buy(scene.event, "pupil-3", by=3)
    scene.post.deliver()
    scene.wire.meanwhile("TransactWriteItems", lambda: scene.pay(opened))
    assert scene.ask("POST /events/{event_id}/cancel", ADMIN, event_id=scene.event.id).status == 200
    scene.settle()
    assert [scene.look(one, by=by)["state"] for one, by in ((booked, 1), (had, 3))] == ["refunded", "refunded"]
