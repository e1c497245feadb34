"""Bookings a second, and how long each takes, against the embedded AWS, by one client, 8 and 50 at once.

The embedded AWS is one Python process on the same machine, which works transactions off one after the other: it is the
bound, not the product. Clients at once are threads, which call what the function calls; the function's handler, which
answers one request at a time as on Lambda, is asked by one client alone. Afterwards the checker of the tables finds
that nothing was sold twice, or there are no figures.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from statistics import quantiles
from threading import Barrier

from functions.bookings.handler import lambda_handler as bookings
from school_events.core.errors import NoFreePlace
from school_events.core.ids import new_id
from school_events.events.model import SchoolEvent
from tests.bench.families import (
    CHILDREN,
    FAMILIES,
    an_evening,
    an_event,
    books,
    books_appointments,
    child,
    contact,
    fifty_families,
    ten_teachers,
)
from tests.support.embedded_aws import embedded_aws
from tests.support.evening_checker import faults_of_evening
from tests.support.event_checker import bookings_of, faults_of
from tests.support.http_events import LambdaContext, http_event

CLIENTS = (1, 8, 50)
ALONE = 40
"""So many bookings are made by one client."""

_EVENTS, _PLACES = 5, 40
_LAST_PLACES = 30
_ROUTE = "POST /v1/schools/{school_id}/bookings"

PRETIX_A_SECOND, PRETIX_P99_MS = 10.4, 1113
"""Its orders at 8 clients (PERFORMANCE.md, "A peer")."""

type Act = Callable[[], object]
type Figures = dict[str, float | int]


def run() -> Figures:
    """Bookings a second and milliseconds each; the harness calls this, nothing is printed."""
    with embedded_aws() as there, there.used():
        fifty_families()
        ten_teachers()
        figures = _through_the_handler() | _last_places()
        for clients in CLIENTS:
            figures |= _of_single_children(clients) | _of_households(clients) | _of_appointments(clients)
    return figures | _beside_pretix(figures)


def _of_single_children(clients: int) -> Figures:
    events = _some_events()
    acts = [
        books(events[(family * len(CHILDREN) + number) % _EVENTS], family, number)
        for number in CHILDREN
        for family in FAMILIES
    ]
    return _measured(f"bookings, {clients} at once, a free place", acts, clients, events)


def _of_households(clients: int) -> Figures:
    events = _some_events()
    acts = [books(events[family % _EVENTS], family, *CHILDREN) for family in FAMILIES]
    return _measured(f"bookings, {clients} at once, three children of a household", acts, clients, events)


def _of_appointments(clients: int) -> Figures:
    evening = an_evening(30 + clients)
    acts = [books_appointments(evening, family) for family in FAMILIES]
    figures = _measured(f"bookings, {clients} at once, two appointments of a child", acts, clients, [])
    if faults := faults_of_evening(evening):
        raise RuntimeError(f"appointments: {faults}")
    return figures


def _through_the_handler() -> Figures:
    events = _some_events()
    acts = [_asks(events[family % _EVENTS], family) for family in FAMILIES]
    return _measured("bookings, through the function's handler, a free place", acts, 1, events)


def _asks(event: SchoolEvent, family: int) -> Act:
    body = {"event_id": event.id, "items": [{"pupil_id": child(family)}]}

    def ask() -> None:
        headers = {"Idempotency-Key": new_id("key")}
        asked = http_event(_ROUTE, None, body, roles=("parent",), person=contact(family), headers=headers)
        answer = bookings(asked, LambdaContext())
        if answer["statusCode"] != 201:
            raise RuntimeError(f"a booking was answered {answer['statusCode']}")

    return ask


def _last_places() -> Figures:
    """Fifty parents at once for thirty places: who has none has heard so."""
    event = an_event(_LAST_PLACES)
    refused: list[int] = []

    def try_for(family: int) -> Act:
        def ask() -> None:
            try:
                books(event, family, 0)()
            except NoFreePlace:
                refused.append(family)

        return ask

    name = f"bookings, {len(FAMILIES)} parents for {_LAST_PLACES} places"
    figures = _measured(name, [try_for(family) for family in FAMILIES], len(FAMILIES), [event])
    sold = len(bookings_of(event))
    if sold + len(refused) != len(FAMILIES):
        raise RuntimeError("somebody who could have had a place gave up")
    return figures | {f"{name}: sold": sold}


def _some_events() -> list[SchoolEvent]:
    return [an_event(_PLACES) for _ in range(_EVENTS)]


def _measured(name: str, acts: Sequence[Act], clients: int, events: Sequence[SchoolEvent]) -> Figures:
    """How many a second, and how long they took; an act at a time of each client, all started together."""
    acts = acts[:ALONE] if clients == 1 else acts
    start = Barrier(clients + 1)

    def client(number: int) -> list[float]:
        start.wait()
        return [_milliseconds(act) for act in acts[number::clients]]

    with ThreadPoolExecutor(clients) as pool:
        under_way = [pool.submit(client, number) for number in range(clients)]
        start.wait()
        began = time.perf_counter()
        times = list(chain.from_iterable(one.result() for one in under_way))
        took = time.perf_counter() - began
    if faults := [fault for event in events for fault in faults_of(event)]:
        raise RuntimeError(f"{name}: {faults}")
    percentiles = quantiles(times, n=100)
    return {
        f"{name}: a second": len(acts) / took,
        f"{name}: p50 ms": percentiles[49],
        f"{name}: p99 ms": percentiles[98],
        f"{name}: faults the checker found": 0,
    }


def _milliseconds(act: Act) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _beside_pretix(figures: Figures) -> Figures:
    """A goal is for the stage through HTTP with 8 clients (P4); here what the embedded AWS lets through."""
    ours = "bookings, 8 at once, a free place"
    return {
        "bookings, 8 at once: times pretix's orders a second": figures[f"{ours}: a second"] / PRETIX_A_SECOND,
        "bookings, 8 at once: p99, parts of pretix's": figures[f"{ours}: p99 ms"] / PRETIX_P99_MS,
    }
