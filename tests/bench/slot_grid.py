"""A large parents' evening: 60 teachers, 3 hours, 5 minutes each, so 2,160 slots, each of these in one request.

The functions run in this process against the embedded AWS (ministack, one Python process on the same machine), which
works the transactions off one after the other and without the processors that DynamoDB has.
"""

import time
from collections.abc import Mapping
from typing import Any

from functions.event_lifecycle.handler import lambda_handler as event_lifecycle
from functions.event_slots.handler import lambda_handler as event_slots
from functions.events.handler import lambda_handler as events
from tests.support.embedded_aws import embedded_aws
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import a_small_school, staff_told, tell
from tests.support.tables import rows

TEACHERS = 60
EVENTS = "/v1/schools/{school_id}/events"
EVENT = f"{EVENTS}/{{event_id}}"
EVENING = {
    "kind": "parents_evening",
    "title": "Year 8 parents' evening",
    "takes_place": {"starts_at": "2099-12-03T16:00", "ends_at": "2099-12-03T19:00"},
    "price": {"amount": 0},
    "booking_window": {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2099-12-03T12:00:00Z"},
}


class _Asked:
    """Requests of an administrator, each with how long it took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._version = 1

    def ask(self, what: str, function: Any, route: str, event_id: str = "", body: Any = None) -> Mapping[str, Any]:
        """The answer to a request, which must be a good one."""
        path = {"event_id": event_id} if event_id else {}
        event = http_event(route, path, body, headers={"If-Match": f'"{self._version}"'})
        began = time.monotonic()
        answer = function(event, LambdaContext())
        self.seconds[what] = round(time.monotonic() - began, 2)
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{what} answers {answer['statusCode']}: {answer['body']}")
        self._version = int(answer["headers"].get("ETag", '"1"').strip('"'))
        return dict(json_of(answer))


def run() -> dict[str, float | int]:
    """Seconds of each request, and how many items an evening is.

    The harness calls this; nothing is printed.
    """
    asked = _Asked()
    with embedded_aws() as there, there.used():
        a_small_school()
        for first in range(0, TEACHERS, 20):
            tell(*(staff_told(f"teacher-{number:02}") for number in range(first, first + 20)))
        event_id = asked.ask("make", events, f"POST {EVENTS}", body=EVENING)["id"]
        asked.ask("plan the draft", event_slots, f"PUT {EVENT}/slot-plan", event_id, _plan(5))
        asked.ask("preview the grid", event_slots, f"GET {EVENT}/slots", event_id)
        asked.ask("publish", event_lifecycle, f"POST {EVENT}/publish", event_id)
        slots = len(_places())
        asked.ask("read the grid", event_slots, f"GET {EVENT}/slots", event_id)
        asked.ask("plan anew, every slot moves", event_slots, f"PUT {EVENT}/slot-plan", event_id, _plan(6))
        after = len(_places())
        asked.ask("close", event_lifecycle, f"POST {EVENT}/close", event_id)
    figures: dict[str, float | int] = {f"slot grid, {what}: seconds": took for what, took in asked.seconds.items()}
    return figures | {"slot grid: places published": slots, "slot grid: places, retired ones too": after}


def _plan(minutes: int) -> dict[str, Any]:
    desks = [{"staff_ids": [f"teacher-{number:02}"], "room": f"Room {number}"} for number in range(TEACHERS)]
    return {"appointment_minutes": minutes, "desks": desks}


def _places() -> list[dict[str, Any]]:
    return [row for row in rows("Bookings") if row["sk"]["S"].startswith("PLACE#")]
