"""Many clients at once in a time of its own: threads that take turns, and a DynamoDB with latency and conflicts.

A request takes its time from a seeded chance. A transaction holds its items for a third of that; another one that wants
one of them meanwhile is cancelled with ``TransactionConflict``, as DynamoDB does. What a write decides is decided by
the tables in memory, one at a time.
"""

import heapq
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from random import Random
from typing import Any

import pytest
from pynamodb.connection.base import Connection
from pynamodb.exceptions import CancellationReason, VerboseClientError

from school_events.core import dynamodb

READ_SECONDS, WRITE_SECONDS = (0.003, 0.008), (0.008, 0.020)
"""The latency of a read and of a transaction, from and to."""

type Client = Callable[[], None]


@dataclass
class World:
    """The time that passes, and what DynamoDB was asked in it.

    Args:
        begins_at: the instant of second 0, UTC.
        seed: of chance, which decides on latencies.
        seconds: how late it is.
        requests: by their names.
        conflicts: transactions that were cancelled because another one held an item.
    """

    begins_at: datetime
    seed: int
    seconds: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    _turns: list[tuple[float, int, threading.Event]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _held: set[tuple[str, str, str]] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)
    _failures: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)  # noqa: S311 - chance that repeats is the point

    @property
    def now(self) -> datetime:
        """The instant it is, UTC."""
        return self.begins_at + timedelta(seconds=self.seconds)

    def run(self, clients: Sequence[tuple[float, Client]]) -> None:
        """Let clients begin, each at its second, and come to their ends."""
        threads = [threading.Thread(target=self._live, args=(self._turn_at(at), client)) for at, client in clients]
        for thread in threads:
            thread.start()
        with self._patched():
            self._next()
            self._over.wait()
            for thread in threads:
                thread.join()
        if self._failures:
            raise ExceptionGroup("clients failed", self._failures)

    def pause(self, seconds: float) -> None:
        """Let others go on until so many seconds have passed."""
        turn = self._turn_at(self.seconds + seconds)
        self._next()
        turn.wait()

    def _live(self, turn: threading.Event, client: Client) -> None:
        turn.wait()
        try:
            client()
        except Exception as error:  # noqa: BLE001 - raised where the world was let run
            self._failures.append(error)
        finally:
            self._next()

    def _turn_at(self, at: float) -> threading.Event:
        turn = threading.Event()
        heapq.heappush(self._turns, (at, next(self._numbers), turn))
        return turn

    def _next(self) -> None:
        if not self._turns:
            self._over.set()
            return
        self.seconds, _, turn = heapq.heappop(self._turns)
        turn.set()

    @contextmanager
    def _patched(self) -> Iterator[None]:
        dispatch = Connection.dispatch

        def dispatched(connection: Connection, operation: str, request: dict[str, Any]) -> Any:
            self.requests[operation] += 1
            if operation == "TransactWriteItems":
                return self._transact(request, lambda: dispatch(connection, operation, request))
            latency = self.chance.uniform(*READ_SECONDS)
            self.pause(latency / 2)
            answer = dispatch(connection, operation, request)
            self.pause(latency / 2)
            return answer

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Connection, "dispatch", dispatched)
            patch.setattr(dynamodb, "time", _Clock(self))
            patch.setattr(dynamodb, "datetime", _datetime_of(self))
            yield

    def _transact(self, request: dict[str, Any], commit: Callable[[], Any]) -> Any:
        third = self.chance.uniform(*WRITE_SECONDS) / 3
        self.pause(third)
        wanted = [_name(action) for action in request["TransactItems"]]
        if taken := self._held.intersection(wanted):
            self.conflicts += 1
            self.pause(third)
            raise _cancelled(["TransactionConflict" if name in taken else None for name in wanted])
        self._held.update(wanted)
        self.pause(third)
        try:
            return commit()
        finally:
            self._held.difference_update(wanted)
            self.pause(third)


@dataclass(frozen=True)
class _Clock:
    """What the product takes for the module ``time``."""

    world: World

    def sleep(self, seconds: float) -> None:
        """Wait in the world's time."""
        self.world.pause(seconds)


def _datetime_of(world: World) -> type[datetime]:
    class Datetime(datetime):
        """What the product takes for ``datetime``."""

        @classmethod
        def now(cls, _zone: tzinfo | None = None) -> Any:
            """The world's present."""
            return world.now

    return Datetime


def _name(action: dict[str, Any]) -> tuple[str, str, str]:
    ((_, asked),) = action.items()
    named = asked.get("Key") or asked["Item"]
    return asked["TableName"], named["pk"]["S"], named["sk"]["S"]


def _cancelled(codes: Sequence[str | None]) -> VerboseClientError:
    told: Any = {"Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"}}
    reasons = [None if code is None else CancellationReason(code=code, message=None) for code in codes]
    return VerboseClientError(told, "TransactWriteItems", cancellation_reasons=reasons)
