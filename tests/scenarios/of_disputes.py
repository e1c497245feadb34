"""Stories of money that a payer's bank takes back, and of a school that disconnects its account."""

from local.stripe.errors import Json
from tests.scenarios.story import story
from tests.support.scene import ADMIN, FINANCE, Scene


def _paid(scene: Scene, *pupils: str) -> Json:
    booked = scene.buy(scene.event, *pupils)
    scene.post.deliver()
    return booked


def _disputed(scene: Scene, pence: int | None = None) -> str:
    """The bank disputes what was paid last; we have not heard of it yet."""
    (charge,) = [one for one in scene.shop.all("charge") if one["paid"]]
    return str(scene.shop.server.dashboard.dispute(charge["id"], pence)["id"])


def _decide(scene: Scene, dispute_id: str, outcome: str) -> None:
    scene.shop.server.dashboard.decide(dispute_id, outcome)


def _seen_by_finance(scene: Scene, booked: Json) -> tuple[str, list[str]]:
    """Where finance staff see a payment, and its disputes."""
    shown = scene.ask("GET /payments/{payment_id}", FINANCE, payment_id=booked["payment_id"]).body
    return shown["state"], [one["state"] for one in shown["disputes"]]


def _to_look_at(scene: Scene) -> set[str]:
    return {one["kind"] for one in scene.ask("GET /attention", FINANCE).body["items"]}


def _refund(scene: Scene, booked: Json, key: str) -> int:
    """Finance staff ask for everything back; the status they are answered."""
    body = {"reason": "asked_for"}
    return scene.ask(
        "POST /payments/{payment_id}/refunds", FINANCE, body, key=key, payment_id=booked["payment_id"]
    ).status


@story("3c", "a dispute is closed before we hear of the charge, and all is told backwards")
def _closed_first(scene: Scene) -> None:
    booked = scene.buy(scene.event)
    _decide(scene, _disputed(scene), "won")
    told = scene.post.on_their_way[::-1]
    scene.post.lose()
    scene.post.deliver_these(told)
    assert _seen_by_finance(scene, booked) == ("paid", ["won"])
    assert scene.state_of(booked) == "confirmed"


@story("13", "a refund asked for while disputed is refused; a won dispute reinstates, and then it is made")
def _won(scene: Scene) -> None:
    booked = _paid(scene)
    dispute_id = _disputed(scene)
    scene.post.deliver()
    assert _seen_by_finance(scene, booked) == ("disputed", ["open"])
    assert _to_look_at(scene) == {"dispute"}
    assert _refund(scene, booked, "early") == 409
    _decide(scene, dispute_id, "won")
    scene.post.deliver()
    assert _seen_by_finance(scene, booked) == ("paid", ["won"])
    assert _refund(scene, booked, "late") == 201
    scene.settle()
    assert scene.look(booked)["state"] == "refunded"


@story("13b", "a place is given up while its payment is disputed: its money waits for the bank, and goes back")
def _waits(scene: Scene) -> None:
    booked = _paid(scene)
    dispute_id = _disputed(scene)
    scene.post.deliver()
    scene.cancel(booked, by=ADMIN)
    scene.housekeeping()
    assert scene.shop.all("refund") == []
    _decide(scene, dispute_id, "won")
    scene.settle()
    assert scene.look(booked)["state"] == "refunded"


@story("13c", "a dispute is lost: finance staff are told, the place stays, nothing more goes back")
def _lost(scene: Scene) -> None:
    booked = _paid(scene, "pupil-1", "pupil-2")
    dispute_id = _disputed(scene)
    scene.post.deliver()
    _decide(scene, dispute_id, "lost")
    scene.post.deliver()
    assert _seen_by_finance(scene, booked) == ("lost", ["lost"])
    assert "dispute_lost" in _to_look_at(scene)
    assert [scene.state_of(booked, which=which) for which in (0, 1)] == ["confirmed", "confirmed"]
    assert scene.look(booked)["state"] == "paid"
    assert _refund(scene, booked, "never") == 409


@story("13d", "a dispute about a part is lost: what is left goes back, of what waited for the bank and of the rest")
def _lost_in_part(scene: Scene) -> None:
    booked = _paid(scene, "pupil-1", "pupil-2")
    dispute_id = _disputed(scene, 1401)
    scene.post.deliver()
    scene.cancel(booked, by=ADMIN)
    scene.housekeeping()
    assert scene.shop.all("refund") == []
    _decide(scene, dispute_id, "lost")
    scene.settle()
    scene.cancel(booked, by=ADMIN, which=1)
    scene.settle()
    assert _seen_by_finance(scene, booked) == ("lost", ["lost"])
    assert sum(one["amount"] for one in scene.shop.all("refund")) == 2500 - 1401
    assert "refund_failed" in _to_look_at(scene)


@story("21", "the school disconnects its account, then a refund waits until it is connected again")
def _disconnected(scene: Scene) -> None:
    booked = _paid(scene)
    scene.shop.server.holders.deauthorise(scene.shop.account_id)
    scene.post.deliver()
    connection = scene.ask("GET /school/stripe-account", FINANCE).body
    assert (connection["state"], connection["ready"]) == ("disconnected", False)
    assert "account_disconnected" in _to_look_at(scene)
    scene.cancel(booked, by=ADMIN)
    scene.housekeeping()
    assert scene.state_of(booked) == "cancelled"
    scene.shop.server.holders.reauthorise(scene.shop.account_id)
    assert scene.ask("POST /school/stripe-account", ADMIN).body["state"] == "ready"
    scene.settle()
    assert scene.look(booked)["state"] == "refunded"
