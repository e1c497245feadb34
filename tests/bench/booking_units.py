"""What one booking costs: requests, items and units at DynamoDB, bytes of logs; and what follows it from the stream.

Counted through the functions' handlers on tables in memory, at the moment of the tests: the figures are the same on
every machine. The goals are those of PERFORMANCE.md, P6.
"""

import inspect
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine

from functions.bookings.handler import lambda_handler as bookings
from functions.notifications.handler import lambda_handler as notifications
from functions.outbox.handler import lambda_handler as outbox
from functions.payments.handler import lambda_handler as payments
from functions.waiting_list.handler import lambda_handler as waiting_list
from local.stripe.running import running_stripe
from school_events.bookings import allocating, settlement
from school_events.bookings.rules import TERM
from school_events.core import logs
from school_events.events.evenings.rules import slot_id
from school_events.events.model import SchoolEvent
from school_events.outbox import gateway
from school_events.outbox.gateway import Parcel
from tests.bench.units import Bill, billed
from tests.support import evening_world, tables
from tests.support.booked_world import PRICE, an_event, as_system
from tests.support.contexts import NOW, next_id
from tests.support.http_events import LambdaContext, http_event, json_of, sqs_event
from tests.support.people import link_told, pupil_told, tell
from tests.support.shop import Shop
from tests.support.streams import stream_event

MOST_ROUND_TRIPS, MOST_UNITS, MOST_UNITS_IN_ALL, MOST_LOG_BYTES = 3, 14, 24, 1331
"""P6, for a free booking; 1.3 KB of logs."""

_HOUSEHOLD = ("pupil-1", "pupil-2", "pupil-9")
_CHILDREN = (*_HOUSEHOLD, "pupil-3", "pupil-4")
_SCHOOL = "/v1/schools/{school_id}"
_BOOK = f"POST {_SCHOOL}/bookings"
_WAITING = f"{_SCHOOL}/events/{{event_id}}/waiting-list"
_ACCEPT = f"POST {_SCHOOL}/offers/{{waiting_id}}/accept"
_OF_BOOKING = f"POST {_SCHOOL}/bookings/{{booking_id}}"


type Figures = dict[str, float | int]
type Work = Callable[[], Any]


@dataclass
class _Cost:
    """What a piece of work cost on the answer's path, and what followed from it.

    Args:
        answer: what it answered.
        bill: of the answer's path.
        later: of what followed.
        messages: that went out to our bus and to the queue of notifications.
        log_bytes: of all of it.
    """

    answer: Any
    bill: Bill
    later: Bill
    messages: int
    log_bytes: int

    @property
    def units_in_all(self) -> int:
        """Write units of tables and indexes, of the answer's path and of what followed."""
        return sum(one.write_units + one.index_units for one in (self.bill, self.later))

    def figures(self, name: str) -> Figures:
        """The cost as figures."""
        return self.bill.figures(name) | {
            f"{name}: write units in all, indexes and what follows too": self.units_in_all,
            f"{name}: messages out": self.messages,
            f"{name}: log bytes": self.log_bytes,
        }


def run() -> Figures:
    """Units of each kind of booking; the harness calls this, nothing is printed."""
    with _a_world() as shop:
        trip = an_event(price=0, capacity=30, invited=_CHILDREN)
        free = _cost(_asks_for(trip, "pupil-4", parent=4))
        costs = {
            "a free place": free,
            "three children of a household": _cost(_asks_for(trip, *_HOUSEHOLD)),
            "an appointment": _cost(_asks_for_slots(evening_world.an_evening(), ("pupil-1", "teacher-1", "17:10"))),
            "a free place given up": _cost(_cancels(free.answer, parent=4)),
            **_waiting(),
            **_paying(shop),
        }
    figures: Figures = {}
    for name, cost in costs.items():
        figures |= cost.figures(f"units, {name}")
    return figures | _beside_goals(free)


def _waiting() -> dict[str, _Cost]:
    """A family waits for the one place, which is given back and offered to it."""
    full = an_event(price=0, capacity=1)
    had = _cost(_asks_for(full, "pupil-4", parent=4))
    asked = {"items": [{"pupil_id": "pupil-3"}], "together": False}
    path = {"event_id": full.id}
    joined = _cost(lambda: _answered(waiting_list, f"POST {_WAITING}", path, body=asked, parent=3, expect=201))
    _cost(_cancels(had.answer, parent=4))
    offered = _cost(lambda: allocating.settle(as_system(), full.id, TERM))
    path = {"waiting_id": joined.answer["waiting_ids"][0]}
    items = {"items": asked["items"]}
    accepted = _cost(lambda: _answered(waiting_list, _ACCEPT, path, body=items, parent=3, expect=201))
    return {"a turn on the waiting list": joined, "a place offered": offered, "an offer accepted": accepted}


def _paying(shop: Shop) -> dict[str, _Cost]:
    held = _cost(_asks_for(an_event(price=PRICE, capacity=30), "pupil-1"))
    page = _cost(_of(held.answer, payments, "checkout"))
    shop.server.pay(shop.all("checkout.session")[-1]["id"])
    paid = _cost(lambda: settlement.apply_payment(as_system(name="stripe_events"), held.answer["payment_id"]))
    return {"a place to pay": held, "its payment page": page, "its money heard of": paid}


@contextmanager
def _a_world() -> Iterator[Shop]:
    """A school with families, teachers and Stripe, at the moment of the tests; logs as in production."""
    in_memory = contextmanager(inspect.unwrap(tables.tables))
    with (
        in_memory(),
        running_stripe(clock=NOW.timestamp) as server,
        time_machine.travel(NOW, tick=False),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("STRIPE_API_URL", server.url)
        evening_world.a_school_with_teachers()
        tell(pupil_told("pupil-9", "Name9"), link_told("contact-1", "pupil-9"))
        shop = Shop(server)
        shop.account_id = shop.connect()
        yield shop


def _cost(work: Work) -> _Cost:
    with _logged() as written, _caught() as sent:
        with billed() as bill:
            answer = work()
        with billed() as later:
            outbox(stream_event(*bill.changed), LambdaContext())
            tellings = [one.content for one in sent if isinstance(one.content, str)]
            if tellings:
                notifications(sqs_event(*tellings, queue="notifications"), LambdaContext())
    return _Cost(answer, bill, later, len(sent), len(written.getvalue().encode()))


@contextmanager
def _caught() -> Iterator[list[Parcel]]:
    """What goes out to the bus and to queues."""
    sent: list[Parcel] = []

    def put(parcels: Sequence[Parcel]) -> set[str]:
        sent.extend(parcels)
        return set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway, "publish", put)
        patch.setattr(gateway, "queue", lambda _, parcels: put(parcels))
        yield sent


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """What is logged, at the level of production."""
    written = io.StringIO()
    handlers = [one for one in logging.getLogger("tests").handlers if isinstance(one, logging.StreamHandler)]
    with pytest.MonkeyPatch.context() as patch:
        for handler in handlers:
            patch.setattr(handler, "stream", written)
        level = logs.logger.log_level
        logs.logger.setLevel("INFO")
        yield written
        logs.logger.setLevel(level)


def _asks_for(event: SchoolEvent, *pupils: str, parent: int = 1) -> Work:
    body = {"event_id": event.id, "items": [{"pupil_id": pupil} for pupil in pupils]}
    return lambda: _answered(bookings, _BOOK, body=body, parent=parent, expect=201)


def _asks_for_slots(event: SchoolEvent, *wanted: evening_world.Wanted) -> Work:
    items = [
        {"pupil_id": pupil, "slot_id": slot_id(evening_world.slot(event, teacher, clock))}
        for pupil, teacher, clock in wanted
    ]
    return lambda: _answered(bookings, _BOOK, body={"event_id": event.id, "items": items}, expect=201)


def _cancels(booked: Any, parent: int) -> Work:
    return _of(booked, bookings, "cancel", parent)


def _of(booked: Any, function: Any, what: str, parent: int = 1) -> Work:
    """A further request about what was booked."""
    path = {"booking_id": booked["booking_ids"][0]}
    return lambda: _answered(function, f"{_OF_BOOKING}/{what}", path, parent=parent, expect=200)


def _answered(
    function: Any, route: str, path: dict[str, str] | None = None, *, body: Any = None, parent: int = 1, expect: int
) -> Any:
    headers = {"Idempotency-Key": next_id("key")}
    asked = http_event(route, path, body, roles=("parent",), person=f"contact-{parent}", headers=headers)
    answer = function(asked, LambdaContext())
    if answer["statusCode"] != expect:
        raise RuntimeError(f"{route} answers {answer['statusCode']}: {answer['body']}")
    return json_of(answer)


def _beside_goals(free: _Cost) -> Figures:
    """Parts of what P6 allows a free booking: one at the most."""
    return {
        "P6: round trips, parts of the goal": free.bill.round_trips / MOST_ROUND_TRIPS,
        "P6: write units of the answer's path, parts of the goal": free.bill.write_units / MOST_UNITS,
        "P6: write units in all, parts of the goal": free.units_in_all / MOST_UNITS_IN_ALL,
        "P6: log bytes, parts of the goal": free.log_bytes / MOST_LOG_BYTES,
    }
