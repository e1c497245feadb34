"""A hot event, the product's own booking code under simulated latency and conflicts (PERFORMANCE.md, P5).

Beside it stands what it is measured against: a counter of places sold in the booking's transaction, which every booking
has to write. Both run in the same simulated time, on tables in memory; the figures do not depend on the machine.
"""

import inspect
import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from school_events.bookings import service
from school_events.bookings.store import BookingsTableItem
from school_events.bookings.ways import Wish
from school_events.core import aws
from school_events.core.context import Actor, Context
from school_events.core.dynamodb import Key, Transaction
from school_events.core.errors import NoFreePlace, TryAgain
from school_events.core.ids import new_id
from school_events.events.model import SchoolEvent
from tests.bench.virtual_time import World
from tests.support import tables
from tests.support.booked_world import UNASKED, a_school_with_families, an_event
from tests.support.contexts import NOW, SCHOOL
from tests.support.event_checker import bookings_of, faults_of
from tests.support.people import contact_told, link_told, pupil_told, tell

PARENTS, PLACES, RUSH_SECONDS = 500, 30, 1 / 6
"""The pressure of PERFORMANCE.md's model, 3,000 parents a second."""

SUSTAINED = 300
"""So many parents at once for as many places: how many a second can be sold, one booking's own time hardly counting."""

MOST_ATTEMPTS_A_PARENT, LEAST_TIMES_THE_COUNTER = 2.0, 8.0
_PATIENCE = timedelta(seconds=26)
_TEMPLATE = "0000"

type Figures = dict[str, float | int]
type Try = Callable[[Context, int], bool]
"""A parent's try for a place; whether there was one."""


class _CounterItem(BookingsTableItem, discriminator="bench_counter"):
    sold = NumberAttribute()


class _SoldItem(BookingsTableItem, discriminator="bench_sold"):
    parent = UnicodeAttribute()


@dataclass
class _Rush:
    """What came of a rush.

    Args:
        world: its time.
        sold_at: the seconds at which places were sold.
        waited: how long each parent waited for an answer, in seconds.
        gave_up: how many had no answer in their time.
    """

    world: World
    sold_at: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    gave_up: int = 0

    @property
    def a_second(self) -> float:
        """Places sold in a second, from the first parent to the last place."""
        return len(self.sold_at) / max(self.sold_at)

    @property
    def attempts(self) -> int:
        """Transactions that were tried."""
        return self.world.requests["TransactWriteItems"]


def run() -> Figures:
    """Attempts, waits and rates; the harness calls this, nothing is printed."""
    with contextmanager(inspect.unwrap(tables.tables))():
        _many_families()
        hot = an_event(price=0, capacity=PLACES, invited=[_child(_TEMPLATE)])
        _invite_all(hot)
        rush = _rush(PARENTS, RUSH_SECONDS, _books(hot))
        roomy = an_event(price=0, capacity=SUSTAINED, invited=[_child(_TEMPLATE)])
        _invite_all(roomy)
        sustained = _rush(SUSTAINED, 0.0, _books(roomy))
        counter = _rush(SUSTAINED, 0.0, _counts(SUSTAINED))
        if faults := faults_of(hot) + faults_of(roomy):
            raise RuntimeError(f"hot event: {faults}")
        return _figures(rush, sustained, counter) | {"hot event: places sold": len(bookings_of(hot))}


def _figures(rush: _Rush, sustained: _Rush, counter: _Rush) -> Figures:
    attempts = rush.attempts / PARENTS
    return {
        f"hot event, {PARENTS} parents for {PLACES} places: write attempts": rush.attempts,
        "hot event: write attempts a parent": attempts,
        "hot event: transactions in conflict": rush.world.conflicts,
        "hot event: gave up who could have had a place": rush.gave_up,
        "hot event: p99 seconds until a parent knows": sorted(rush.waited)[round(len(rush.waited) * 0.99) - 1],
        f"hot event, {SUSTAINED} parents for as many places: sold a second": sustained.a_second,
        f"hot event, {SUSTAINED} parents for as many places: gave up": sustained.gave_up,
        "hot event, a counter in the transaction: sold a second": counter.a_second,
        "hot event, a counter in the transaction: write attempts a parent": counter.attempts / SUSTAINED,
        "hot event, a counter in the transaction: gave up": counter.gave_up,
        "P5: write attempts a parent, parts of the goal": attempts / MOST_ATTEMPTS_A_PARENT,
        "P5: times the counter's rate, parts of the goal": sustained.a_second
        / counter.a_second
        / LEAST_TIMES_THE_COUNTER,
    }


def _rush(parents: int, within: float, attempt: Try) -> _Rush:
    rush = _Rush(World(NOW, seed=parents))

    def parent(number: int) -> Callable[[], None]:
        def asks() -> None:
            began = rush.world.seconds
            try:
                if attempt(_moment(rush.world, number), number):
                    rush.sold_at.append(rush.world.seconds)
            except TryAgain:
                rush.gave_up += 1
            rush.waited.append(rush.world.seconds - began)

        return asks

    rush.world.run([(rush.world.chance.uniform(0, within), parent(number)) for number in range(parents)])
    return rush


def _moment(world: World, number: int) -> Context:
    return Context(
        school_id=SCHOOL,
        actor=Actor("contact", _parent(f"{number:04}")),
        now=world.now,
        deadline=world.now + _PATIENCE,
        new_id=new_id,
        random=Random(number),  # noqa: S311 - chance that repeats is the point
        request_id="request",
        roles=frozenset(("parent",)),
        mfa=True,
    )


def _books(event: SchoolEvent) -> Try:
    def book(ctx: Context, number: int) -> bool:
        try:
            service.book(ctx, ctx.actor.id, event.id, [Wish(_child(f"{number:04}"))], UNASKED)
        except NoFreePlace:
            return False
        return True

    return book


def _counts(places_there: int) -> Try:
    """The design that is not ours: each booking raises one counter, on the condition that it is not full."""
    key = Key(_CounterItem, "BENCH", "COUNTER")
    _CounterItem(key.pk, key.sk, sold=0).save()

    def count(ctx: Context, number: int) -> bool:
        transaction = Transaction(ctx)
        transaction.update(key, [_CounterItem.sold.add(1)], _CounterItem.sold < places_there, refusal=NoFreePlace())
        transaction.create(_SoldItem("BENCH", f"SOLD#{number}", parent=ctx.actor.id))
        try:
            transaction.commit()
        except NoFreePlace:
            return False
        return True

    return count


def _parent(name: str) -> str:
    return f"contact-{name}"


def _child(name: str) -> str:
    return f"pupil-{name}"


def _many_families() -> None:
    """One family as the Portal tells of it, and its rows copied for the others."""
    a_school_with_families()
    template = _TEMPLATE
    tell(contact_told(_parent(template)), pupil_told(_child(template)), link_told(_parent(template), _child(template)))
    _copy_rows("People")


def _invite_all(event: SchoolEvent) -> None:
    _copy_rows("Events", event.id)


def _copy_rows(table: str, about: str = "") -> None:
    found = [json.dumps(row) for row in tables.rows(table)]
    names = (_parent(_TEMPLATE), _child(_TEMPLATE))
    own = [row for row in found if about in row and any(name in row for name in names)]
    for number in range(1, PARENTS):
        for row in own:
            copied: Any = json.loads(row.replace(f"-{_TEMPLATE}", f"-{number:04}"))
            aws.client("dynamodb").put_item(TableName=table, Item=copied)
