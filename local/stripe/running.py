"""A local Stripe that runs: all its parts, started and stopped together."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random, SystemRandom
from threading import Event, Thread

from local.stripe.account_holders import AccountHolders
from local.stripe.api import Api
from local.stripe.cards import GOOD_CARD
from local.stripe.clock import MovableClock
from local.stripe.control import Control
from local.stripe.dashboard import Dashboard
from local.stripe.endpoints import EndpointName
from local.stripe.errors import Json
from local.stripe.faults import Faults
from local.stripe.idempotency import IdempotencyKeys
from local.stripe.ids import Ids
from local.stripe.passing_time import pass_time
from local.stripe.payers import Payers
from local.stripe.server import Site, serve
from local.stripe.webhooks import RETRY_DELAYS, Webhooks
from local.stripe.world import World

_TICK = 1.0  # seconds between looks at the clock
WEBHOOK_SECRET = "whsec_local_stripe"  # noqa: S105 (signs nothing outside this machine)


class LocalStripe:
    """One running local Stripe, and what a test in the same process may do with it."""

    def __init__(
        self, port: int, webhooks: Webhooks, clock: MovableClock, randomness: Random, faults: Faults | None = None
    ) -> None:
        """Bind to a port of the loopback interface; see `running_stripe` for a started one.

        Raises:
            OSError: the port is taken.
        """
        self.faults = faults or Faults()
        self.webhooks = webhooks
        self._clock = clock
        self._randomness = randomness
        self._stopped = Event()
        self._server = serve(self._site, port)
        self._threads = [Thread(target=self._server.serve_forever, args=(0.05,)), Thread(target=self._tick)]

    def _site(self, url: str) -> Site:
        self.url = url
        self.world = World(self._clock, Ids(self._randomness), url)
        self.world.on_event(self.webhooks.tell)
        self.webhooks.on_delay(self._later)
        self.webhooks.on_accepted(self.world.accepted)
        self.keys = IdempotencyKeys(self._clock)
        self.dashboard = Dashboard(self.world)
        self.payers = Payers(self.world)
        self.holders = AccountHolders(self.world)
        self.control = Control(self.world, self.keys, self.faults, self.webhooks)
        return Site(self.world, Api(self.world, self.keys, self.faults), self.control)

    def start(self) -> None:
        """Serve and deliver from threads of their own."""
        self.webhooks.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop serving and delivering, and free the port."""
        self._stopped.set()
        self.faults.clear()
        self._server.shutdown()
        self._server.server_close()
        self.webhooks.stop()
        for thread in self._threads:
            thread.join()

    def _tick(self) -> None:
        while not self._stopped.wait(_TICK):
            pass_time(self.world)

    def pay(self, session_id: str, card_number: str = GOOD_CARD) -> Json:
        """Pay a session as its hosted page does; raises `StripeError` when the card is declined."""
        return self.payers.pay(session_id, card_number)

    def onboard(self, account_id: str) -> Json:
        """Complete an account's onboarding, so that it can charge."""
        return self.holders.complete(account_id)

    def _later(self, seconds: int, act: Callable[[], None]) -> None:
        self.world.agenda.add(self.world.clock.now() + seconds, act)

    def move_clock(self, seconds: int) -> None:
        """Let `seconds` go by at Stripe; what is due then happens before this returns."""
        self._clock.advance(seconds)
        pass_time(self.world)


@contextmanager
def running_stripe(
    *,
    port: int = 0,
    webhook_url: str | None = None,
    webhook_secret: str = WEBHOOK_SECRET,
    platform_url: str | None = None,
    clock: Callable[[], float] = time.time,
    retry_delays: Sequence[float] = RETRY_DELAYS,
    randomness: Random | None = None,
) -> Iterator[LocalStripe]:
    """A started local Stripe, stopped at the end of the block.

    Args:
        port: where to listen on 127.0.0.1; 0 takes a free port, to be read from `.url`.
        webhook_url: the Connect webhook endpoint; None delivers nothing.
        webhook_secret: the endpoint's signing secret.
        platform_url: the endpoint for what the platform's own account does; None delivers nothing.
        clock: the time in epoch seconds, which `move_clock` shifts at Stripe only.
        retry_delays: seconds before each further attempt at a webhook that was refused.
        randomness: the source of identifiers.

    Raises:
        OSError: the port is taken.
    """
    webhooks = Webhooks(webhook_url, webhook_secret, clock, retry_delays)
    webhooks.point_at(platform_url, name=EndpointName.PLATFORM)
    stripe = LocalStripe(port, webhooks, MovableClock(clock), randomness or SystemRandom())
    stripe.start()
    try:
        yield stripe
    finally:
        stripe.stop()
