"""A school, its families and its Stripe, where everything happens as it does on AWS: through the functions' handlers.

People ask by HTTP, Stripe's webhooks come to the door and through the queue, housekeeping runs by the minute. An
invocation that is killed is made again, as its caller, Stripe or Lambda would; or never, if the scene says so.
"""

import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

import pytest
import time_machine

from infra.capabilities import CAPABILITIES
from local.stripe.cards import GOOD_CARD
from local.stripe.errors import Json
from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event
from tests.support.contexts import NOW, SCHOOL
from tests.support.crashes import Killed
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.rewind import bookmark
from tests.support.shop import Shop
from tests.support.stripe_post import Post
from tests.support.sweeping import only_what_is_due
from tests.support.wire import Wire, wired

ROUTE = "/v1/schools/{school_id}"
ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}
FINANCE: Mapping[str, Any] = {"person": "staff-finance", "roles": ["finance"]}

_UNTIL_QUIET = tuple(timedelta(minutes=minutes) for minutes in (2, 40, 6))
"""Refunds are due a minute after they were decided, pages close after 35, and what failed is tried again after five."""

REST_WAITS = 4
"""Days after which also a place is let go that was paid for in part, in cash (0042)."""

_RUN_MS = 60_000
_UNTIL_SWEPT = timedelta(minutes=75)
"""An account is swept once an hour, of what is older than some minutes."""


class GivenUp(BaseException):
    """An invocation was killed and nobody makes it again; what it was for is left to others."""


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    status: int
    body: Any


def parent(number: int = 1) -> Mapping[str, Any]:
    """The caller ``contact-{number}``."""
    return {"person": f"contact-{number}", "roles": ["parent"]}


class Scene:
    """Everybody and everything that payments have to do with."""

    def __init__(self, shop: Shop, wire: Wire, clock: time_machine.Traveller, chance: "_Chance") -> None:
        """The school is there, nothing has happened."""
        self.shop, self.wire = shop, wire
        self.now = NOW
        self.gives_up = False
        self.pages: dict[str, list[str]] = {}
        self.post = Post(self.invoke, self._seconds, wire.queued)
        self._clock, self._chance = clock, chance
        self._asked = 0
        shop.server.world.on_event(self.post.take)
        self.event = an_event()
        self._rewind = bookmark(shop)

    def _seconds(self) -> float:
        return self.now.timestamp()

    def from_here(self) -> None:
        """What was done until now is what the scene goes back to."""
        self._rewind = bookmark(self.shop)

    def begin(self, kill_at: int = -1, *, gives_up: bool = False) -> None:
        """Go back to the beginning.

        Args:
            kill_at: after how many calls the invocation that makes them is killed, if it is.
            gives_up: whether nobody makes that invocation again.
        """
        self._rewind()
        self._chance.seed()
        self.wire.reset(kill_at)
        self.post.clear()
        self.pages.clear()
        self.gives_up, self._asked = gives_up, 0
        self._set_clock(NOW)

    # --- what happens -------------------------------------------------------------------------------------------------

    def invoke(self, function: str, lambda_event: dict[str, Any]) -> dict[str, Any]:
        """Invoke a function; once more if it is killed.

        Raises:
            GivenUp: it was killed, and nobody makes the invocation again.
        """
        try:
            return self._invoke(function, lambda_event)
        except Killed:
            if self.gives_up:
                raise GivenUp from None
            return self._invoke(function, lambda_event)

    def _invoke(self, function: str, lambda_event: dict[str, Any]) -> dict[str, Any]:
        with self.wire.invocation(function):
            answer: dict[str, Any] = _handler(function)(lambda_event, LambdaContext(remaining_ms=_RUN_MS))
        return answer

    def ask(
        self, route: str, caller: Mapping[str, Any], body: Any = None, *, key: str | None = None, **parameters: str
    ) -> Answer:
        """A request of somebody.

        Args:
            route: method and path below the school's, such as ``POST /bookings/{booking_id}/cancel``.
            caller: whose.
            body: its body.
            key: its ``Idempotency-Key``; one of its own unless given.
            parameters: of the path.
        """
        method, path = route.split(" ", 1)
        self._asked += 1
        headers = {} if method == "GET" else {"Idempotency-Key": key or f"key-{self._asked}"}
        event = http_event(f"{method} {ROUTE}{path}", parameters, body, headers=headers, **caller)
        answer = self.invoke(_functions()[f"{method} {ROUTE}{path}"], event)
        return Answer(answer["statusCode"], json_of(answer) if answer.get("body") else None)

    def housekeeping(self) -> None:
        """The run of a minute."""
        self.invoke("housekeeping", {})

    def sweep(self) -> None:
        """The run of an hour: what Stripe told and never came is found, and worked on."""
        self.invoke("stripe_sweep", {})
        self.post.work()

    def pass_time(self, **amount: float) -> None:
        """The clocks go on, Stripe's too.

        Args:
            amount: as ``timedelta`` takes it.
        """
        self._set_clock(self.now + timedelta(**amount))

    def pass_days(self, days: int) -> None:
        """Days go by; housekeeping runs in each of them at least once, as it does every minute."""
        for _ in range(days):
            self.pass_time(days=1)
            self.housekeeping()

    def _set_clock(self, now: datetime) -> None:
        self.now = now
        self._clock.move_to(now)
        self.shop.at(now)

    # --- what families and the school do ------------------------------------------------------------------------------

    def book(self, event: SchoolEvent, *pupils: str, by: int = 1, key: str | None = None, expected: int = 201) -> Json:
        """Book places of an event: ``booking_ids`` and ``payment_id``."""
        body = {"event_id": event.id, "items": [{"pupil_id": pupil} for pupil in pupils or ("pupil-1",)]}
        return self._expect(self.ask("POST /bookings", parent(by), body, key=key), expected)

    def checkout(self, booked: Json, *, by: int = 1, expected: int = 200) -> Json:
        """Open Stripe's page for what was booked."""
        return self._expect(self.open_page(booked, by=by), expected)

    def open_page(self, booked: Json, *, by: int = 1) -> Answer:
        """Ask for Stripe's page for what was booked."""
        return self.open_at("POST /bookings/{booking_id}/checkout", by, booking_id=booked["booking_ids"][0])

    def open_at(self, route: str, by: int, body: Any = None, **parameters: str) -> Answer:
        """Ask for Stripe's page by whichever route opens one, see :meth:`ask`."""
        asked = self.ask(route, parent(by), body, **parameters)
        if asked.status == 200 and asked.body["checkout_url"]:
            self._note_page(asked.body)
        return asked

    def page_of(self, opened: Json, page: int = -1) -> Json:
        """One of the pages of a payment, the one that was opened last unless told, as Stripe keeps it."""
        named = self.pages[opened["id"]][page]
        return self.shop.server.world.owner_of("checkout.session", named).objects[named]

    def _note_page(self, opened: Json) -> None:
        page = str(opened["checkout_url"]).rsplit("/", 1)[1]
        known = self.pages.setdefault(opened["id"], [])
        if page not in known:
            known.append(page)

    def pay(self, opened: Json, card: str = GOOD_CARD) -> None:
        """Pay on the page that was opened last; we have not heard of it yet.

        Raises:
            StripeError: the card is declined, or the page is closed.
        """
        self.shop.server.pay(self.pages[opened["id"]][-1], card)

    def pay_though_closed(self, opened: Json, *, page: int = -1) -> None:
        """Money comes although Stripe said that the page was closed: it had been sent before.

        Args:
            opened: the payment.
            page: which of its pages; the one that was opened last unless told.
        """
        named = self.pages[opened["id"]][page]
        world = self.shop.server.world
        with world.lock:
            world.owner_of("checkout.session", named).objects[named]["status"] = "open"
            self.shop.server.pay(named)

    def buy(self, event: SchoolEvent, *pupils: str, by: int = 1) -> Json:
        """Book, and pay; we have not heard of it yet."""
        booked = self.book(event, *pupils, by=by)
        self.pay(self.checkout(booked, by=by))
        return booked

    def look(self, booked: Json, *, by: int = 1) -> Json:
        """The return page asks how the payment stands."""
        answer = self.ask("GET /payments/{payment_id}", parent(by), payment_id=booked["payment_id"])
        return self._expect(answer, 200)

    def cancel(
        self,
        booked: Json,
        *,
        by: Mapping[str, Any] | None = None,
        which: int = 0,
        seen: str | None = None,
        expected: int = 200,
    ) -> Json:
        """Somebody gives a booking up, the parent who made it unless told.

        Args:
            booked: what was booked together.
            by: the caller.
            which: of the bookings.
            seen: where the caller was shown it stands, if they say so.
            expected: the status of the answer.
        """
        body = None if seen is None else {"expected_state": seen}
        booking_id = str(booked["booking_ids"][which])
        asked = self.ask("POST /bookings/{booking_id}/cancel", by or parent(), body, booking_id=booking_id)
        return self._expect(asked, expected)

    def state_of(self, booked: Json, *, by: int = 1, which: int = 0) -> str:
        """Where a booking stands, as its parent sees it."""
        asked = self.ask("GET /bookings/{booking_id}", parent(by), booking_id=booked["booking_ids"][which])
        return str(self._expect(asked, 200)["state"])

    def shown_to_finance(self, booked: Json) -> Json:
        """A payment, as who answers for the money sees it."""
        answer = self.ask("GET /payments/{payment_id}", FINANCE, payment_id=booked["payment_id"])
        return self._expect(answer, 200)

    def attention(self) -> list[str]:
        """Why somebody of the school has to look at its money."""
        return [str(one["kind"]) for one in self._expect(self.ask("GET /attention", FINANCE), 200)["items"]]

    @staticmethod
    def _expect(answer: Answer, status: int) -> Json:
        assert answer.status == status, (answer.status, answer.body)
        found: Json = answer.body
        return found

    # --- how it ends --------------------------------------------------------------------------------------------------

    def settle(
        self, steps: Sequence[timedelta] = (timedelta(minutes=2), timedelta(minutes=40), timedelta(minutes=6))
    ) -> None:
        """Stripe answers again, what is on its way comes, time passes, and housekeeping does what is due.

        Args:
            steps: how long it is from one run of housekeeping to another.
        """
        self.shop.server.faults.clear()
        for step in steps:
            self.post.deliver()
            self.housekeeping()
            self._set_clock(self.now + step)
            self.housekeeping()
        self.post.deliver()
        self._set_clock(self.now + _UNTIL_SWEPT)
        self.sweep()
        self.housekeeping()
        self._set_clock(self.now + _UNTIL_QUIET[0])
        self.housekeeping()
        self.post.deliver()


def receive_in_cash(scene: Scene, payment_id: str, pence: int) -> Answer:
    """Finance staff write down what they were handed for a payment."""
    body = {
        "method": "cash",
        "amount": {"amount": pence, "currency": "gbp"},
        "reference": "cash book 12",
        "received_on": f"{scene.now:%Y-%m-%d}",
    }
    return scene.ask("POST /payments/{payment_id}/receipts", FINANCE, body, payment_id=payment_id)


class _Chance:
    """Chance that repeats: ids and picks are the same whenever a scene begins anew."""

    def __init__(self) -> None:
        self.seed()

    def seed(self) -> None:
        """Begin again."""
        self._source = random.Random(1)  # noqa: S311 - chance that repeats is the point

    def __call__(self, size: int) -> bytes:
        """As ``os.urandom``."""
        return self._source.randbytes(size)


@cache
def _handler(function: str) -> Callable[[dict[str, Any], LambdaContext], Any]:
    handler: Callable[[dict[str, Any], LambdaContext], Any] = import_module(
        f"functions.{function}.handler"
    ).lambda_handler
    return handler


@cache
def _functions() -> Mapping[str, str]:
    """The function that answers each route."""
    return {route.key: capability.name for capability in CAPABILITIES for route in capability.routes}


@contextmanager
def a_scene(shop: Shop) -> Iterator[Scene]:
    """A scene at ``NOW``; housekeeping has nothing left to do."""
    a_school_with_families()
    chance = _Chance()
    with (
        time_machine.travel(NOW, tick=False) as clock,
        wired(shop.server, "stripe-events") as wire,
        pytest.MonkeyPatch.context() as patch,
    ):
        only_what_is_due(patch)
        patch.setattr(os, "urandom", chance)
        patch.setattr(random, "_urandom", chance)
        scene = Scene(shop, wire, clock, chance)
        scene.housekeeping()
        scene.sweep()
        scene.from_here()
        scene.begin()
        yield scene


__all__ = ["ADMIN", "FINANCE", "SCHOOL", "Answer", "GivenUp", "Scene", "a_scene", "parent"]
