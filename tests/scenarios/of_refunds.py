"""Stories of money that goes back: by our rules, in Stripe's dashboard, and then not after all."""

from local.stripe.errors import Json
from tests.scenarios.story import story
from tests.support.scene import ADMIN, FINANCE, Answer, Scene, receive_in_cash

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
    scene.pass_days(6)
    scene.settle()
    assert _seen(scene, booked) == ("paid", 0)


@story("12b", "a refund is pending for days, and then made")
def _made_later(scene: Scene) -> None:
    booked, _ = _paid(scene, card=_REFUNDED_LATER)
    scene.cancel(booked, by=ADMIN)
    scene.settle()
    scene.pass_days(3)
    scene.settle()
    assert _seen(scene, booked) == ("refunded", 1250)


def _asks(scene: Scene, booked: Json, key: str, pence: int | None = None) -> Answer:
    """Finance staff ask for money to go back: all of it, unless told."""
    line = {"booking_id": booked["booking_ids"][0], "amount": {"amount": pence, "currency": "gbp"}}
    body = {"reason": "goodwill"} if pence is None else {"reason": "goodwill", "lines": [line]}
    route = "POST /payments/{payment_id}/refunds"
    return scene.ask(route, FINANCE, body, key=key, payment_id=booked["payment_id"])


@story("8", "asking for a refund is not answered, and staff press again: it is one refund")
def _pressed_again(scene: Scene) -> None:
    booked, _ = _paid(scene)
    scene.shop.server.faults.lose_answers(3)
    first, second = _asks(scene, booked, "press", 500), _asks(scene, booked, "press", 500)
    assert first.status == second.status == 201
    assert [one["id"] for one in first.body["items"]] == [one["id"] for one in second.body["items"]]
    scene.settle()
    assert _seen(scene, booked) == ("part_refunded", 500)
    assert [one["amount"] for one in scene.shop.all("refund")] == [500]


@story("8b", "two deliberate equal refunds are two, and no more goes back than came")
def _two_deliberate(scene: Scene) -> None:
    booked, _ = _paid(scene)
    assert [_asks(scene, booked, key, 500).status for key in ("one", "two")] == [201, 201]
    assert _asks(scene, booked, "three", 500).status in {409, 422}
    scene.settle()
    assert _seen(scene, booked) == ("part_refunded", 1000)
    assert scene.state_of(booked) == "confirmed"


@story("8c", "two of finance give everything back at once: it goes back once")
def _at_once(scene: Scene) -> None:
    booked, _ = _paid(scene)
    others: list[int] = []
    scene.wire.meanwhile("TransactWriteItems", lambda: others.append(_asks(scene, booked, "hers").status))
    mine = _asks(scene, booked, "his").status
    assert sorted([mine, *others]) in ([201, 409], [201])
    scene.settle()
    assert _seen(scene, booked) == ("refunded", 1250)


@story("8d", "staff ask again, with the same key, for a refund that is under way: it is the same one")
def _pressed_while_pending(scene: Scene) -> None:
    booked, _ = _paid(scene, card=_REFUNDED_LATER)
    first, second = _asks(scene, booked, "press"), _asks(scene, booked, "press")
    assert first.status == second.status == 201
    assert [one["state"] for one in second.body["items"]] == ["pending"]
    scene.pass_days(3)
    scene.settle()
    assert _seen(scene, booked) == ("refunded", 1250)
    assert len(scene.shop.all("refund")) == 1


@story("11", "paid twice, through two pages: one goes back, and the place stays")
def _paid_twice(scene: Scene) -> None:
    booked = scene.book(scene.event)
    first = scene.checkout(booked)
    assert receive_in_cash(scene, booked["payment_id"], 500).status == 201
    second = scene.checkout(booked)
    scene.pay(second)
    scene.post.deliver()
    assert scene.state_of(booked) == "confirmed"
    scene.pay_though_closed(first, page=0)
    scene.settle()
    assert scene.state_of(booked) == "confirmed"
    assert scene.look(booked)["state"] == "paid"
    assert [one["amount"] for one in scene.shop.all("refund")] == [1250]


@story("22", "another amount than ours is kept apart and confirms nothing; finance give it back")
def _other_amount(scene: Scene) -> None:
    booked = scene.book(scene.event)
    opened = scene.checkout(booked)
    scene.page_of(opened)["amount_total"] = 1100
    scene.pay(opened)
    scene.settle()
    assert scene.state_of(booked) == "pending"
    assert scene.shown_to_finance(booked)["state"] == "quarantined"
    assert "quarantined" in scene.attention()
    assert scene.ask("POST /payments/{payment_id}/return", FINANCE, payment_id=booked["payment_id"]).status in {
        200,
        201,
    }
    scene.settle()
    assert scene.state_of(booked) == "released"
    assert [one["amount"] for one in scene.shop.all("refund")] == [1100]
    assert "quarantined" not in scene.attention()
