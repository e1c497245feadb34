"""Stripe's webhooks on their way: signed as Stripe signs them, taken in by the door, queued, and worked on.

What the local Stripe tells waits here until a test delivers it: in any order, several times, or never.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any

from local.stripe.errors import Json
from local.stripe.signing import Signature, signed
from tests.support.http_events import http_event, sqs_event

type Invoke = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Invokes a function by its name."""

SIGNING_SECRET = "whsec_test"
"""As the tests' secrets have it."""

_QUEUE = "stripe-events"
_MOST_RECEIVES = 4


class Post:
    """What Stripe has to tell us."""

    def __init__(self, invoke: Invoke, seconds: Callable[[], float], queued: list[Any]) -> None:
        """Nothing is on its way yet.

        Args:
            invoke: invokes one of our functions.
            seconds: the present instant, in seconds since the epoch.
            queued: the messages in the queue behind the door.
        """
        self.on_their_way: list[Json] = []
        self.dead: list[Any] = []
        self._invoke = invoke
        self._seconds = seconds
        self._queued = queued

    def take(self, event: Json) -> None:
        """Stripe has something to tell."""
        self.on_their_way.append(event)

    def clear(self) -> None:
        """Nothing is on its way, nor in our queue."""
        self.on_their_way.clear()
        self.dead.clear()
        self._queued.clear()

    def lose(self, *types: str) -> None:
        """What is on its way, of these types or of all, never comes."""
        self.on_their_way = [one for one in self.on_their_way if types and one["type"] not in types]

    def pick(self, *types: str) -> list[Json]:
        """Take what is on its way of these types out, to be delivered otherwise."""
        picked = [one for one in self.on_their_way if one["type"] in types]
        self.lose(*types)
        return picked

    def deliver(self) -> None:
        """All that is on its way comes, in order, and is worked on."""
        events, self.on_their_way = self.on_their_way, []
        self.deliver_these(events)

    def deliver_these(self, events: Iterable[Json]) -> None:
        """These events come, in this order, and are worked on."""
        for event in events:
            assert self.knock(event) == 200
        self.work()

    def knock(self, event: Json, how: Signature = Signature.GOOD) -> int:
        """Stripe sends one event to our door; the status it is answered."""
        body, header = signed(json.dumps(event, indent=2).encode(), [SIGNING_SECRET], int(self._seconds()), how)
        request = http_event(
            "POST /v1/webhooks/stripe", roles=(), headers={"Stripe-Signature": header} if header else {}
        )
        request["body"], request["isBase64Encoded"] = b64encode(body).decode(), True
        return int(self._invoke("stripe_webhook", request)["statusCode"])

    def work(self) -> None:
        """What is in the queue is worked on, again if it fails, until it is done or dead."""
        waiting = list(self._queued)
        self._queued.clear()
        for receives in range(1, _MOST_RECEIVES):
            if not waiting:
                return
            waiting = self._work_once(waiting, receives)
        self.dead += waiting

    def _work_once(self, bodies: list[Any], receives: int) -> list[Any]:
        """What failed."""
        batch = sqs_event(*bodies, queue=_QUEUE, receives=receives)
        answer = self._invoke("stripe_events", batch)
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        return [body for body, one in zip(bodies, batch["Records"], strict=True) if one["messageId"] in failed]
