"""Stories of money that goes back: by our rules, in Stripe's dashboard, and then not after all."""

from local.stripe.errors import Json
from tests.scenarios.story import story
from tests.support.scene import ADMIN, Scene

_REFUNDED_LATER, _REFUND_FAILS = "4000000000007726", "4000000000005126"


def _paid(scene: Scene, *pupils: str, card: str | None = None) -> tuple[Json, Json]:
    """What was booked and paid, and its page."""
    booked = scene.book(scene.event, *pupils)
    opened = scene.checkout(booked)
    scene.pay(opened, *([] if card is None else [card]))
    scene.post.deliver()
    return booked, opened


def _seen(scene: Scene, booked: Json) -> tuple[str, int]:
    """Where a payment stands, and how much of it went back."""
    shown = scene.look(booked)
    return shown["state"], shown["refunded"]["amount"]


def _refunded_in_the_dashboard(scene: Scene, opened: Json, pence: int | None = None) -> None:
    scene.shop.server.dashboard.refund(scene.pages[opened["id"]][0], pence)


@story("9", "Stripe tells of a refund before we have written down that it was made")
def _told_first(scene: Scene) -> None:
    booked, _ = _paid(scene)
    scene.cancel(booked, by=ADMIN)
    scene.wire.meanwhile("Stripe POST refunds", lambda: scene.wire.meanwhile("TransactWriteItems", scene.post.deliver))
    scene.settle()
    assert _seen(scene, booked) == ("refunded", 1250)


@story("10", "refunded in part in Stripe's dashboard: the place is kept, and the ledger knows")
def _dashboard_part(scene: Scene) -> None:
    booked, opened = _paid(scene, "pupil-1", "pupil-2")
    _refunded_in_the_dashboard(scene, opened, 501)
    scene.post.deliver()
    assert _seen(scene, booked) == ("part_refunded", 501)
    assert [scene.state_of(booked, which=which) for which in (0, 1)] == ["confirmed", "confirmed"]


@story("10b", "refunded in full in Stripe's dashboard, told backwards and twice: the place is kept")
def _dashboard_full(scene: Scene) -> None:
    booked, opened = _paid(scene)
    _refunded_in_the_dashboard(scene, opened, 250)
    _refunded_in_the_dashboard(scene, opened)
    told = scene.post.on_their_way[::-1]
    scene.post.lose()
    scene.post.deliver_these([*told, *told])
    assert _seen(scene, booked) == ("refunded", 1250)
    assert scene.state_of(booked) == "confirmed"


@story("10c", "refunded in the dashboard while the place is cancelled: never more goes back than came")
def _dashboard_and_cancelled(scene: Scene) -> None:
    booked, opened = _paid(scene, "pupil-1", "pupil-2")
    scene.cancel(booked, by=ADMIN)
    _refunded_in_the_dashboard(scene, opened, 2000)
    scene.settle()
    assert scene.look(booked)["refunded"]["amount"] == 2000


@story("12", "a refund fails days after it was made: the school has its money again, and is told")
def _fails_later(scene: Scene) -> None:
    booked, _ = _paid(scene, card=_REFUND_FAILS)
    scene.cancel(booked, by=ADMIN)
    scene.settle()
    assert _seen(scene, booked) == ("refunded", 1250)
    scene.pass_time(days=6)
    scene.settle()
    assert _seen(scene, booked) == ("paid", 0)


@story("12b", "a refund is pending for days, and then made")
def _made_later(scene: Scene) -> None:
    booked, _ = _paid(scene, card=_REFUNDED_LATER)
    scene.cancel(booked, by=ADMIN)
    scene.settle()
    scene.pass_time(days=3)
    scene.settle()
    assert _seen(scene, booked) == ("refunded", 1250)
