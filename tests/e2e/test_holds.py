"""A hold is let go by housekeeping under its own role: Stripe's page is closed first, then the place is free (D6)."""

from __future__ import annotations

import time
from typing import Any

from local import http_client
from local.demo_school import CAST
from local.journey import story
from local.journey.traveller import Journey
from local.stage import LocalStage


def states(journey: Journey) -> set[str]:
    return {journey.get("parent-of-two", f"/bookings/{one}")["state"] for one in journey.things["bookings"]}


def let_pass_a_minute(stage: LocalStage) -> dict[str, Any]:
    """What the schedule does every minute, now."""
    function = stage.function_name("housekeeping")
    answer: dict[str, Any] = stage.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    return answer


def test_a_hold_given_up_closes_the_payment_page_and_frees_the_places(stage: LocalStage) -> None:
    journey = Journey(stage, f"hold-{time.time_ns()}")
    story.connect_stripe(journey)
    story.create_trip(journey)
    story.preview_audience(journey)
    story.publish_and_invite(journey)
    story.book_two_children(journey)
    booking = f"/bookings/{journey.things['bookings'][0]}"
    page = journey.post("parent-of-two", f"{booking}/checkout")["checkout_url"]
    assert journey.post("parent-of-two", f"{booking}/cancel")["state"] == "expiring"

    assert "FunctionError" not in let_pass_a_minute(stage)

    # The schedule's own run may have begun on it first.
    journey.await_("the release", lambda: states(journey) == {"released"} or None)
    assert http_client.call("POST", page, form={"action": "pay"}).status == 410
    assert journey.get("parent-of-two", f"/payments/{journey.things['payment']}")["state"] == "expired"
    again = {
        "event_id": journey.things["trip"],
        "items": [
            {"pupil_id": one, "answers": {"consent": "yes", "lunch": "own"}, "form_version": 1}
            for one in CAST.two_children
        ],
    }
    assert journey.post("parent-of-two", "/bookings", again, expect=201, key="again")["state"] == "pending"
