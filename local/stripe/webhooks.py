"""Delivery of events to the platform's webhook endpoints, in order, from a thread of its own."""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Condition, Thread
from urllib.parse import urlsplit

from local.stripe.endpoints import PLATFORM_SECRET, Endpoint, EndpointName, endpoint_of
from local.stripe.errors import Json
from local.stripe.signing import Signature, signed

_TIME_OUT = 20.0  # seconds an endpoint may take to answer
RETRY_DELAYS = (0.5, 1.0, 2.0, 4.0)  # seconds; Stripe goes on for days, a person at this machine does not wait so long


@dataclass(frozen=True)
class Attempt:
    """One try to deliver an event; `status` is None when there was no answer."""

    event_id: str
    type: str
    account: str | None
    at: int
    signature: str
    status: int | None
    error: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the endpoint answered with a 2xx status."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class _Parcel:
    event: Json
    signature: Signature = Signature.GOOD


type Later = Callable[[int, Callable[[], None]], None]
type Send = Callable[[str, bytes, dict[str, str]], int]


def post(url: str, payload: bytes, headers: dict[str, str]) -> int:
    """POST a payload and answer the status.

    Raises:
        OSError: the endpoint could not be reached or did not answer in time.
        HTTPException: what came back is not HTTP.
    """
    parts = urlsplit(url)
    # Every name under .localhost is this machine (RFC 6761), also where the system's resolver does not know it.
    name = parts.hostname or ""
    host = "127.0.0.1" if name == "localhost" or name.endswith(".localhost") else name
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(host, parts.port, timeout=_TIME_OUT)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request("POST", target, payload, {**headers, "Host": parts.netloc})
        return connection.getresponse().status
    finally:
        connection.close()


class Webhooks:
    """The queue of events on their way, what is done to it on request, and the record of every attempt."""

    def __init__(
        self,
        url: str | None,
        secret: str,
        wall_clock: Callable[[], float],
        retry_delays: Sequence[float] = RETRY_DELAYS,
        send: Send = post,
    ) -> None:
        """Deliver what connected accounts do to `url` (None: nowhere), signed with `secret`.

        Args:
            url: the Connect endpoint.
            secret: its signing secret.
            wall_clock: the receiver's time in epoch seconds; signatures carry it even when Stripe's clock was moved.
            retry_delays: seconds before each further attempt after a refusal.
            send: how a payload is posted.
        """
        self._listener: Callable[[Json], None] | None = None
        self._later: Later | None = None
        self._endpoints = {
            EndpointName.CONNECT: Endpoint(url, (secret,)),
            EndpointName.PLATFORM: Endpoint(None, (PLATFORM_SECRET,)),
        }
        self._wall_clock = wall_clock
        self._retry_delays = tuple(retry_delays)
        self._send = send
        self._changed = Condition()
        self._queue: deque[_Parcel] = deque()
        self._attempts: list[Attempt] = []
        self._held = self._busy = self._losing = self._stopping = False
        self._delay = 0
        self._wrong: deque[Signature] = deque()
        self._thread = Thread(target=self._run, name="stripe-webhooks", daemon=True)

    def on_accepted(self, listener: Callable[[Json], None]) -> None:
        """Tell `listener` of every event the endpoint takes."""
        self._listener = listener

    def on_delay(self, later: Later) -> None:
        """Have `later` call what it is given after so many seconds of Stripe's clock."""
        self._later = later

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """End delivery after the attempt under way."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def point_at(self, url: str | None, secret: str | None = None, name: EndpointName = EndpointName.CONNECT) -> None:
        """Deliver to another address from now on; without `secret` the signing secrets stay."""
        with self._changed:
            self._endpoints[name] = self._endpoints[name].pointed_at(url, secret)

    def roll(self, secret: str, name: EndpointName = EndpointName.CONNECT) -> None:
        """Give an endpoint a new secret; the present ones sign as well until `retire`."""
        with self._changed:
            self._endpoints[name] = self._endpoints[name].rolled(secret)

    def retire(self, name: EndpointName = EndpointName.CONNECT) -> None:
        """Let an endpoint's newest secret sign alone."""
        with self._changed:
            self._endpoints[name] = self._endpoints[name].retired()

    def tell(self, event: Json) -> None:
        """Send an event on its way: into the queue, later if there is a delay, or nowhere if events get lost."""
        if self._losing:
            return
        if self._delay and self._later is not None:
            self._later(self._delay, partial(self.offer, event))
        else:
            self.offer(event)

    def offer(self, event: Json, times: int = 1, signature: Signature = Signature.GOOD) -> None:
        """Put an event at the end of the queue, `times` over; without an endpoint it is not delivered."""
        with self._changed:
            if self._endpoints[endpoint_of(event)].url is not None:
                self._queue.extend([_Parcel(event, signature)] * times)
                self._changed.notify_all()

    def delay(self, seconds: int) -> None:
        """Let later events be so many seconds of Stripe's clock on their way; 0 ends it."""
        self._delay = seconds

    def lose(self) -> None:
        """Let later events get lost until `release`: they are listed by the API, and never delivered by themselves."""
        self._losing = True

    def hold(self) -> None:
        """Keep events back until `release`."""
        with self._changed:
            self._held = True

    def release(self) -> None:
        """Deliver what was held and what comes; what was lost stays lost."""
        with self._changed:
            self._held = self._losing = False
            self._changed.notify_all()

    @property
    def held(self) -> bool:
        """Whether events are being kept back."""
        return self._held

    @property
    def url(self) -> str | None:
        """Where events of connected accounts are delivered to."""
        return self._endpoints[EndpointName.CONNECT].url

    @property
    def endpoints(self) -> dict[EndpointName, Endpoint]:
        """Where events are delivered to, and what they are signed with."""
        with self._changed:
            return dict(self._endpoints)

    def pending(self) -> list[Json]:
        """The events waiting to be delivered, next first."""
        with self._changed:
            return [parcel.event for parcel in self._queue]

    def reorder(self, event_ids: Sequence[str]) -> None:
        """Put the waiting events into this order; those not named keep their order behind them."""
        places = {identifier: place for place, identifier in enumerate(event_ids)}
        with self._changed:
            waiting = sorted(self._queue, key=lambda parcel: places.get(parcel.event["id"], len(places)))
            self._queue = deque(waiting)

    def reverse(self) -> None:
        """Turn the order of the waiting events round."""
        with self._changed:
            self._queue.reverse()

    def mis_sign(self, how: Signature, times: int) -> None:
        """Sign the next `times` attempts wrongly; their retries are signed well again."""
        with self._changed:
            self._wrong.extend([how] * times)

    def attempts(self) -> list[Json]:
        """Every attempt so far, oldest first."""
        with self._changed:
            return [{**asdict(attempt), "accepted": attempt.accepted} for attempt in self._attempts]

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until nothing is waiting or under way; False when that took longer than `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._busy, seconds)

    def reset(self) -> None:
        """Forget the queue, the record and all mischief; the endpoint stays."""
        with self._changed:
            self._queue.clear()
            self._attempts.clear()
            self._wrong.clear()
            self._held = self._losing = False
            self._delay = 0
            self._changed.notify_all()

    def _run(self) -> None:
        while (parcel := self._next()) is not None:
            self._deliver(parcel)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> _Parcel | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or (self._queue and not self._held))
            if self._stopping:
                return None
            self._busy = True
            return self._queue.popleft()

    def _deliver(self, parcel: _Parcel) -> None:
        for delay in (*self._retry_delays, None):
            attempt = self._attempt(parcel)
            if attempt.accepted and self._listener is not None:
                self._listener(parcel.event)
            with self._changed:
                self._attempts.append(attempt)
                # A delivery that is wrong on purpose is a forgery; forgers do not retry.
                done = attempt.accepted or delay is None or parcel.signature is not Signature.GOOD
                if done or self._changed.wait_for(lambda: self._stopping, delay):
                    return

    def _attempt(self, parcel: _Parcel) -> Attempt:
        with self._changed:
            endpoint = self._endpoints[endpoint_of(parcel.event)]
            how = self._wrong.popleft() if self._wrong else parcel.signature
        status, error = self._sent(endpoint, parcel.event, how)
        event = parcel.event
        return Attempt(event["id"], event["type"], event.get("account"), int(self._wall_clock()), how, status, error)

    def _sent(self, endpoint: Endpoint, event: Json, how: Signature) -> tuple[int | None, str | None]:
        payload, signature = signed(
            json.dumps(event, indent=2).encode(), endpoint.secrets, int(self._wall_clock()), how
        )
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            **({"Stripe-Signature": signature} if signature else {}),
        }
        try:
            return self._send(endpoint.url or "", payload, headers), None
        except (OSError, HTTPException) as trouble:
            return None, type(trouble).__name__
