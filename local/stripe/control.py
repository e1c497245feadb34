"""The levers under `/_control`: what a test or a person may do that Stripe's own API cannot."""

import json
from collections.abc import Callable

from local.stripe.account_holders import AccountHolders
from local.stripe.dashboard import Dashboard
from local.stripe.endpoints import ROLLED_SECRET, EndpointName
from local.stripe.errors import Json, invalid
from local.stripe.faults import Faults
from local.stripe.idempotency import IdempotencyKeys
from local.stripe.parameters import Choice, Integer, Kind, Record, Rows, Text
from local.stripe.passing_time import pass_time
from local.stripe.payers import Payers
from local.stripe.signing import Signature
from local.stripe.webhooks import Webhooks
from local.stripe.world import World

type _Act = Callable[[Json], Json | None]
_TIMES = Integer(least=0, most=1000)
_SIGNATURE = Choice(tuple(Signature))
_ENDPOINT = Choice(tuple(EndpointName))
_MONTH = 30 * 86_400


class Control:
    """Moves the clock, causes trouble, and meddles with webhooks."""

    def __init__(self, world: World, keys: IdempotencyKeys, faults: Faults, webhooks: Webhooks) -> None:
        """Control these parts of one local Stripe."""
        self._world = world
        self._keys = keys
        self._faults = faults
        self._webhooks = webhooks
        self._levers: dict[tuple[str, str], tuple[dict[str, Kind], _Act]] = {
            ("POST", "reset"): ({}, lambda _: self.reset()),
            ("GET", "clock"): ({}, lambda _: {"now": world.clock.now()}),
            ("POST", "clock"): ({"advance": Integer(least=-(10**9)), "set": Integer()}, self._clock),
            ("POST", "outage"): ({"times": _TIMES, "status": Integer(500, 599)}, self._outage),
            ("POST", "lose"): ({"times": _TIMES}, lambda given: faults.lose_answers(given.get("times", 1))),
            ("POST", "stall"): ({}, lambda _: faults.stall()),
            ("POST", "resume"): ({}, lambda _: faults.resume()),
            ("GET", "webhooks"): ({}, lambda _: self._shown()),
            ("POST", "webhooks/endpoint"): ({"url": Text(), "secret": Text(), "endpoint": _ENDPOINT}, self._endpoint),
            ("POST", "webhooks/hold"): ({}, lambda _: webhooks.hold()),
            ("POST", "webhooks/release"): ({}, lambda _: webhooks.release()),
            ("POST", "webhooks/reverse"): ({}, lambda _: webhooks.reverse()),
            ("POST", "webhooks/reorder"): ({"events": Rows(Text())}, self._reorder),
            ("POST", "webhooks/resend"): ({"event": Text(), "times": _TIMES, "signature": _SIGNATURE}, self._resend),
            ("POST", "webhooks/missign"): ({"signature": _SIGNATURE, "times": _TIMES}, self._mis_sign),
            ("POST", "webhooks/delay"): ({"seconds": Integer(most=_MONTH)}, self._delay),
            ("POST", "webhooks/lose"): ({}, lambda _: webhooks.lose()),
            ("POST", "webhooks/roll"): ({"secret": Text(), "endpoint": _ENDPOINT}, self._roll),
            ("POST", "webhooks/retire"): ({"endpoint": _ENDPOINT}, lambda given: webhooks.retire(_endpoint(given))),
            **Dashboard(world).levers(),
            **Payers(world).levers(),
            **AccountHolders(world).levers(),
            ("POST", "webhooks/wait"): ({"seconds": Integer(most=60)}, self._wait),
        }

    def pull(self, method: str, name: str, body: str) -> Json:
        """Pull one lever with a JSON body of arguments and answer what came of it.

        Raises:
            StripeError: 404 for no such lever, 400 for arguments it does not take.
        """
        lever = self._levers.get((method, name))
        if lever is None:
            known = sorted(f"{verb} /_control/{path}" for verb, path in self._levers)
            raise invalid(f"There is no such control. There are: {', '.join(known)}", status=404)
        accepts, act = lever
        return act(Record(accepts).read(_arguments(body))) or {"ok": True}

    def reset(self) -> None:
        """Forget everything, end all trouble, go back to the real time."""
        self._faults.clear()
        self._webhooks.reset()
        self._keys.reset()
        self._world.reset()

    def _clock(self, given: Json) -> Json:
        clock = self._world.clock
        now = clock.set_to(given["set"]) if "set" in given else clock.advance(given.get("advance", 0))
        pass_time(self._world)
        return {"now": now}

    def _outage(self, given: Json) -> None:
        self._faults.outage(given.get("times", 1), given.get("status", 503))

    def _shown(self) -> Json:
        waiting = [{"event_id": event["id"], "type": event["type"]} for event in self._webhooks.pending()]
        return {
            "url": self._webhooks.url,
            "endpoints": {name: endpoint.url for name, endpoint in self._webhooks.endpoints.items()},
            "held": self._webhooks.held,
            "pending": waiting,
            "attempts": self._webhooks.attempts(),
        }

    def _endpoint(self, given: Json) -> None:
        self._webhooks.point_at(given.get("url"), given.get("secret"), _endpoint(given))

    def _roll(self, given: Json) -> None:
        self._webhooks.roll(given.get("secret", ROLLED_SECRET), _endpoint(given))

    def _delay(self, given: Json) -> None:
        self._webhooks.delay(given.get("seconds", 0))

    def _reorder(self, given: Json) -> None:
        self._webhooks.reorder(given.get("events", []))

    def _resend(self, given: Json) -> None:
        identifier = given.get("event", "")
        event = self._world.owner_of("event", identifier).objects[identifier]
        self._webhooks.offer(event, given.get("times", 1), Signature(given.get("signature", Signature.GOOD)))

    def _mis_sign(self, given: Json) -> None:
        self._webhooks.mis_sign(Signature(given.get("signature", Signature.FORGED)), given.get("times", 1))

    def _wait(self, given: Json) -> Json:
        return {"idle": self._webhooks.wait_until_idle(given.get("seconds", 10))}


def _endpoint(given: Json) -> EndpointName:
    return EndpointName(given.get("endpoint", EndpointName.CONNECT))


def _arguments(body: str) -> Json:
    """The JSON object in the body, its values as the texts that form fields would be."""
    try:
        given = json.loads(body or "{}")
    except ValueError:
        raise invalid("The body must be a JSON object.") from None
    if not isinstance(given, dict):
        raise invalid("The body must be a JSON object.")
    return {name: _as_field(value) for name, value in given.items()}


def _as_field(value: object) -> str | dict[str, str]:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return {str(place): str(item) for place, item in enumerate(value)}
    return str(value)
